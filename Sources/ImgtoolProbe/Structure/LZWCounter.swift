// SPDX-License-Identifier: Apache-2.0

/// Counts the pixels that the LZW codes of one GIF frame stand for, without making one of them (GIF89a specification,
/// appendix F).
///
/// Of each string of the table its length alone is kept. A flipped bit shifts or exchanges codes, so the count ends
/// before the frame does, or at a code that no table has.
struct LZWCounter {
  /// Pixels counted so far, more than the frame's at most by one string.
  private(set) var pixels = 0
  /// Whether a code was met that the table did not have.
  private(set) var isBroken = false
  /// Bytes behind the last pixel that no end code explains.
  private(set) var surplus = 0

  private let wanted: Int
  private let clear: Int
  private var next: Int
  private var width: Int
  private var previous = 0
  /// Whether the code before was a string, so that this one makes a new entry.
  private var hasPrevious = false
  private var isOver = false

  /// The most bits of a code, and the most entries of a table.
  private static let (longest, entries) = (12, 4_096)
  /// Bytes that a last code, a clear code and an end code may take beyond the last pixel.
  private static let tailBytes = 4

  private init(codeSize: Int, wanted: Int) {
    self.wanted = wanted
    clear = 1 << codeSize
    next = clear + 2
    width = codeSize + 1
  }

  /// Follows the codes of a frame of `pixels` pixels, whose data begin with the code size at `offset`.
  static func count(at offset: Int, pixels: Int, _ window: inout ByteWindow) throws(HeaderFault) -> LZWCounter {
    let codeSize = try window.byte(at: offset)
    var counter = LZWCounter(codeSize: min(codeSize, longest - 1), wanted: pixels)
    counter.isBroken = codeSize >= longest
    var lengths = [UInt16](repeating: 1, count: entries)
    try lengths.withUnsafeMutableBufferPointer { (lengths) throws(HeaderFault) in
      try counter.follow(from: offset + 1, lengths, &window)
    }
    return counter
  }

  private mutating func follow(
    from start: Int, _ lengths: UnsafeMutableBufferPointer<UInt16>, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    var (at, bits, held, behind) = (start, 0, 0, 0)
    while true {
      let size = try window.byte(at: at)
      guard size > 0 else { break }
      let block = try window.bytes(at: at + 1, size)
      at += size + 1
      for index in 0..<size {
        if isOver {
          behind += size - index
          break
        }
        bits |= block.byte(index) << held
        held += 8
        while held >= width, !isOver {
          let code = bits & (1 << width - 1)
          bits >>= width
          held -= width
          take(code, lengths)
        }
      }
    }
    surplus = max(0, behind - Self.tailBytes)
  }

  @inline(__always)
  private mutating func take(_ code: Int, _ lengths: UnsafeMutableBufferPointer<UInt16>) {
    if code == clear {
      next = clear + 2
      width = clear.trailingZeroBitCount + 1
      hasPrevious = false
      return
    }
    if code == clear + 1 {
      isOver = true
      return
    }
    let isNew = code == next && hasPrevious && next < Self.entries
    guard code < next || isNew else {
      (isBroken, isOver) = (true, true)
      return
    }
    if hasPrevious, next < Self.entries {
      lengths[next] = lengths[previous] &+ 1
      next += 1
      if next == 1 << width, width < Self.longest { width += 1 }
    }
    // A new string's own entry was made just now.
    pixels += Int(lengths[code])
    (previous, hasPrevious) = (code, true)
    if pixels >= wanted { isOver = true }
  }
}
