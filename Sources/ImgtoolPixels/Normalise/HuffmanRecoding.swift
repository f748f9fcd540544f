// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Writes the scan of a sequential JPEG again with the Huffman tables that suit it best; no coefficient changes.
///
/// libjpeg-turbo's TurboJPEG API turns with the tables of T.81 annex K, which cost up to half as much again as a file's
/// own.
struct HuffmanRecoding {
  /// One component's part of a coding unit.
  private struct Part {
    let blocks: Int
    /// Indices into the tables: 0–3 for DC, 4–7 for AC.
    let directTable: Int
    let alternatingTable: Int
  }

  private let parts: [Part]
  private let unitCount: Int
  private let tables: [HuffmanTable?]

  /// The file with its own best tables; the same file when it is not of the one kind this is for.
  ///
  /// That is what TurboJPEG writes: sequential, one scan of all components, no restart intervals.
  static func recoded(_ jpeg: JPEGSegments) -> JPEGSegments {
    guard let coding = HuffmanRecoding(jpeg), let scan = jpeg.segments.firstIndex(where: { !$0.scan.isEmpty }) else {
      return jpeg
    }
    let bits = Array(jpeg.source[jpeg.segments[scan].scan])
    guard let counted = coding.count(bits) else { return jpeg }
    let best = counted.map { HuffmanTable(for: $0) }
    guard let recoded = coding.translate(bits, with: best) else { return jpeg }
    var segments = jpeg.segments.filter { $0.marker != 0xC4 }
    guard let place = segments.firstIndex(where: { $0.marker == JPEGSegments.Marker.scan }) else { return jpeg }
    segments.insert(.init(marker: 0xC4, payload: Self.payload(best)), at: place)
    guard let result = try? JPEGSegments(Self.file(segments, scan: recoded)) else { return jpeg }  // ours: it parses
    return result
  }

  /// Whether both files are coded with the same tables, as a camera's file and one of TurboJPEG's mostly are.
  static func sharesTables(_ one: JPEGSegments, _ other: JPEGSegments) -> Bool {
    guard let tables = Self.tables(of: one) else { return false }
    return tables == Self.tables(of: other)
  }

  private init?(_ jpeg: JPEGSegments) {
    guard let frame = JPEGFrame(jpeg), frame.marker == 0xC0 || frame.marker == 0xC1, frame.precision == 8,
      jpeg.hasEnd, jpeg.trailing.isEmpty, !jpeg.segments.contains(where: { $0.marker == 0xDD }),
      jpeg.segments.filter({ $0.marker == JPEGSegments.Marker.scan }).count == 1,
      let header = jpeg.segments.last, header.marker == JPEGSegments.Marker.scan,
      header.payload.count == 4 + 2 * frame.components.count, Int(header.payload[0]) == frame.components.count
    else { return nil }
    guard let tables = Self.tables(of: jpeg) else { return nil }
    let isAlone = frame.components.count == 1
    parts = frame.components.enumerated().map { index, component in
      let selectors = header.payload[2 + 2 * index]
      return Part(
        blocks: isAlone ? 1 : component.horizontal * component.vertical, directTable: Int(selectors >> 4) & 3,
        alternatingTable: Int(selectors & 3) + 4)
    }
    let across = (frame.size.width + frame.gridWidth - 1) / frame.gridWidth
    let down = (frame.size.height + frame.gridHeight - 1) / frame.gridHeight
    unitCount = across * down
    self.tables = tables
  }

  /// How often each symbol of each table occurs; nothing when the bits do not add up.
  private func count(_ bits: [UInt8]) -> [[Int]]? {
    var frequencies = Array(repeating: 0, count: 8 * 256)
    let isWhole = frequencies.withUnsafeMutableBufferPointer { counts in
      walk(bits) { table, symbol, _, _ in counts[table << 8 | symbol] += 1 }
    }
    return isWhole ? (0..<8).map { Array(frequencies[$0 << 8..<($0 + 1) << 8]) } : nil
  }

  private func translate(_ bits: [UInt8], with tables: [HuffmanTable?]) -> [UInt8]? {
    let codes = tables.flatMap { $0?.codes ?? Array(repeating: (code: UInt32(0), length: 0), count: 256) }
    var writer = ScanWriter(capacity: bits.count)
    let isWhole = walk(bits) { table, symbol, extra, length in
      let entry = codes[table << 8 | symbol]
      writer.put(entry.code << UInt32(length) | extra, entry.length + length)
    }
    return isWhole ? writer.finished() : nil
  }

  /// Calls `visit` for each symbol with its table and the bits that follow it (T.81 §F.2.2).
  ///
  /// - Returns: whether every block was there.
  @inline(__always)
  private func walk(_ bits: [UInt8], _ visit: (_ table: Int, _ symbol: Int, _ extra: UInt32, _ length: Int) -> Void)
    -> Bool
  {
    // One table after the other, so that the innermost loop touches no array of arrays.
    let lookups = tables.flatMap { $0?.lookup ?? [UInt16](repeating: 0, count: 1 << 16) }
    return bits.withUnsafeBufferPointer { buffer in
      lookups.withUnsafeBufferPointer { lookups in walk(buffer, lookups, visit) }
    }
  }

  @inline(__always)
  private func walk(
    _ bits: UnsafeBufferPointer<UInt8>, _ lookups: UnsafeBufferPointer<UInt16>,
    _ visit: (_ table: Int, _ symbol: Int, _ extra: UInt32, _ length: Int) -> Void
  ) -> Bool {
    var reader = ScanReader(bytes: bits)
    for _ in 0..<unitCount {
      for part in parts {
        for _ in 0..<part.blocks {
          guard let size = reader.symbol(lookups, part.directTable), size <= 11 else { return false }
          visit(part.directTable, size, reader.take(size), size)
          var position = 1
          while position < 64 {
            guard let symbol = reader.symbol(lookups, part.alternatingTable) else { return false }
            let size = symbol & 15
            visit(part.alternatingTable, symbol, reader.take(size), size)
            if size == 0, symbol != 0xF0 { break }
            position += symbol >> 4 + 1
          }
          guard !reader.isExhausted else { return false }
        }
      }
    }
    return true
  }

  /// The last tables of each kind and number; nothing when one is out of order.
  private static func tables(of jpeg: JPEGSegments) -> [HuffmanTable?]? {
    var tables: [HuffmanTable?] = Array(repeating: nil, count: 8)
    for segment in jpeg.segments where segment.marker == 0xC4 {
      guard read(segment.payload, into: &tables) else { return nil }
    }
    return tables
  }

  /// Reads one DHT segment; says whether it was in order.
  private static func read(_ payload: [UInt8], into tables: inout [HuffmanTable?]) -> Bool {
    var position = 0
    while payload.count - position >= 17 {
      let (kind, id) = (Int(payload[position] >> 4), Int(payload[position] & 15))
      let counts = payload[position + 1..<position + 17].map { Int($0) }
      let total = counts.reduce(0, +)
      guard kind < 2, id < 4, payload.count - position - 17 >= total,
        let table = HuffmanTable(
          counts: counts, symbols: Array(payload[position + 17..<position + 17 + total]))
      else { return false }
      tables[kind * 4 + id] = table
      position += 17 + total
    }
    return position == payload.count
  }

  /// All tables in one DHT segment.
  private static func payload(_ tables: [HuffmanTable?]) -> [UInt8] {
    tables.enumerated().flatMap { index, table -> [UInt8] in
      guard let table else { return [] }
      return [UInt8((index / 4) << 4 | (index % 4))] + table.counts.map { UInt8($0) } + table.symbols
    }
  }

  private static func file(_ segments: [JPEGSegments.Segment], scan: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0xFF, JPEGSegments.Marker.start]
    result.reserveCapacity(scan.count + 4096)
    for segment in segments {
      let length = segment.payload.count + 2
      result += [0xFF, segment.marker, UInt8(length >> 8), UInt8(length & 0xFF)] + segment.payload
      if segment.marker == JPEGSegments.Marker.scan { result += scan }
    }
    return result + [0xFF, JPEGSegments.Marker.end]
  }
}
