// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import Testing

@Suite struct MetadataContainerTests {
  private static let size = PixelSize(clamping: 48, 80)
  private static let clean = MetadataEdit(size: size, strip: .private)
  private static let bare = MetadataEdit(size: size, strip: .all)
  private static let nothing = MetadataEdit(size: size)
  private static let secrets = ExifSample.secrets(isBigEndian: true) + [Array("SECRET".utf8)]

  private static let exif = ExifSample.camera(orientation: 1, size: size, thumbnail: Array("SECRET".utf8)).block()
  private static let xmp = MetadataSamples.xmp(orientation: 1, size: size, asElements: false)

  // JPEG

  private static func jpeg() throws -> [UInt8] {
    let app13 = Array("Photoshop 3.0\0".utf8) + resource(0x0404, dataset(90, "SECRETCITY") + dataset(80, "Byline"))
    return try MetadataSamples.adding(
      [
        MetadataSamples.exifSegment(exif), MetadataSamples.xmpSegment(xmp),
        .init(marker: 0xE1, payload: JPEGSegments.Segment.extendedXMPPrefix + Array("SECRETEXTENSION".utf8)),
        .init(marker: 0xE2, payload: Array("ICC_PROFILE\0".utf8) + [1, 1, 9, 9]),
        .init(marker: 0xE2, payload: Array("MPF\0SECRETINDEX".utf8)),
        .init(marker: 0xE6, payload: Array("GoPro SECRET".utf8)),
        .init(marker: 0xED, payload: app13 + resource(0x040C, Array("SECRETTHUMB".utf8))),
        .init(marker: 0xFE, payload: Array("a comment".utf8)),
      ], to: try MetadataSamples.jpeg(48, 80)) + Array("SECRETTRAILER".utf8)
  }

  private static func resource(_ number: Int, _ data: [UInt8]) -> [UInt8] {
    Array("8BIM".utf8) + [UInt8(number >> 8), UInt8(number & 255), 0, 0, 0, 0, 0, UInt8(data.count)] + data
      + (data.count % 2 == 1 ? [0] : [])
  }

  private static func dataset(_ number: UInt8, _ text: String) -> [UInt8] {
    [0x1C, 2, number, 0, UInt8(text.utf8.count)] + Array(text.utf8)
  }

  @Test func takingAJPEGApartAndTogetherGivesTheSameBytes() throws {
    let bytes = try Self.jpeg()
    #expect(try JPEGSegments(bytes).encoded() == bytes)
    #expect(try JPEGSegments.edited(bytes, Self.nothing).bytes == bytes)
  }

  @Test func aCleanedJPEGHoldsNoPrivateByteAndTheSamePicture() throws {
    let bytes = try Self.jpeg()
    let (cleaned, findings) = try JPEGSegments.edited(bytes, Self.clean)
    for secret in Self.secrets { #expect(!cleaned.contains(run: secret)) }
    let file = try JPEGSegments(cleaned)
    #expect(
      file.segments.filter { $0.kind != .coding }.map(\.kind) == [.jfif, .exif, .xmp, .icc, .photoshop, .comment])
    #expect(cleaned.contains(run: Array("Byline".utf8)))
    #expect(Set(findings.map(\.rule)) == ["jpeg.segment.dropped", "trailing.dropped"])
    #expect(try TurboJPEG.decoded(cleaned, pixelLimit: 9999) == TurboJPEG.decoded(bytes, pixelLimit: 9999))
  }

  @Test func aBareJPEGKeepsWhatItsColoursNeed() throws {
    let bytes = try Self.jpeg()
    let cleaned = try JPEGSegments.edited(bytes, Self.bare).bytes
    #expect(try JPEGSegments(cleaned).segments.filter { $0.kind != .coding }.map(\.kind) == [.jfif, .icc])
    #expect(try TurboJPEG.decoded(cleaned, pixelLimit: 9999) == TurboJPEG.decoded(bytes, pixelLimit: 9999))
  }

  @Test func anEXIFBlockInSeveralSegmentsIsOneBlock() throws {
    var sample = ExifSample.camera(orientation: 6, size: Self.size)
    sample.image.append((0x9999, .blob(Array(repeating: 0x55, count: 90_000))))
    let block = sample.block()
    let limit = JPEGSegments.exifLimit
    let bytes = try MetadataSamples.adding(
      [MetadataSamples.exifSegment(Array(block[..<limit])), MetadataSamples.exifSegment(Array(block[limit...]))],
      to: try MetadataSamples.jpeg(48, 80))
    let edited = try JPEGSegments(try JPEGSegments.edited(bytes, Self.nothing).bytes)
    let joined = edited.segments.filter { $0.kind == .exif }.flatMap { $0.payload.dropFirst(6) }
    #expect(try ExifEditor(joined).orientation == 1)
    #expect(joined.count == block.count)
    let cleaned = try JPEGSegments.edited(bytes, Self.clean).bytes
    #expect(!cleaned.contains(run: Array(ExifSample.serial.utf8)))
  }

  @Test func aTurnedHeaderExchangesItsDensitiesAndLosesItsThumbnail() throws {
    var file = try JPEGSegments(try MetadataSamples.jpeg(48, 80))
    file.segments[0].payload = Array("JFIF\0".utf8) + [1, 2, 1, 0, 72, 0, 96, 1, 1, 1, 2, 3]
    _ = try file.apply(MetadataEdit(turn: .right, size: Self.size))
    #expect(file.segments[0].payload == Array("JFIF\0".utf8) + [1, 2, 1, 0, 96, 0, 72, 0, 0])
  }

  @Test func resourcesThatDoNotFitAreLeftOut() {
    let whole = Self.resource(0x0404, Self.dataset(80, "Byline"))
    #expect(PhotoshopResources.withoutPrivate(whole[...]) == whole)
    for length in 13..<whole.count - 1 { #expect(PhotoshopResources.withoutPrivate(whole[..<length]) == nil) }
  }

  // PNG

  private static func png() -> [UInt8] {
    let text = Array("Comment\0plain".utf8)
    let raw = Array("Raw profile type exif\0SECRET".utf8)
    let international = PNGChunks.xmpKeyword + [0, 0, 0, 0] + xmp
    return PNGChunks.signature + chunk("IHDR", [0, 0, 0, 48, 0, 0, 0, 80, 8, 2, 0, 0, 0]) + chunk("iCCP", [1, 2, 3])
      + chunk("eXIf", exif) + chunk("iTXt", international) + chunk("tEXt", text) + chunk("tEXt", raw)
      + chunk("zTXt", Array("Any\0\0SECRET".utf8)) + chunk("IDAT", [9, 9, 9]) + chunk("IEND", [])
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return big(UInt32(data.count)) + body + big(CRC32.checksum(body))
  }

  private static func big(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  @Test func theChecksumIsTheOneOfThePNGSpecification() {
    #expect(CRC32.checksum("IEND".utf8) == 0xAE42_6082)
  }

  @Test func takingAPNGApartAndTogetherGivesTheSameBytes() throws {
    let bytes = Self.png()
    #expect(try PNGChunks(bytes).encoded() == bytes)
    #expect(try PNGChunks.edited(bytes, Self.nothing).bytes == bytes)
  }

  @Test func aCleanedPNGHoldsNoPrivateByte() throws {
    let (cleaned, findings) = try PNGChunks.edited(Self.png() + Array("SECRETREST".utf8), Self.clean)
    for secret in Self.secrets { #expect(!cleaned.contains(run: secret)) }
    #expect(try PNGChunks(cleaned).chunks.map(\.type) == ["IHDR", "iCCP", "eXIf", "iTXt", "tEXt", "IDAT", "IEND"])
    #expect(Set(findings.map(\.rule)) == ["png.text.dropped", "trailing.dropped"])
    for chunk in try PNGChunks(cleaned).chunks {
      #expect(cleaned.contains(run: Self.chunk(chunk.type, Array(chunk.data))))
    }
  }

  @Test func aBarePNGKeepsItsPictureAndProfile() throws {
    let cleaned = try PNGChunks.edited(Self.png(), Self.bare).bytes
    #expect(try PNGChunks(cleaned).chunks.map(\.type) == ["IHDR", "iCCP", "IDAT", "IEND"])
  }

  @Test func anotherFileOfThePictureTakesOverTheMetadata() throws {
    let plain =
      PNGChunks.signature + Self.chunk("IHDR", [1]) + Self.chunk("tEXt", Array("Own\0x".utf8))
      + Self.chunk("IDAT", [2]) + Self.chunk("IEND", [])
    var file = try PNGChunks(plain)
    try file.adoptMetadata(of: try PNGChunks(Self.png()))
    #expect(
      try PNGChunks(try file.encoded()).chunks.map(\.type)
        == ["IHDR", "iCCP", "eXIf", "iTXt", "tEXt", "tEXt", "zTXt", "IDAT", "IEND"])
  }

  // WebP

  private static func webp(isExtended: Bool = true) -> [UInt8] {
    // A VP8L header of 48×80 with alpha: 14 bits of width − 1, 14 of height − 1, one of alpha.
    let bits = 47 | 79 << 14 | 1 << 28
    let picture = [0x2F] + (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) } + [7, 7]
    let extended: [UInt8] = [0x3C, 0, 0, 0, 47, 0, 0, 79, 0, 0]
    let chunks =
      isExtended
      ? riff("VP8X", extended) + riff("ICCP", [1, 2, 3]) + riff("VP8L", picture)
        + riff("EXIF", JPEGSegments.Segment.exifPrefix + exif) + riff("XMP ", xmp) + riff("HIDE", Array("SECRET".utf8))
      : riff("VP8L", picture)
    return Array("RIFF".utf8) + little(chunks.count + 4) + Array("WEBP".utf8) + chunks
  }

  private static func riff(_ type: String, _ data: [UInt8]) -> [UInt8] {
    Array(type.utf8) + little(data.count) + data + (data.count % 2 == 1 ? [0] : [])
  }

  private static func little(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }

  @Test func takingAWebPApartAndTogetherGivesTheSameBytes() throws {
    for bytes in [Self.webp(), Self.webp(isExtended: false)] {
      #expect(try WebPChunks(bytes).encoded() == bytes)
      #expect(try WebPChunks.edited(bytes, Self.nothing).bytes == bytes)
    }
  }

  @Test func aCleanedWebPHoldsNoPrivateByte() throws {
    let cleaned = try WebPChunks.edited(Self.webp() + Array("SECRET".utf8), Self.clean).bytes
    for secret in Self.secrets { #expect(!cleaned.contains(run: secret)) }
    let file = try WebPChunks(cleaned)
    #expect(file.chunks.map(\.type) == ["VP8X", "ICCP", "VP8L", "EXIF", "XMP "])
    #expect(file.chunks.first?.data.first == 0x3C)
  }

  @Test func aBareWebPStatesThatItIsBare() throws {
    let file = try WebPChunks(try WebPChunks.edited(Self.webp(), Self.bare).bytes)
    #expect(file.chunks.map(\.type) == ["VP8X", "ICCP", "VP8L"])
    #expect(file.chunks.first?.data.first == 0x30)
  }

  @Test func aPlainBitstreamGetsTheHeaderItsMetadataNeeds() throws {
    var file = try WebPChunks(Self.webp(isExtended: false))
    try file.adoptMetadata(of: try WebPChunks(Self.webp()))
    let result = try WebPChunks(try file.encoded())
    #expect(result.chunks.map(\.type) == ["VP8X", "VP8L", "EXIF", "XMP ", "HIDE"])
    #expect(result.chunks.first.map { Array($0.data) } == [0x1C, 0, 0, 0, 47, 0, 0, 79, 0, 0])
  }

  @Test func noPrefixAndNoDamageTraps() throws {
    var random = SeededRandom(state: 3)
    for bytes in [try Self.jpeg(), Self.png(), Self.webp()] {
      for round in 0..<600 {
        var damaged = bytes
        if round % 2 == 0 { damaged.removeLast(Int.random(in: 1...bytes.count, using: &random)) }
        for _ in 0..<2 where !damaged.isEmpty {
          damaged[Int.random(in: 0..<min(damaged.count, 1500), using: &random)] = UInt8.random(
            in: 0...255, using: &random)
        }
        // An error is in order, a trap is not.
        _ = try? JPEGSegments.edited(damaged, Self.clean)
        _ = try? PNGChunks.edited(damaged, Self.clean)
        _ = try? WebPChunks.edited(damaged, Self.clean)
      }
    }
  }
}
