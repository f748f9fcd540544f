// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolTesting

/// Writes a drawn RGB picture as a PNG without compression, which needs no library.
enum PlainPNG {
  static func bytes(of picture: SamplePicture) -> [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let (width, height) = (picture.size.width, picture.size.height)
    chunk("IHDR", bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0], to: &file)
    chunk("IDAT", stored(lines(of: picture, stride: width * 3)), to: &file)
    chunk("IEND", [], to: &file)
    return file
  }

  /// Each line after a filter byte of 0 (PNG 3rd edition §9).
  private static func lines(of picture: SamplePicture, stride: Int) -> [UInt8] {
    var lines: [UInt8] = []
    lines.reserveCapacity((stride + 1) * picture.size.height)
    for line in 0..<picture.size.height {
      lines.append(0)
      lines += picture.samples[(line * stride)..<((line + 1) * stride)]
    }
    return lines
  }

  /// A zlib stream of stored blocks (RFC 1950, RFC 1951 §3.2.4).
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let count = min(65_535, bytes.count - start)
      let isLast: UInt8 = start + count == bytes.count ? 1 : 0
      let (low, high) = (UInt8(count & 255), UInt8(count >> 8))
      stream += [isLast, low, high, ~low, ~high]
      stream += bytes[start..<(start + count)]
      start += count
    } while start < bytes.count
    var (sum, sums): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      sum = (sum + UInt32(byte)) % 65_521
      sums = (sums + sum) % 65_521
    }
    return stream + bigEndian(Int(sums << 16 | sum))
  }

  private static func chunk(_ name: StaticString, _ payload: [UInt8], to file: inout [UInt8]) {
    let body = name.withUTF8Buffer { Array($0) } + payload
    file += bigEndian(payload.count) + body + bigEndian(Int(checksum(body)))
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
  }

  /// CRC-32 of ISO 3309, as PNG's annex D.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
