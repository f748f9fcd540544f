// SPDX-License-Identifier: Apache-2.0

/// One Huffman table of a JPEG: how many codes there are of each length, and their symbols (ITU-T T.81 §B.2.4.2).
struct HuffmanTable: Sendable, Hashable {
  /// Codes of 1…16 bits.
  let counts: [Int]
  /// In the order of their codes.
  let symbols: [UInt8]

  /// A table as stored; nothing when there are more codes of a length than fit.
  init?(counts: [Int], symbols: [UInt8]) {
    guard counts.count == 16, counts.reduce(0, +) == symbols.count, symbols.count <= 256 else { return nil }
    var room = 1
    for count in counts {
      room = room * 2 - count
      guard room >= 0 else { return nil }
    }
    self.counts = counts
    self.symbols = symbols
  }

  /// The best table for symbols that occur so often, codes of at most 16 bits and none of ones only (T.81 §K.2).
  ///
  /// - Parameter frequencies: one number for each of 256 symbols; nothing when none occurs.
  init?(for frequencies: [Int]) {
    guard frequencies.count == 256, frequencies.contains(where: { $0 > 0 }) else { return nil }
    // The 257th symbol takes the code of ones only, which must not occur.
    let lengths = Self.lengths(of: frequencies + [1])
    var counts = Array(repeating: 0, count: max(17, (lengths.max() ?? 0) + 1))
    for length in lengths where length > 0 { counts[length] += 1 }
    Self.shorten(&counts)
    guard let longest = counts.lastIndex(where: { $0 > 0 }) else { return nil }
    counts[longest] -= 1
    let order = frequencies.indices.filter { frequencies[$0] > 0 }.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    self.init(counts: Array(counts[1...16]), symbols: order.map { UInt8($0) })
  }

  /// The code and its length for each symbol; length 0 for one without a code (T.81 §C.2).
  var codes: [(code: UInt32, length: Int)] {
    var codes = Array(repeating: (code: UInt32(0), length: 0), count: 256)
    var code: UInt32 = 0
    var next = 0
    for (index, count) in counts.enumerated() {
      for _ in 0..<count {
        codes[Int(symbols[next])] = (code, index + 1)
        code += 1
        next += 1
      }
      code <<= 1
    }
    return codes
  }

  /// For each 16 bits that may follow: the symbol in the low byte and the length of its code above; 0 for no code.
  var lookup: [UInt16] {
    var table = [UInt16](repeating: 0, count: 1 << 16)
    for (symbol, entry) in codes.enumerated() where entry.length > 0 {
      let first = Int(entry.code) << (16 - entry.length)
      for index in first..<first + 1 << (16 - entry.length) { table[index] = UInt16(entry.length << 8 | symbol) }
    }
    return table
  }

  /// Code lengths by merging the two rarest groups again and again; 0 for a symbol that does not occur.
  private static func lengths(of frequencies: [Int]) -> [Int] {
    var lengths = Array(repeating: 0, count: frequencies.count)
    var groups = frequencies.indices.filter { frequencies[$0] > 0 }.map { (weight: frequencies[$0], members: [$0]) }
    while groups.count > 1 {
      let (one, other) = (takeRarest(&groups), takeRarest(&groups))
      let merged = one.members + other.members
      for member in merged { lengths[member] += 1 }
      groups.append((one.weight + other.weight, merged))
    }
    return lengths
  }

  private static func takeRarest(_ groups: inout [(weight: Int, members: [Int])]) -> (weight: Int, members: [Int]) {
    // Of equal groups the later one, so that the 257th symbol gets one of the longest codes.
    var rarest = 0
    for index in groups.indices where groups[index].weight <= groups[rarest].weight { rarest = index }
    return groups.remove(at: rarest)
  }

  /// Brings codes of more than 16 bits down to 16 by giving shorter ones away (T.81 figure K.3).
  private static func shorten(_ counts: inout [Int]) {
    for length in stride(from: counts.count - 1, to: 16, by: -1) {
      while counts[length] > 0 {
        guard let shorter = (1..<length - 1).last(where: { counts[$0] > 0 }) else { return }
        counts[length] -= 2
        counts[length - 1] += 1
        counts[shorter + 1] += 2
        counts[shorter] -= 1
      }
    }
  }
}
