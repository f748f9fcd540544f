// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

extension SamplePicture {
  /// The picture as a PNG file whose pixels are stored and not compressed (RFC 2083, RFC 1950, RFC 1951 §3.2.4).
  ///
  /// Made without any library, so that a test can have a real file where nothing decodes.
  /// - Parameter bits: 8, or 16 with every sample times 257.
  /// - Parameter orientation: stated in an eXIf chunk (PNG extensions 1.5 §3.7).
  /// - Parameter profile: an ICC profile, stored in an iCCP chunk.
  public func png(bits: Int = 8, orientation: Orientation? = nil, profile: [UInt8]? = nil) -> [UInt8] {
    let colourType: UInt8 = [0, 4, 2, 6][(bands - 1) & 3]
    let header = Self.big(size.width) + Self.big(size.height) + [UInt8(bits), colourType, 0, 0, 0]
    let row = size.width * bands
    var lines: [UInt8] = []
    lines.reserveCapacity((row * bits / 8 + 1) * size.height)
    for start in stride(from: 0, to: samples.count, by: row) {
      lines.append(0)
      let line = samples[start..<(start + row)]
      lines += bits == 16 ? line.flatMap { [$0, $0] } : Array(line)
    }
    var file = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Self.chunk("IHDR", header)
    if let profile { file += Self.chunk("iCCP", Array("sample".utf8) + [0, 0] + Self.stored(profile)) }
    if let orientation { file += Self.chunk("eXIf", Self.exif(orientation)) }
    return file + Self.chunk("IDAT", Self.stored(lines)) + Self.chunk("IEND", [])
  }

  /// A big-endian TIFF directory with one entry, tag 0x0112 (EXIF 2.32 §4.6.4).
  private static func exif(_ orientation: Orientation) -> [UInt8] {
    Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(orientation.rawValue)]
      + [UInt8](repeating: 0, count: 6)
  }

  /// A small RGB display profile without a curve in it: for keeping, not for computing (ICC.1:2022 §7.2).
  public static let profile: [UInt8] = {
    let text = Array("desc".utf8) + big(0) + big(7) + Array("sample\0".utf8) + [UInt8](repeating: 0, count: 81)
    // libpng takes a chunk that is very short for a damaged one, so there is something that does not compress.
    var noise = SampleNoise(seed: 3)
    let tail = Array("data".utf8) + big(0) + (0..<256).map { _ in UInt8(noise.next(below: 256)) }
    let table = Array("desc".utf8) + big(156) + big(text.count) + Array("priv".utf8) + big(156 + text.count)
    let body = big(2) + table + big(tail.count) + text + tail
    var header = big(128 + body.count) + Array("test".utf8) + [2, 0x40, 0, 0] + Array("mntrRGB XYZ ".utf8)
    header += [UInt8](repeating: 0, count: 12) + Array("acsp".utf8) + [UInt8](repeating: 0, count: 28)
    // The white of the connection space, D50.
    header += big(0xF6D6) + big(0x10000) + big(0xD32D)
    return header + [UInt8](repeating: 0, count: 128 - header.count) + body
  }()

  private static func chunk(_ type: String, _ body: [UInt8]) -> [UInt8] {
    let named = Array(type.utf8) + body
    return big(body.count) + named + big(Int(checksum(named)))
  }

  /// A zlib stream of stored blocks.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let end = min(start + 65_535, bytes.count)
      let length = end - start
      stream.append(end == bytes.count ? 1 : 0)
      stream += [UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8 & 255)]
      stream += bytes[start..<end]
      start = end
    } while start < bytes.count
    var (low, high) = (1, 0)
    // So many bytes go between two divisions without leaving 32 bits (RFC 1950 §9).
    for start in stride(from: 0, to: bytes.count, by: 5552) {
      for byte in bytes[start..<min(start + 5552, bytes.count)] {
        low += Int(byte)
        high += low
      }
      (low, high) = (low % 65_521, high % 65_521)
    }
    return stream + big(high << 16 | low)
  }

  /// The CRC of ISO 3309 with the polynomial of PNG (RFC 2083 §15) and zip.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes { crc = remainders[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    return ~crc
  }

  /// What each byte leaves of the polynomial (RFC 2083 §15).
  private static let remainders: [UInt32] = (0..<256).map { byte in
    var crc = UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    return crc
  }

  private static func big(_ number: Int) -> [UInt8] {
    [UInt8(number >> 24 & 255), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
  }
}
