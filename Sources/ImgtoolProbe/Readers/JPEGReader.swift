// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads JPEG up to its first scan (ITU-T T.81 annex B): frame header, EXIF, XMP, ICC, Adobe transform.
enum JPEGReader {
  /// Bytes between two segments that are skipped as garbage before the file is called broken.
  static let garbageLimit = 4_096
  /// Segments before the first scan, far more than any file has.
  static let segmentLimit = 20_000

  static func facts(through window: inout ByteWindow) throws(HeaderFault) -> ImageFacts {
    var header = JPEGHeader(fileBytes: window.length)
    var at = 2
    for _ in 0..<segmentLimit {
      at = try marker(from: at, &window, &header)
      let code = try window.byte(at: at + 1)
      switch code {
      case 0xD0...0xD7, 0x01:
        at += 2
        continue
      case 0xD8, 0xD9: throw .malformed("it has no frame header")
      default: break
      }
      let size = try window.big16(at: at + 2)
      guard size >= 2 else { throw .malformed("a segment states a length of \(size)") }
      let body = at + 4
      let length = size - 2
      switch code {
      case 0xDA: return try header.finished()
      case 0xC4, 0xC8, 0xCC: break
      case 0xC0...0xCF: try header.readFrame(code, at: body, length, &window)
      case 0xE1: try header.readApplication1(at: body, length, &window)
      case 0xE2: try header.readApplication2(at: body, length, &window)
      case 0xEE: try header.readAdobe(at: body, length, &window)
      default: break
      }
      at = body + length
    }
    throw .malformed("it has more than \(segmentLimit) segments before its first scan")
  }

  /// The offset of the last 0xFF of the next marker, past fill bytes and, to a limit, past garbage.
  private static func marker(
    from start: Int, _ window: inout ByteWindow, _ header: inout JPEGHeader
  ) throws(HeaderFault) -> Int {
    var at = start
    while true {
      let pair = try window.bytes(at: at, 2)
      let code = pair.byte(1)
      if pair.byte(0) == 0xFF, code != 0xFF, code != 0 { break }
      guard at - start < garbageLimit else { throw .malformed("there is no marker at byte \(start)") }
      if pair.byte(0) != 0xFF || code == 0 { header.garbage += 1 }
      at += 1
    }
    return at
  }
}

/// What the segments read so far say.
private struct JPEGHeader {
  var garbage = 0
  private var facts: ImageFacts
  private var components = 0
  private var adobeTransform: Int?
  private var iccChunks = 0
  private var iccDeclared = 0

  init(fileBytes: Int) {
    facts = ImageFacts(
      format: .jpeg, storedSize: PixelSize(clamping: 1, 1), fileBytes: ByteCount(fileBytes))
  }

  /// The frame header (T.81, B.2.2); of several ones the first counts.
  mutating func readFrame(
    _ code: Int, at body: Int, _ length: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    guard components == 0 else { return }
    guard length >= 9 else { throw .malformed("its frame header is too short") }
    let frame = try window.bytes(at: body, 6)
    facts.bitsPerSample = frame.byte(0)
    guard (2...16).contains(facts.bitsPerSample) else {
      throw .malformed("its frame header states \(facts.bitsPerSample) bits a sample")
    }
    components = frame.byte(5)
    guard components >= 1 else { throw .malformed("its frame header states no component") }
    guard components <= 10 else { throw .malformed("its frame header states \(components) components") }
    facts.storedSize = try PixelSize(stated: (frame + 3).big16, (frame + 1).big16)
    let isKnown: Bool
    switch code {
    case 0xC0: (facts.coding, isKnown) = ("baseline", true)
    case 0xC1: (facts.coding, isKnown) = ("extended", true)
    case 0xC2: (facts.coding, isKnown) = ("progressive", true)
    case 0xC3: (facts.coding, isKnown) = ("lossless", false)
    case 0xC9: (facts.coding, isKnown) = ("arithmetic", true)
    case 0xCA: (facts.coding, isKnown) = ("arithmetic-progressive", true)
    case 0xCB: (facts.coding, isKnown) = ("arithmetic-lossless", false)
    default: (facts.coding, isKnown) = ("hierarchical", false)
    }
    facts.isInterlaced = code == 0xC2 || code == 0xCA
    facts.isDecodable = isKnown && facts.bitsPerSample == 8 && components <= 4 && components != 2
  }

  /// EXIF (EXIF 2.32 §4.7.2) or XMP (ISO 16684-3 §3.1.3).
  mutating func readApplication1(
    at body: Int, _ length: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    if length >= 6, try window.bytes(at: body, 6).matches("Exif\0\0") {
      try ExifReader.read(at: body + 6, length - 6, &window, into: &facts)
    } else if length > 29, facts.xmp == nil,
      try window.bytes(at: body, 29).matches("http://ns.adobe.com/xap/1.0/\0")
    {
      try XMPReader.read(at: body + 29, length - 29, &window, into: &facts)
    }
  }

  /// ICC profile chunks (ICC.1:2022 annex B.4) or a multi-picture index (CIPA DC-007 §5).
  mutating func readApplication2(
    at body: Int, _ length: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    if length > 14 {
      let start = try window.bytes(at: body, 14)
      if start.matches("ICC_PROFILE\0") {
        let number = start.byte(12)
        iccDeclared = start.byte(13)
        iccChunks += 1
        if number == 1, facts.icc == nil {
          try ICCReader.read(at: body + 14, length - 14, &window, into: &facts)
        } else {
          facts.icc?.bytes.length += length - 14
        }
        return
      }
    }
    if length >= 4, try window.bytes(at: body, 4).matches("MPF\0") {
      facts.note(ProbeRule.picturesSecondary, "the file holds further pictures behind the first one")
    }
  }

  /// Adobe's marker (T.872 §6.5.3): how the components were transformed.
  mutating func readAdobe(at body: Int, _ length: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    guard length >= 12 else { return }
    let start = try window.bytes(at: body, 12)
    if start.matches("Adobe") { adobeTransform = start.byte(11) }
  }

  mutating func finished() throws(HeaderFault) -> ImageFacts {
    guard components > 0 else { throw .malformed("a scan begins before a frame header") }
    facts.channels = components
    switch components {
    case 1: facts.colourModel = .grey
    case 3: facts.colourModel = .rgb
    case 4: facts.colourModel = adobeTransform == 2 ? .ycck : .cmyk
    default: facts.colourModel = .other
    }
    if iccChunks != iccDeclared || (iccChunks > 0 && facts.icc == nil) {
      facts.note(
        ProbeRule.iccMalformed, "parts of the ICC profile are missing", measured: .count(iccChunks),
        allowed: .count(iccDeclared))
    }
    if garbage > 0 {
      facts.note(ProbeRule.headerGarbage, "bytes between the segments belong to none", measured: .count(garbage))
    }
    return facts
  }
}
