// SPDX-License-Identifier: Apache-2.0

/// A small picture for each number: 256 × 256 pixels of two colours, 8 KB as a PNG that is not compressed.
enum Pattern {
  static func png(_ number: Int) -> [UInt8] {
    var lines: [UInt8] = []
    for line in 0..<256 {
      lines.append(0)
      // Squares of eight pixels, in no order that repeats (SplitMix64; Steele, Lea, Flood 2014).
      for column in 0..<32 {
        var word = UInt64(number << 16 | line / 8 << 8 | column) &* 0x9e37_79b9_7f4a_7c15
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        lines.append((word ^ word >> 27) >> 40 & 1 == 0 ? 0 : 0xff)
      }
    }
    let colours: [UInt8] = [
      UInt8(number & 0xff), UInt8(number >> 8 & 0xff), 40, 240, UInt8(255 - number & 0xff), 180,
    ]
    return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + chunk("IHDR", big(256) + big(256) + [1, 3, 0, 0, 0])
      + chunk("PLTE", colours) + chunk("IDAT", stored(lines)) + chunk("IEND", [])
  }

  /// One stored block in a zlib stream (RFC 1950, RFC 1951 §3.2.4).
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    let (low, high) = (UInt8(bytes.count & 255), UInt8(bytes.count >> 8))
    let sums = bytes.reduce((UInt32(1), UInt32(0))) { sums, byte in
      let sum = (sums.0 + UInt32(byte)) % 65_521
      return (sum, (sums.1 + sum) % 65_521)
    }
    return [0x78, 0x01, 1, low, high, ~low, ~high] + bytes + big(Int(sums.1 << 16 | sums.0))
  }

  /// Length, type, content and the CRC-32 of both (PNG 3rd edition §5.3, annex D).
  private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + content
    let sum = body.reduce(~UInt32(0)) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
    }
    return big(content.count) + body + big(Int(~sum))
  }

  private static func big(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
}
