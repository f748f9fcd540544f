// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads WebP, simple and extended (RFC 9649 §2): VP8, VP8L and VP8X, metadata, and the number of frames.
enum WebPReader {
  static let headerBytes = 12
  static let chunkLimit = 1_000_000

  static func facts(through window: inout ByteWindow) throws(HeaderFault) -> ImageFacts {
    var facts = ImageFacts(
      format: .webp, storedSize: PixelSize(clamping: 1, 1), fileBytes: ByteCount(window.length))
    let declared = try window.little32(at: 4) + 8
    guard declared >= 20 else { throw .malformed("its header states a length of \(declared)") }
    let head = try window.bytes(at: headerBytes, 8)
    let type = head.big32
    let length = (head + 4).little32
    switch type {
    case fourCC("VP8 "):
      facts.coding = "vp8"
      facts.storedSize = try lossySize(at: 20, length, &window)
    case fourCC("VP8L"):
      facts.coding = "vp8l"
      (facts.storedSize, facts.hasAlpha) = try losslessHeader(at: 20, length, &window)
    case fourCC("VP8X"):
      try readExtended(length, min(declared, window.length), &window, into: &facts)
    default: throw .malformed("its first chunk is none of VP8, VP8L and VP8X")
    }
    facts.channels = facts.hasAlpha ? 4 : 3
    if declared > window.length { facts.noteTruncation(at: window.length, of: declared) }
    return facts
  }

  /// RFC 6386 §9.1: a key frame begins with a start code and two sides of 14 bits.
  static func lossySize(at body: Int, _ length: Int, _ window: inout ByteWindow) throws(HeaderFault) -> PixelSize {
    guard length >= 10 else { throw .malformed("its VP8 chunk is too short") }
    let frame = try window.bytes(at: body, 10)
    guard frame.byte(0) & 1 == 0, frame.byte(3) == 0x9D, frame.byte(4) == 0x01, frame.byte(5) == 0x2A else {
      throw .malformed("its VP8 data does not begin with a key frame")
    }
    return try PixelSize(stated: (frame + 6).little16 & 0x3FFF, (frame + 8).little16 & 0x3FFF)
  }

  /// RFC 9649 §3.4: a signature byte, two sides of 14 bits less one, whether alpha is used, a version of 0.
  static func losslessHeader(
    at body: Int, _ length: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> (PixelSize, Bool) {
    guard length >= 5 else { throw .malformed("its VP8L chunk is too short") }
    let head = try window.bytes(at: body, 5)
    let bits = (head + 1).little32
    guard head.byte(0) == 0x2F, bits >> 29 == 0 else {
      throw .malformed("its VP8L data does not begin with a signature")
    }
    return (try PixelSize(stated: (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1), bits & (1 << 28) != 0)
  }

  /// RFC 9649 §2.7: flags, canvas size, then chunks; they are walked only where a flag says there is something.
  private static func readExtended(
    _ length: Int, _ end: Int, _ window: inout ByteWindow, into facts: inout ImageFacts
  ) throws(HeaderFault) {
    guard length >= 10 else { throw .malformed("its VP8X chunk is too short") }
    let head = try window.bytes(at: 20, 10)
    let flags = head.byte(0)
    facts.coding = "vp8x"
    facts.storedSize = try PixelSize(stated: (head + 4).little24 + 1, (head + 7).little24 + 1)
    facts.hasAlpha = flags & 0x10 != 0
    let isAnimated = flags & 0x02 != 0
    facts.isInterlaced = isAnimated
    var frames = 0
    var at = 20 + length + length % 2
    for _ in 0..<chunkLimit {
      guard at <= end - 8 else { break }
      let chunk = try window.bytes(at: at, 8)
      let size = (chunk + 4).little32
      let body = at + 8
      let isWhole = size <= window.length - body
      switch chunk.big32 {
      case fourCC("VP8 ") where !isAnimated: facts.coding = "vp8"
      case fourCC("VP8L") where !isAnimated: facts.coding = "vp8l"
      case fourCC("ANIM") where isAnimated && size >= 6: facts.loopCount = try window.little16(at: body + 4)
      case fourCC("ANMF"): frames += 1
      case fourCC("ICCP") where isWhole && facts.icc == nil:
        try ICCReader.read(at: body, size, &window, into: &facts)
      case fourCC("EXIF") where isWhole: try ExifReader.read(at: body, size, &window, into: &facts)
      case fourCC("XMP ") where isWhole && facts.xmp == nil:
        try XMPReader.read(at: body, size, &window, into: &facts)
      default: break
      }
      // Nothing is of interest behind the picture of a still image without metadata.
      if frames == 0, flags & 0x0C == 0, chunk.big32 == fourCC("VP8 ") || chunk.big32 == fourCC("VP8L") { break }
      at = body + size + size % 2
    }
    if isAnimated {
      guard frames > 0 else { throw .malformed("it is an animation without a frame") }
      facts.frameCount = frames
    }
  }
}
