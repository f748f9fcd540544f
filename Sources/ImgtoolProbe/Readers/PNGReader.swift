// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads PNG and APNG up to the first image data (PNG third edition §5, §11).
///
/// Chunks behind the image data are not looked at: finding them would cost a walk through the file, and decoders that
/// read in order do not see them either.
enum PNGReader {
  static let signatureBytes = 8
  static let chunkLimit = 20_000

  static func facts(through window: inout ByteWindow) throws(HeaderFault) -> ImageFacts {
    var header = PNGHeader(fileBytes: window.length)
    var at = signatureBytes
    for _ in 0..<chunkLimit {
      let head = try window.bytes(at: at, 8)
      let length = head.big32
      let type = (head + 4).big32
      guard length <= Int(Int32.max) else { throw .malformed("a chunk states a length of \(length)") }
      let body = at + 8
      switch type {
      case fourCC("IDAT"), fourCC("IEND"): return try header.finished()
      case fourCC("IHDR"): try header.readImageHeader(at: body, length, &window)
      case fourCC("CgBI"): header.isAppleVariant = true
      case fourCC("tRNS"): header.hasTransparency = true
      case fourCC("acTL"): try header.readAnimation(at: body, length, &window)
      case fourCC("iCCP"): try header.readProfile(at: body, length, &window)
      case fourCC("eXIf"): try header.readExif(at: body, length, &window)
      case fourCC("iTXt"): try header.readText(at: body, length, &window)
      default: if !isName(type) { throw .malformed("there is no chunk at byte \(at)") }
      }
      at = body + length + 4
    }
    throw .malformed("it has more than \(chunkLimit) chunks before its image data")
  }

  /// Whether the four bytes of a chunk type are letters (PNG third edition §5.3).
  static func isName(_ type: Int) -> Bool {
    for shift in [24, 16, 8, 0] {
      let letter = (type >> shift) & 0xDF
      guard (0x41...0x5A).contains(letter) else { return false }
    }
    return true
  }
}

/// What the chunks read so far say.
private struct PNGHeader {
  var hasTransparency = false
  var isAppleVariant = false
  private var colourType: Int?
  private var facts: ImageFacts

  init(fileBytes: Int) {
    facts = ImageFacts(
      format: .png, storedSize: PixelSize(clamping: 1, 1), coding: "deflate", fileBytes: ByteCount(fileBytes))
  }

  /// PNG third edition §11.2.1.
  mutating func readImageHeader(
    at body: Int, _ length: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    guard colourType == nil, length == 13 else { throw .malformed("its header chunk is not one of 13 bytes") }
    let header = try window.bytes(at: body, 13)
    let depth = header.byte(8)
    let type = header.byte(9)
    facts.storedSize = try PixelSize(stated: header.big32, (header + 4).big32)
    // The depths that go with each colour type, as bits of a number (PNG third edition, table 11.1).
    let depths: Int
    switch type {
    case 0: (facts.channels, facts.colourModel, depths) = (1, .grey, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16)
    case 2: (facts.channels, facts.colourModel, depths) = (3, .rgb, 1 << 8 | 1 << 16)
    case 3: (facts.channels, facts.colourModel, depths) = (1, .palette, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8)
    case 4: (facts.channels, facts.colourModel, depths) = (2, .grey, 1 << 8 | 1 << 16)
    case 6: (facts.channels, facts.colourModel, depths) = (4, .rgb, 1 << 8 | 1 << 16)
    default: depths = 0
    }
    guard depths >> depth & 1 == 1 else { throw .malformed("\(depth) bits do not go with colour type \(type)") }
    guard header.byte(10) == 0, header.byte(11) == 0, header.byte(12) <= 1 else {
      throw .malformed("its compression, filter or interlace method does not exist")
    }
    facts.bitsPerSample = depth
    facts.hasAlpha = type & 4 != 0
    facts.isInterlaced = header.byte(12) == 1
    colourType = type
  }

  /// PNG third edition §11.3.7.1: number of frames, number of plays.
  mutating func readAnimation(at body: Int, _ length: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    guard length == 8 else { throw .malformed("its animation control chunk is not one of 8 bytes") }
    let control = try window.bytes(at: body, 8)
    guard control.big32 >= 1, control.big32 <= Int(Int32.max) else {
      throw .malformed("its animation control chunk states \(control.big32) frames")
    }
    facts.frameCount = control.big32
    facts.loopCount = (control + 4).big32
  }

  /// PNG third edition §11.3.2.3: a name, then the compressed profile, which is left as it is.
  mutating func readProfile(at body: Int, _ length: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    guard facts.icc == nil else { return }
    let count = min(length, 81)
    let start = try window.bytes(at: body, count)
    let name = (0..<count).first { start.byte($0) == 0 } ?? 0
    guard name >= 1, length > name + 2 else {
      facts.note(ProbeRule.iccMalformed, "the ICC profile has no name or no data")
      return
    }
    facts.icc = ICCFacts(
      bytes: ByteRange(offset: body + name + 2, length: length - name - 2),
      description: ICCReader.text(UnsafeRawBufferPointer(start: start, count: name)))
  }

  /// PNG third edition §11.3.4.5.
  mutating func readExif(at body: Int, _ length: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    try ExifReader.read(at: body, length, &window, into: &facts)
  }

  /// An XMP packet is an uncompressed international text of a fixed keyword (ISO 16684-3 §3.1.4).
  mutating func readText(at body: Int, _ length: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    guard facts.xmp == nil, length > 22 else { return }
    let start = try window.bytes(at: body, 22)
    guard start.matches("XML:com.adobe.xmp\0"), start.byte(18) == 0 else { return }
    // A language tag and a translated keyword, both usually empty, each ended by NUL.
    let head = min(length, 256)
    let text = try window.bytes(at: body, head)
    var nuls = 0
    for index in 20..<head where text.byte(index) == 0 {
      nuls += 1
      if nuls == 2 {
        try XMPReader.read(at: body + index + 1, length - index - 1, &window, into: &facts)
        return
      }
    }
  }

  mutating func finished() throws(HeaderFault) -> ImageFacts {
    guard let colourType else { throw .malformed("its header chunk is missing") }
    if hasTransparency, colourType != 4, colourType != 6 { facts.hasAlpha = true }
    if isAppleVariant {
      facts.coding = "cgbi"
      facts.isDecodable = false
    }
    return facts
  }
}
