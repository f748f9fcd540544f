// SPDX-License-Identifier: Apache-2.0

import ImgtoolTesting

/// Small whole files of the stream formats, whose pixels are filler where no reader looks.
enum RasterSamples {
  // MARK: JPEG

  static func segment(_ code: Int, _ body: [UInt8]) -> [UInt8] {
    [0xFF, UInt8(code)] + ByteBuilder.big(body.count + 2, 2) + body
  }

  static func exifSegment(_ exif: [UInt8]) -> [UInt8] { segment(0xE1, Array("Exif\0\0".utf8) + exif) }

  static func xmpSegment(_ packet: [UInt8]) -> [UInt8] {
    segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0".utf8) + packet)
  }

  static func iccSegments(_ profile: [UInt8], parts: Int = 1) -> [UInt8] {
    let size = (profile.count + parts - 1) / parts
    return (0..<parts).flatMap { part in
      segment(
        0xE2,
        Array("ICC_PROFILE\0".utf8) + [UInt8(part + 1), UInt8(parts)]
          + profile[(part * size)..<min(profile.count, (part + 1) * size)])
    }
  }

  static func adobeSegment(transform: Int) -> [UInt8] {
    segment(0xEE, Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, UInt8(transform)])
  }

  static func frame(_ code: Int, _ width: Int, _ height: Int, components: Int = 3, bits: Int = 8) -> [UInt8] {
    segment(
      code,
      [UInt8(bits)] + ByteBuilder.big(height, 2) + ByteBuilder.big(width, 2) + [UInt8(components)]
        + (1...max(1, components)).flatMap { [UInt8($0), 0x11, 0] })
  }

  static func scan(components: Int = 3, data: [UInt8]) -> [UInt8] {
    segment(0xDA, [UInt8(components)] + (1...components).flatMap { [UInt8($0), 0] } + [0, 63, 0]) + data
  }

  /// Entropy-coded filler with a stuffed byte in each part, and restart markers in order between the parts.
  static func scanData(parts: Int) -> [UInt8] {
    var data: [UInt8] = []
    for part in 0..<parts {
      if part > 0 { data += [0xFF, UInt8(0xD0 + (part - 1) % 8)] }
      data += [0x12, 0xFF, 0x00, UInt8(part & 0x7F)]
    }
    return data
  }

  /// The restart interval that cuts a picture of 8×8 blocks into at most three parts, and their number.
  static func restarts(_ width: Int, _ height: Int) -> (interval: Int, parts: Int) {
    let units = ((width + 7) / 8) * ((height + 7) / 8)
    guard (1...100_000).contains(units) else { return (0, 1) }
    let interval = (units + 2) / 3
    return (interval, (units - 1) / interval + 1)
  }

  static func jpeg(
    _ width: Int = 40, _ height: Int = 30, code: Int = 0xC0, components: Int = 3, bits: Int = 8,
    segments: [UInt8] = [], tail: [UInt8] = []
  ) -> [UInt8] {
    let cut = restarts(width, height)
    return start(width, height, code: code, components: components, bits: bits, segments: segments)
      + segment(0xDD, ByteBuilder.big(cut.interval, 2))
      + scan(components: components, data: scanData(parts: cut.parts)) + [0xFF, 0xD9] + tail
  }

  /// Everything before the restart interval and the first scan.
  static func start(
    _ width: Int, _ height: Int, code: Int = 0xC0, components: Int = 3, bits: Int = 8, segments: [UInt8] = []
  ) -> [UInt8] {
    [0xFF, 0xD8] + segments + segment(0xDB, [UInt8](repeating: 1, count: 65))
      + frame(code, width, height, components: components, bits: bits)
      + segment(0xC4, [UInt8](repeating: 0, count: 17))
  }

  // MARK: PNG

  static func chunk(_ type: String, _ body: [UInt8]) -> [UInt8] {
    let named = Array(type.utf8) + body
    return ByteBuilder.big(body.count, 4) + named + ByteBuilder.big(Int(SamplePicture.checksum(named)), 4)
  }

  static func imageHeader(_ width: Int, _ height: Int, depth: Int = 8, type: Int = 2, interlace: Int = 0) -> [UInt8] {
    chunk(
      "IHDR",
      ByteBuilder.big(width, 4) + ByteBuilder.big(height, 4) + [UInt8(depth), UInt8(type), 0, 0, UInt8(interlace)])
  }

  static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  static let pixelData = chunk("IDAT", [0x78, 0x01, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01])

  static func png(
    _ width: Int = 40, _ height: Int = 30, depth: Int = 8, type: Int = 2, interlace: Int = 0, chunks: [UInt8] = [],
    tail: [UInt8] = []
  ) -> [UInt8] {
    pngSignature + imageHeader(width, height, depth: depth, type: type, interlace: interlace) + chunks + pixelData
      + chunk("IEND", []) + tail
  }

  static func frameControl(_ sequence: Int, _ width: Int = 40, _ height: Int = 30) -> [UInt8] {
    chunk(
      "fcTL",
      [sequence, width, height, 0, 0].flatMap { ByteBuilder.big($0, 4) } + ByteBuilder.big(1, 2)
        + ByteBuilder.big(10, 2) + [0, 0])
  }

  /// An animation of three frames that plays twice.
  static func apng() -> [UInt8] {
    let data = { (sequence: Int) in chunk("fdAT", ByteBuilder.big(sequence, 4) + [1, 2, 3]) }
    return pngSignature + imageHeader(40, 30) + chunk("acTL", ByteBuilder.big(3, 4) + ByteBuilder.big(2, 4))
      + frameControl(0) + pixelData + frameControl(1) + data(2) + frameControl(3) + data(4) + data(5)
      + chunk("IEND", [])
  }

  // MARK: WebP

  static func riffChunk(_ type: String, _ body: [UInt8]) -> [UInt8] {
    Array(type.utf8) + ByteBuilder.little(body.count, 4) + body + (body.count % 2 == 1 ? [0] : [])
  }

  static func riff(_ chunks: [UInt8]) -> [UInt8] {
    Array("RIFF".utf8) + ByteBuilder.little(chunks.count + 4, 4) + Array("WEBP".utf8) + chunks
  }

  static func lossyChunk(_ width: Int, _ height: Int) -> [UInt8] {
    riffChunk(
      "VP8 ",
      [0x90, 0x00, 0x00, 0x9D, 0x01, 0x2A] + ByteBuilder.little(width, 2) + ByteBuilder.little(height, 2)
        + [1, 2, 3, 4, 5])
  }

  static func losslessChunk(_ width: Int, _ height: Int, alpha: Bool) -> [UInt8] {
    let bits = (width - 1) | (height - 1) << 14 | (alpha ? 1 << 28 : 0)
    return riffChunk("VP8L", [0x2F] + ByteBuilder.little(bits, 4) + [1, 2, 3])
  }

  static func extendedChunk(_ width: Int, _ height: Int, flags: Int) -> [UInt8] {
    riffChunk("VP8X", [UInt8(flags), 0, 0, 0] + ByteBuilder.little(width - 1, 3) + ByteBuilder.little(height - 1, 3))
  }

  static func animatedFrame(_ width: Int, _ height: Int) -> [UInt8] {
    riffChunk(
      "ANMF",
      [UInt8](repeating: 0, count: 6) + ByteBuilder.little(width - 1, 3) + ByteBuilder.little(height - 1, 3)
        + ByteBuilder.little(100, 3) + [0] + lossyChunk(width, height))
  }

  static func webp() -> [UInt8] { riff(lossyChunk(40, 30)) }

  static func animatedWebP(frames: Int = 3, loops: Int = 5) -> [UInt8] {
    riff(
      extendedChunk(40, 30, flags: 0x12) + riffChunk("ANIM", [0, 0, 0, 0] + ByteBuilder.little(loops, 2))
        + (0..<frames).flatMap { _ in animatedFrame(40, 30) })
  }

  static func richWebP() -> [UInt8] {
    riff(
      extendedChunk(40, 30, flags: 0x20 | 0x10 | 0x08 | 0x04) + riffChunk("ICCP", MetadataSamples.icc("Tiny"))
        + losslessChunk(40, 30, alpha: true) + riffChunk("EXIF", MetadataSamples.exif(orientation: 6))
        + riffChunk("XMP ", MetadataSamples.xmp(orientation: 6)))
  }

  // MARK: GIF

  /// - Parameter data: the code size and the sub-blocks; nothing for codes of all the pixels.
  static func gifFrame(
    _ width: Int, _ height: Int, isTransparent: Bool = false, data: [UInt8]? = nil
  ) -> [UInt8] {
    let control: [UInt8] = [0x21, 0xF9, 4, isTransparent ? 1 : 0, 10, 0, 0, 0]
    let place: [UInt8] = [0x2C, 0, 0, 0, 0] + ByteBuilder.little(width, 2) + ByteBuilder.little(height, 2) + [0]
    return control + place + (data ?? lzw(pixels: width * height))
  }

  /// The code size and the sub-blocks of so many pixels: codes of three bits, the table cleared before they grow.
  static func lzw(pixels: Int) -> [UInt8] {
    var codes: [(code: Int, width: Int)] = []
    for pixel in 0..<pixels {
      if pixel % 2 == 0 { codes.append((4, 3)) }
      codes.append((pixel / 2 % 2, 3))
    }
    return lzw(codes: codes + [(5, 3)], codeSize: 2)
  }

  /// The code size and the sub-blocks of codes with their widths in bits.
  static func lzw(codes: [(code: Int, width: Int)], codeSize: Int) -> [UInt8] {
    var (bytes, bits, held): ([UInt8], Int, Int) = ([], 0, 0)
    for (code, width) in codes {
      bits |= code << held
      held += width
      while held >= 8 {
        bytes.append(UInt8(bits & 255))
        (bits, held) = (bits >> 8, held - 8)
      }
    }
    if held > 0 { bytes.append(UInt8(bits)) }
    let blocks = stride(from: 0, to: bytes.count, by: 255).flatMap { start -> [UInt8] in
      let block = bytes[start..<min(start + 255, bytes.count)]
      return [UInt8(block.count)] + block
    }
    return [UInt8(codeSize)] + blocks + [0]
  }

  static func loop(_ repetitions: Int) -> [UInt8] {
    [0x21, 0xFF, 11] + Array("NETSCAPE2.0".utf8) + [3, 1] + ByteBuilder.little(repetitions, 2) + [0]
  }

  static func gif(
    _ width: Int = 40, _ height: Int = 30, frames: Int = 1, isTransparent: Bool = false, extensions: [UInt8] = [],
    data: [UInt8]? = nil
  ) -> [UInt8] {
    Array("GIF89a".utf8) + ByteBuilder.little(width, 2) + ByteBuilder.little(height, 2) + [0x80, 0, 0]
      + [0, 0, 0, 255, 255, 255] + extensions
      + (0..<frames).flatMap { _ in gifFrame(width, height, isTransparent: isTransparent, data: data) } + [0x3B]
  }

  // MARK: BMP

  static func bmp(_ width: Int = 5, _ height: Int = 4, bits: Int = 24) -> [UInt8] {
    let rows = (width * bits + 31) / 32 * 4 * abs(height)
    var out = ByteBuilder()
    out.add(text: "BM")
    for value in [54 + rows, 0, 54, 40, width, height] { out.little(value, 4) }
    out.little(1, 2)
    out.little(bits, 2)
    for value in [0, rows, 2835, 2835, 0, 0] { out.little(value, 4) }
    out.add([UInt8](repeating: 9, count: rows))
    return out.bytes
  }
}
