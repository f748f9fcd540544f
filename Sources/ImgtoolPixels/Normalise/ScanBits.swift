// SPDX-License-Identifier: Apache-2.0

/// Reads bits of entropy-coded data, without the zeros stuffed after 0xFF (ITU-T T.81 §F.2.2.5).
struct ScanReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var buffer: UInt64 = 0
  private var held = 0
  private var missing = 0

  init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Whether bits were taken that are not there.
  var isExhausted: Bool { held < missing }

  /// The next symbol by one of several tables of 65,536 entries; nothing for bits that are no code.
  @inline(__always)
  mutating func symbol(_ lookups: UnsafeBufferPointer<UInt16>, _ table: Int) -> Int? {
    fill()
    let entry = lookups[table << 16 | Int(truncatingIfNeeded: buffer >> UInt64(held - 16)) & 0xFFFF]
    held -= Int(entry >> 8)
    return entry == 0 ? nil : Int(entry & 0xFF)
  }

  /// The next bits, at most 16.
  @inline(__always)
  mutating func take(_ count: Int) -> UInt32 {
    fill()
    held -= count
    return UInt32(truncatingIfNeeded: buffer >> UInt64(held)) & (1 << UInt32(count) - 1)
  }

  /// Holds at least 16 bits, ones after the end.
  @inline(__always)
  private mutating func fill() {
    guard held <= 32 else { return }
    while held <= 48 {
      guard position < bytes.count else {
        buffer = buffer << 8 | 0xFF
        held += 8
        missing += 8
        continue
      }
      let byte = bytes[position]
      position += byte == 0xFF ? 2 : 1
      buffer = buffer << 8 | UInt64(byte)
      held += 8
    }
  }
}

/// Writes bits of entropy-coded data, with a zero stuffed after each 0xFF (T.81 §F.1.2.3).
struct ScanWriter {
  private var bytes: [UInt8] = []
  private var buffer: UInt64 = 0
  private var held = 0

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// Appends the low `count` bits, at most 16.
  @inline(__always)
  mutating func put(_ bits: UInt32, _ count: Int) {
    buffer = buffer << UInt64(count) | UInt64(bits)
    held += count
    while held >= 8 {
      held -= 8
      let byte = UInt8(truncatingIfNeeded: buffer >> UInt64(held))
      bytes.append(byte)
      if byte == 0xFF { bytes.append(0) }
    }
  }

  /// All bytes, the last one filled up with ones.
  mutating func finished() -> [UInt8] {
    if held > 0 { put(1 << UInt32(8 - held) - 1, 8 - held) }
    return bytes
  }
}
