// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// The quality at which libjpeg would write quantisation tables like those of a file.
enum JPEGQuality {
  /// The nearest quality, 1…100; nothing where the file has no table of 64 entries before its first scan.
  ///
  /// The first table, which is that of luma, is held against the example of ITU-T T.81 table K.1, scaled as libjpeg's
  /// `jpeg_quality_scaling` does.
  ///
  /// - Throws: `.input` when the bytes are not a JPEG or a segment before the first scan does not fit into them.
  static func estimate(_ bytes: [UInt8]) throws(ImgtoolError) -> Int? {
    guard let segment = try JPEGSegments.first(in: bytes, where: { $0 == 0xDB || $0 == JPEGSegments.Marker.scan }),
      segment.marker == 0xDB, let table = luma(segment.payload)
    else { return nil }
    return (1...100).min { distance(table, at: $0) < distance(table, at: $1) }
  }

  /// The entries of the table for luma, in zigzag order (T.81 §B.2.4.1).
  private static func luma(_ payload: [UInt8]) -> [Int]? {
    guard let head = payload.first, head & 15 == 0, head >> 4 <= 1 else { return nil }
    let width = Int(head >> 4) + 1
    guard payload.count >= 1 + 64 * width else { return nil }
    return (0..<64).map { index in
      width == 1 ? Int(payload[1 + index]) : Int(payload[1 + 2 * index]) << 8 | Int(payload[2 + 2 * index])
    }
  }

  private static func distance(_ table: [Int], at quality: Int) -> Int {
    let scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
    return zip(table, example).reduce(0) { sum, pair in
      sum + abs(pair.0 - min(255, max(1, (pair.1 * scale + 50) / 100)))
    }
  }

  /// T.81 table K.1 in zigzag order.
  private static let example = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
    121, 112, 100, 120, 92, 101, 103, 99,
  ]
}
