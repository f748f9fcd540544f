// SPDX-License-Identifier: Apache-2.0
@testable import ImgtoolPixels
import Testing

@Suite struct LosslessHuffmanTests {
  /// Weights that grow like Fibonacci's numbers make the longest codes there can be.
  private static let steep = (0..<256).map { index in
    index < 40 ? (0..<index).reduce((1, 1)) { pair, _ in (pair.1, pair.0 + pair.1) }.0 : 0
  }

  @Test(arguments: [
    [1] + Array(repeating: 0, count: 255), Array(repeating: 1, count: 256), Array(repeating: 7, count: 256), steep,
    (0..<256).map { $0 * $0 },
  ])
  func aTableIsCompleteButForTheCodeOfOnes(frequencies: [Int]) throws {
    let table = try #require(HuffmanTable(for: frequencies))
    let used = frequencies.indices.filter { frequencies[$0] > 0 }
    #expect(Set(table.symbols.map { Int($0) }) == Set(used))
    #expect(table.counts.count == 16)
    for (symbol, entry) in table.codes.enumerated() {
      #expect((entry.length > 0) == (frequencies[symbol] > 0))
      guard entry.length > 0 else { continue }
      #expect(entry.code < 1 << UInt32(entry.length) - 1)
      let found = table.lookup[Int(entry.code) << (16 - entry.length)]
      #expect(Int(found & 0xFF) == symbol)
      #expect(Int(found >> 8) == entry.length)
    }
  }

  @Test func whatIsMoreFrequentHasNoLongerCode() throws {
    let frequencies = (0..<256).map { 1 + ($0 * 7919) % 1013 }
    let codes = try #require(HuffmanTable(for: frequencies)).codes
    for (one, other) in zip(0..<255, 1..<256) where frequencies[one] > frequencies[other] {
      #expect(codes[one].length <= codes[other].length)
    }
  }

  @Test func noSymbolMeansNoTable() {
    #expect(HuffmanTable(for: Array(repeating: 0, count: 256)) == nil)
    #expect(HuffmanTable(counts: [3] + Array(repeating: 0, count: 15), symbols: [1, 2, 3]) == nil)
  }

  @Test func bitsComeBackAsTheyWereWritten() {
    var random = SeededRandom(state: 9)
    let values = (0..<4000).map { _ in
      let count = Int.random(in: 0...16, using: &random)
      return (UInt32(truncatingIfNeeded: random.next()) & (1 << UInt32(count) - 1), count)
    }
    var writer = ScanWriter(capacity: 0)
    for (bits, count) in values { writer.put(bits, count) }
    let bytes = writer.finished()
    bytes.withUnsafeBufferPointer { buffer in
      var reader = ScanReader(bytes: buffer)
      #expect(values.allSatisfy { reader.take($0.1) == $0.0 })
      #expect(!reader.isExhausted)
      _ = reader.take(16)
      #expect(reader.isExhausted)
    }
  }

  @Test func damageLeavesTheFileAsItIsOrReadable() throws {
    let source = try MetadataSamples.jpeg(40, 24)
    var random = SeededRandom(state: 21)
    for _ in 0..<300 {
      var damaged = source
      for _ in 0..<3 {
        damaged[Int.random(in: 0..<source.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      // An error is in order, a trap is not; a frame the damage made huge is not walked beyond its bits.
      if let jpeg = try? JPEGSegments(damaged) { _ = HuffmanRecoding.recoded(jpeg) }
    }
  }
}
