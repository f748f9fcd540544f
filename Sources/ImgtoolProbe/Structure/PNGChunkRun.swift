// SPDX-License-Identifier: Apache-2.0

/// Checks the CRCs of many chunks of one length in one pass: image data is mostly stored as chunks of 8 KiB.
///
/// The CRC is linear: from the CRCs that the chunks state, the register after a whole run of them, lengths included, can
/// be foretold, and the run is summed without stopping at any chunk. Damage inside one chunk changes the result as
/// surely as it changes that chunk's own CRC. Where the result differs, the caller sums chunk by chunk to name the
/// broken one.
struct PNGChunkRun {
  /// The fewest chunks that are worth it.
  private static let fewest = 3
  /// The shortest chunk that is worth it.
  private static let shortest = 512

  /// Everything before this offset is checked.
  private(set) var checkedEnd = 0
  /// Chunks before this offset are left to the caller.
  private var refusedEnd = 0
  private var length = -1
  private var power: UInt32 = 0

  /// Looks at the chunks from `offset` on that lie in memory as a whole, of one type and length.
  mutating func check(at offset: Int, _ crc: borrowing CRC32, _ window: inout ByteWindow) throws(HeaderFault) {
    guard offset >= max(checkedEnd, refusedEnd) else { return }
    let run = try window.run(at: offset)
    guard let base = run.baseAddress, run.count >= 12 else { return }
    let size = base.big32
    guard size >= Self.shortest, size <= run.count - 12 else { return }
    let head = base.loadUnaligned(as: UInt64.self)
    let pitch = size + 12
    let most = run.count / pitch
    var count = 1
    while count < most, (base + count * pitch).loadUnaligned(as: UInt64.self) == head { count += 1 }
    guard count >= Self.fewest else { return }
    if size != length {
      length = size
      power = CRCAlgebra.power(ofBytes: size + 4)  // type and body
    }
    var expected: UInt32 = 0
    for index in 0..<count {
      let chunk = base + index * pitch
      let behindLength = CRCTable.register(after: chunk, 4, from: expected)
      let stated = UInt32(truncatingIfNeeded: (chunk + size + 8).big32)
      let behindBody = ~stated ^ CRCAlgebra.product(behindLength ^ CRC32.start, power)
      expected = CRCTable.register(after: chunk + size + 8, 4, from: behindBody)
    }
    let end = offset + count * pitch
    if crc.register(after: base, count * pitch, from: 0) == expected {
      checkedEnd = end
    } else {
      refusedEnd = end
    }
  }
}
