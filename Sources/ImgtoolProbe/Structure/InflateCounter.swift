// SPDX-License-Identifier: Apache-2.0

/// Counts the bytes a zlib stream inflates to without making one of them (RFC 1950, RFC 1951).
///
/// Copies are counted by their length alone, so no window is held: a stream of gigabytes costs what it costs to read.
struct InflateCounter {
  /// Bytes counted so far.
  private(set) var count = 0
  private var at: Int
  private let end: Int
  private let limit: Int
  private var bits: UInt64 = 0
  private var bitCount = 0

  /// Why counting ended early; never seen outside.
  private enum Stop: Error {
    /// More than the limit was counted.
    case full
    /// The stream is broken or ends.
    case broken
    case fault(HeaderFault)
  }

  private init(at: Int, end: Int, limit: Int) {
    (self.at, self.end, self.limit) = (at, end, limit)
  }

  /// What `length` bytes at `offset` inflate to; more than `limit` counts as `limit` + 1.
  ///
  /// A broken stream counts as far as it goes, as a decoder would inflate it.
  static func count(
    at offset: Int, _ length: Int, limit: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> Int {
    // Two bytes of header, which say nothing about the length.
    guard length > 2 else { return 0 }
    var counter = InflateCounter(at: offset + 2, end: offset + length, limit: limit)
    do throws(Stop) {
      while try !counter.takeBlock(&window) {}
    } catch {
      if case .fault(let fault) = error { throw fault }
    }
    return min(counter.count, limit == .max ? limit : limit + 1)
  }

  private mutating func take(_ number: Int, _ window: inout ByteWindow) throws(Stop) -> Int {
    while bitCount < number {
      guard at < end else { throw .broken }
      let byte: Int
      do throws(HeaderFault) { byte = try window.byte(at: at) } catch { throw .fault(error) }
      bits |= UInt64(byte) << UInt64(bitCount)
      bitCount += 8
      at += 1
    }
    let value = Int(bits & (1 << UInt64(number) - 1))
    bits >>= UInt64(number)
    bitCount -= number
    return value
  }

  private mutating func add(_ bytes: Int) throws(Stop) {
    count += bytes
    if count > limit { throw .full }
  }

  /// Takes one block; true after the last.
  private mutating func takeBlock(_ window: inout ByteWindow) throws(Stop) -> Bool {
    let isLast = try take(1, &window) == 1
    switch try take(2, &window) {
    case 0: try takeStored(&window)
    case 1: try takeCodes(Self.fixedLengths, Self.fixedDistances, &window)
    case 2:
      let (lengths, distances) = try takeTables(&window)
      try takeCodes(lengths, distances, &window)
    default: throw .broken
    }
    return isLast
  }

  private mutating func takeStored(_ window: inout ByteWindow) throws(Stop) {
    bits >>= UInt64(bitCount & 7)
    bitCount -= bitCount & 7
    let length = try take(16, &window)
    guard try take(16, &window) == ~length & 0xFFFF else { throw .broken }
    let buffered = bitCount / 8
    guard length <= buffered + end - at else { throw .broken }
    if length >= buffered {
      at += length - buffered
      (bits, bitCount) = (0, 0)
    } else {
      bits >>= UInt64(length * 8)
      bitCount -= length * 8
    }
    try add(length)
  }

  private mutating func takeCodes(
    _ lengths: HuffmanCode, _ distances: HuffmanCode, _ window: inout ByteWindow
  ) throws(Stop) {
    while true {
      let symbol = try takeSymbol(lengths, &window)
      switch symbol {
      case 0..<256: try add(1)
      case 256: return
      case 257..<286:
        let extra = symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4
        let base =
          symbol < 265 ? symbol - 254 : symbol == 285 ? 258 : (4 + (symbol - 261) % 4) << extra + 3
        let length = base + (try take(extra, &window))
        let distance = try takeSymbol(distances, &window)
        guard distance < 30 else { throw .broken }
        _ = try take(distance < 4 ? 0 : distance / 2 - 1, &window)
        try add(length)
      default: throw .broken
      }
    }
  }

  private mutating func takeSymbol(_ code: HuffmanCode, _ window: inout ByteWindow) throws(Stop) -> Int {
    var (value, first, index) = (0, 0, 0)
    for length in 1...HuffmanCode.longest {
      value |= try take(1, &window)
      let count = code.counts[length]
      if value - count < first { return code.symbols[index + (value - first)] }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw .broken
  }

  private mutating func takeTables(_ window: inout ByteWindow) throws(Stop) -> (HuffmanCode, HuffmanCode) {
    let lengthCount = try take(5, &window) + 257
    let distanceCount = try take(5, &window) + 1
    let codeCount = try take(4, &window) + 4
    var codeLengths = [Int](repeating: 0, count: 19)
    for place in Self.order.prefix(codeCount) { codeLengths[place] = try take(3, &window) }
    guard let code = HuffmanCode(codeLengths[...]) else { throw .broken }
    var all: [Int] = []
    while all.count < lengthCount + distanceCount {
      let symbol = try takeSymbol(code, &window)
      let (value, times): (Int, Int)
      switch symbol {
      case 0..<16: (value, times) = (symbol, 1)
      case 16:
        guard let last = all.last else { throw .broken }
        (value, times) = (last, 3 + (try take(2, &window)))
      case 17: (value, times) = (0, 3 + (try take(3, &window)))
      default: (value, times) = (0, 11 + (try take(7, &window)))
      }
      guard all.count + times <= lengthCount + distanceCount else { throw .broken }
      all += [Int](repeating: value, count: times)
    }
    guard let lengths = HuffmanCode(all[..<lengthCount]), let distances = HuffmanCode(all[lengthCount...]) else {
      throw .broken
    }
    return (lengths, distances)
  }

  /// The order in which the lengths of the code lengths stand (RFC 1951 §3.2.7).
  private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  // RFC 1951 §3.2.6; both are complete, so neither can be nothing.
  private static let fixedLengths =
    HuffmanCode(
      ([Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112) + [Int](repeating: 7, count: 24)
        + [Int](repeating: 8, count: 8))[...]) ?? HuffmanCode.empty
  private static let fixedDistances = HuffmanCode([Int](repeating: 5, count: 30)[...]) ?? HuffmanCode.empty
}

/// A canonical Huffman code: how many codes each length has, and the symbols in the order of their codes.
private struct HuffmanCode {
  static let longest = 15
  static let empty = HuffmanCode(counts: [Int](repeating: 0, count: longest + 1), symbols: [])

  let counts: [Int]
  let symbols: [Int]

  private init(counts: [Int], symbols: [Int]) { (self.counts, self.symbols) = (counts, symbols) }

  /// - Returns: nothing where more codes are asked for than there are.
  init?(_ lengths: ArraySlice<Int>) {
    var counts = [Int](repeating: 0, count: Self.longest + 1)
    for length in lengths where length > 0 { counts[length] += 1 }
    var left = 1
    for length in 1...Self.longest {
      left = left << 1 - counts[length]
      guard left >= 0 else { return nil }
    }
    self.counts = counts
    symbols = (1...Self.longest).flatMap { wanted in
      lengths.enumerated().compactMap { $0.element == wanted ? $0.offset : nil }
    }
  }
}
