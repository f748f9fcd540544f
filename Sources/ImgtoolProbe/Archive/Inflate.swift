// SPDX-License-Identifier: Apache-2.0

/// Unpacks deflate data (RFC 1951) up to a limit that is checked before every byte.
package struct Inflate {
  /// Why data cannot be unpacked.
  package enum Failure: Error, Sendable, Hashable {
    case truncated, malformed, tooLarge
  }

  private let input: ArraySlice<UInt8>
  private var at: Int
  private var bits: UInt32 = 0
  private var bitCount = 0
  private let limit: Int
  private var output: [UInt8] = []

  private init(_ input: ArraySlice<UInt8>, limit: Int) {
    self.input = input
    self.limit = limit
    at = input.startIndex
  }

  /// The unpacked bytes, at most `limit`; what follows the last block is ignored.
  package static func unpack(_ input: ArraySlice<UInt8>, limit: Int) throws(Failure) -> [UInt8] {
    var inflate = Inflate(input, limit: limit)
    var isLast = false
    while !isLast {
      isLast = try inflate.take(1) == 1
      switch try inflate.take(2) {
      case 0: try inflate.stored()
      case 1: try inflate.compressed(literals: try Self.fixedLiterals, distances: try Self.fixedDistances)
      case 2:
        let (literals, distances) = try inflate.tables()
        try inflate.compressed(literals: literals, distances: distances)
      default: throw .malformed
      }
    }
    return inflate.output
  }

  private mutating func take(_ count: Int) throws(Failure) -> Int {
    while bitCount < count {
      guard at < input.endIndex else { throw .truncated }
      bits |= UInt32(input[at]) << UInt32(bitCount)
      at += 1
      bitCount += 8
    }
    let value = bits & (1 << UInt32(count) - 1)
    bits >>= UInt32(count)
    bitCount -= count
    return Int(value)
  }

  private mutating func emit(_ byte: UInt8) throws(Failure) {
    guard output.count < limit else { throw .tooLarge }
    output.append(byte)
  }

  /// §3.2.4.
  private mutating func stored() throws(Failure) {
    bits = 0
    bitCount = 0
    guard at + 4 <= input.endIndex else { throw .truncated }
    let length = Int(input[at]) | Int(input[at + 1]) << 8
    guard length == ~(Int(input[at + 2]) | Int(input[at + 3]) << 8) & 0xFFFF else { throw .malformed }
    at += 4
    guard at + length <= input.endIndex else { throw .truncated }
    guard output.count + length <= limit else { throw .tooLarge }
    output.append(contentsOf: input[at..<at + length])
    at += length
  }

  /// A canonical Huffman code (§3.2.2): how many codes there are of each length, and the symbols in order.
  private struct Code {
    var counts = [Int](repeating: 0, count: 16)
    var symbols: [Int] = []

    init(lengths: ArraySlice<Int>) throws(Failure) {
      for length in lengths { counts[length] += 1 }
      counts[0] = 0
      var left = 1
      var offsets = [Int](repeating: 0, count: 16)
      for length in 1..<16 {
        left = left * 2 - counts[length]
        guard left >= 0 else { throw .malformed }
        if length < 15 { offsets[length + 1] = offsets[length] + counts[length] }
      }
      symbols = [Int](repeating: 0, count: counts.reduce(0, +))
      for (symbol, length) in zip(0..., lengths) where length > 0 {
        symbols[offsets[length]] = symbol
        offsets[length] += 1
      }
    }
  }

  private mutating func symbol(of code: Code) throws(Failure) -> Int {
    var value = 0
    var first = 0
    var index = 0
    for length in 1..<16 {
      value |= try take(1)
      let count = code.counts[length]
      if value - first < count { return code.symbols[index + value - first] }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw .malformed
  }

  /// §3.2.7.
  private mutating func tables() throws(Failure) -> (literals: Code, distances: Code) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let lengthCount = try take(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else { throw .malformed }
    var lengths = [Int](repeating: 0, count: 19)
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    for place in order.prefix(lengthCount) { lengths[place] = try take(3) }
    let code = try Code(lengths: lengths[...])
    var all: [Int] = []
    while all.count < literalCount + distanceCount {
      let symbol = try symbol(of: code)
      switch symbol {
      case 0..<16: all.append(symbol)
      case 16:
        guard let last = all.last else { throw .malformed }
        all += [Int](repeating: last, count: 3 + (try take(2)))
      case 17: all += [Int](repeating: 0, count: 3 + (try take(3)))
      default: all += [Int](repeating: 0, count: 11 + (try take(7)))
      }
    }
    guard all.count == literalCount + distanceCount, all[256] > 0 else { throw .malformed }
    return (try Code(lengths: all[..<literalCount]), try Code(lengths: all[literalCount...]))
  }

  /// §3.2.5.
  private mutating func compressed(literals: Code, distances: Code) throws(Failure) {
    while true {
      let symbol = try symbol(of: literals)
      if symbol < 256 {
        try emit(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      guard symbol - 257 < Self.lengthBase.count else { throw .malformed }
      let length = Self.lengthBase[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
      let place = try self.symbol(of: distances)
      guard place < Self.distanceBase.count else { throw .malformed }
      let distance = Self.distanceBase[place] + (try take(Self.distanceBits[place]))
      guard distance <= output.count else { throw .malformed }
      for _ in 0..<length { try emit(output[output.count - distance]) }
    }
  }

  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12_289, 16_385, 24_577,
  ]
  private static let distanceBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
  ]

  /// §3.2.6.
  private static var fixedLiterals: Code {
    get throws(Failure) {
      let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
      return try Code(lengths: lengths[...])
    }
  }
  private static var fixedDistances: Code {
    get throws(Failure) { try Code(lengths: [Int](repeating: 5, count: 30)[...]) }
  }
}
