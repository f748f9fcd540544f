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
    if held <= 32 { refill() }
  }

  @inline(__always)
  private mutating func refill() {
    if position &+ 4 <= bytes.count, let base = bytes.baseAddress {
      let word = UInt32(bigEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt32.self))
      if !word.hasFullByte {
        buffer = buffer << 32 | UInt64(word)
        held &+= 32
        position &+= 4
        return
      }
    }
    refillByByte()
  }

  private mutating func refillByByte() {
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

extension UInt32 {
  /// Whether one of its bytes is 0xFF, which in a scan a stuffed zero or a marker follows.
  @inline(__always)
  fileprivate var hasFullByte: Bool { (~self &- 0x0101_0101) & self & 0x8080_8080 != 0 }
}

/// Writes bits of entropy-coded data, with a zero stuffed after each 0xFF (T.81 §F.1.2.3).
struct ScanWriter: ~Copyable {
  private var bytes: UnsafeMutableRawPointer
  private var capacity: Int
  private var count = 0
  private var buffer: UInt64 = 0
  private var held = 0

  /// Takes about `capacity` bytes without growing.
  init(capacity: Int) {
    self.capacity = max(capacity, 64)
    bytes = .allocate(byteCount: self.capacity, alignment: 8)
  }

  deinit { bytes.deallocate() }

  /// Appends the low `length` bits, at most 32.
  @inline(__always)
  mutating func put(_ bits: UInt32, _ length: Int) {
    buffer = buffer << UInt64(truncatingIfNeeded: length) | UInt64(bits)
    held &+= length
    if held >= 32 { flush() }
  }

  /// All bytes, the last one filled up with ones.
  consuming func finished() -> [UInt8] {
    let open = held & 7
    if open > 0 { put(1 << UInt32(8 - open) - 1, 8 - open) }
    grow(for: 8)
    while held > 0 {
      held -= 8
      append(UInt8(truncatingIfNeeded: buffer >> UInt64(held)))
    }
    return Array(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  @inline(__always)
  private mutating func flush() {
    grow(for: 8)
    held &-= 32
    let word = UInt32(truncatingIfNeeded: buffer >> UInt64(truncatingIfNeeded: held))
    if word.hasFullByte {
      for shift in stride(from: UInt32(24), through: 0, by: -8) { append(UInt8(truncatingIfNeeded: word >> shift)) }
    } else {
      bytes.storeBytes(of: word.bigEndian, toByteOffset: count, as: UInt32.self)
      count &+= 4
    }
  }

  /// Appends a byte, and a zero where it needs one; there is room.
  @inline(__always)
  private mutating func append(_ byte: UInt8) {
    bytes.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
    guard byte == 0xFF else { return }
    bytes.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  @inline(__always)
  private mutating func grow(for more: Int) {
    if count &+ more > capacity { grow() }
  }

  @inline(never)
  private mutating func grow() {
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 8)
    larger.copyMemory(from: bytes, byteCount: count)
    bytes.deallocate()
    (bytes, capacity) = (larger, capacity * 2)
  }
}
