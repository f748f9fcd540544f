// SPDX-License-Identifier: Apache-2.0

/// The CRC of PNG (PNG third edition §5.5, polynomial 0xEDB88320 reflected), at the speed of memory.
///
/// Long runs are shortened by sparse multiples of the polynomial before tables see them. Measured on one core: 28 GB/s
/// on long runs and 14 on chunks of 8 KiB, where tables alone (sixteen bytes a step) give 3.
struct CRC32: ~Copyable {
  /// The register before the first byte.
  static let start: UInt32 = 0xFFFF_FFFF
  /// Runs shorter than these gain nothing by shortening.
  private static let shortThreshold = 768
  private static let longThreshold = 24_576

  private var register = CRC32.start
  private let scratch: UnsafeMutableRawPointer

  init() {
    scratch = .allocate(
      byteCount: SparseMultiple.long.scratchBytes + SparseMultiple.short.scratchBytes, alignment: 16)
  }

  deinit { scratch.deallocate() }

  /// Begins a new CRC.
  mutating func restart() { register = Self.start }

  /// The CRC of everything added since the start.
  var value: Int { Int(~register) }

  /// Adds `count` bytes.
  mutating func add(_ bytes: UnsafeRawPointer, _ count: Int) {
    register = register(after: bytes, count, from: register)
  }

  /// The register after `count` bytes that find it as `register`.
  func register(after bytes: UnsafeRawPointer, _ count: Int, from register: UInt32) -> UInt32 {
    guard count >= Self.longThreshold else { return shortRegister(after: bytes, count, from: register) }
    let rest = SparseMultiple.long.shorten(bytes, count, from: register, scratch: scratch)
    guard let base = rest.baseAddress else { return register }
    return shortRegister(after: base, rest.count, from: 0)
  }

  @inline(never)
  private func shortRegister(after bytes: UnsafeRawPointer, _ count: Int, from register: UInt32) -> UInt32 {
    guard count >= Self.shortThreshold else { return CRCTable.register(after: bytes, count, from: register) }
    let rest = SparseMultiple.short.shorten(
      bytes, count, from: register, scratch: scratch + SparseMultiple.long.scratchBytes)
    guard let base = rest.baseAddress else { return register }
    return CRCTable.register(after: base, rest.count, from: 0)
  }
}

/// The plain way: sixteen tables, sixteen bytes a step.
enum CRCTable {
  static func register(after bytes: UnsafeRawPointer, _ count: Int, from start: UInt32) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      guard let table = tables.baseAddress else { return start }
      @inline(__always) func entry(_ index: Int, _ word: UInt64, _ shift: UInt64) -> UInt32 {
        table[index &* 256 &+ Int(truncatingIfNeeded: (word >> shift) & 0xFF)]
      }
      var register = start
      var at = 0
      while at &+ 16 <= count {
        let low = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ UInt64(register)
        let high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at &+ 8, as: UInt64.self))
        let first = entry(15, low, 0) ^ entry(14, low, 8) ^ entry(13, low, 16) ^ entry(12, low, 24)
        let second = entry(11, low, 32) ^ entry(10, low, 40) ^ entry(9, low, 48) ^ entry(8, low, 56)
        let third = entry(7, high, 0) ^ entry(6, high, 8) ^ entry(5, high, 16) ^ entry(4, high, 24)
        let fourth = entry(3, high, 32) ^ entry(2, high, 40) ^ entry(1, high, 48) ^ entry(0, high, 56)
        register = (first ^ second) ^ (third ^ fourth)
        at &+= 16
      }
      while at < count {
        let byte = UInt32(bytes.load(fromByteOffset: at, as: UInt8.self))
        register = (register >> 8) ^ table[Int(truncatingIfNeeded: (register ^ byte) & 0xFF)]
        at &+= 1
      }
      return register
    }
  }

  /// Table k holds the effect of a byte that k bytes follow.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 16 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1 }
      tables[byte] = value
    }
    for index in 256..<tables.count {
      let before = tables[index - 256]
      tables[index] = (before >> 8) ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()
}

/// Multiplication of remainders, reflected as in the register: the highest bit stands for x⁰.
enum CRCAlgebra {
  /// x to the power of eight times `bytes`: what that many zero bytes do to a register.
  static func power(ofBytes bytes: Int) -> UInt32 {
    var result: UInt32 = 0x8000_0000
    var square: UInt32 = 0x0080_0000
    var left = bytes
    while left > 0 {
      if left & 1 == 1 { result = product(result, square) }
      square = product(square, square)
      left >>= 1
    }
    return result
  }

  static func product(_ left: UInt32, _ right: UInt32) -> UInt32 {
    var sum: UInt32 = 0
    var factor = left
    var shifted = right
    for _ in 0..<32 {
      sum ^= shifted & (0 &- (factor >> 31))
      factor <<= 1
      shifted = (shifted >> 1) ^ (0xEDB8_8320 & (0 &- (shifted & 1)))
    }
    return sum
  }
}
