// SPDX-License-Identifier: Apache-2.0

/// Bytes put together piece by piece, in either byte order.
struct ByteBuilder {
  var bytes: [UInt8] = []

  mutating func add(_ more: [UInt8]) { bytes += more }
  mutating func add(text: String) { bytes += Array(text.utf8) }

  mutating func big(_ value: Int, _ width: Int) {
    for index in (0..<width).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  mutating func little(_ value: Int, _ width: Int) {
    for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  mutating func number(_ value: Int, _ width: Int, isLittle: Bool) {
    if isLittle { little(value, width) } else { big(value, width) }
  }

  static func big(_ value: Int, _ width: Int) -> [UInt8] {
    var builder = ByteBuilder()
    builder.big(value, width)
    return builder.bytes
  }

  static func little(_ value: Int, _ width: Int) -> [UInt8] {
    var builder = ByteBuilder()
    builder.little(value, width)
    return builder.bytes
  }
}

/// A small generator with a seed, so that every run flips the same bits (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
