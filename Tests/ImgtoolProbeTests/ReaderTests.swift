// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolProbe
import Testing

/// What the readers say of files built by the book.
@Suite struct ReaderTests {
  @Test(arguments: Sample.all)
  func everySampleIsRecognisedByItsBytes(sample: Sample) throws {
    #expect(try Probe.facts(of: sample.bytes).format == sample.format)
    #expect(try Probe.facts(of: sample.bytes).fileBytes == ByteCount(sample.bytes.count))
  }

  @Test(arguments: Sample.all)
  func aFileSaysTheSameAsItsBytes(sample: Sample) throws {
    let file = try TemporaryFile(sample.bytes)
    #expect(try Probe.facts(ofFile: file.path) == Probe.facts(of: sample.bytes))
  }

  @Test(arguments: [
    (0xC0, "baseline", true), (0xC1, "extended", true), (0xC2, "progressive", true), (0xC3, "lossless", false),
    (0xC5, "hierarchical", false), (0xC9, "arithmetic", true), (0xCA, "arithmetic-progressive", true),
    (0xCB, "arithmetic-lossless", false),
  ])
  func aFrameHeaderTellsTheCoding(code: Int, coding: String, isDecodable: Bool) throws {
    let facts = try Probe.facts(of: RasterSamples.jpeg(code: code))
    #expect(facts.coding == coding)
    #expect(facts.isDecodable == isDecodable)
    #expect(facts.storedSize == PixelSize(width: 40, height: 30))
  }

  @Test func twelveBitsAreReadAndNotDecodable() throws {
    let facts = try Probe.facts(of: RasterSamples.jpeg(code: 0xC1, bits: 12))
    #expect(facts.bitsPerSample == 12)
    #expect(!facts.isDecodable)
  }

  @Test(arguments: [(0, ColourModel.cmyk), (2, .ycck)])
  func adobeTellsCMYKFromYCCK(transform: Int, model: ColourModel) throws {
    let bytes = RasterSamples.jpeg(components: 4, segments: RasterSamples.adobeSegment(transform: transform))
    #expect(try Probe.facts(of: bytes).colourModel == model)
  }

  @Test func metadataOfJPEGIsFoundWhereItIs() throws {
    let bytes = RasterSamples.jpeg(segments: Sample.richSegments)
    let facts = try Probe.facts(of: bytes)
    #expect(facts.orientation == .right)
    #expect(facts.orientationSource == .exif)
    #expect(facts.displaySize == PixelSize(width: 30, height: 40))
    #expect(facts.hasLocation)
    #expect(facts.xmpOrientation == 8)
    #expect(facts.icc?.colourSpace == "RGB")
    #expect(facts.icc?.description == "Tiny")
    let exif = try #require(facts.exif)
    #expect(Array(bytes[exif.offset..<(exif.offset + 2)]) == [0x4D, 0x4D])
    #expect(facts.icc?.bytes.length == MetadataSamples.icc("Tiny", version: 2).count)
    #expect(facts.notes.isEmpty)
  }

  @Test(arguments: [2, 4])
  func bothVersionsOfAProfileGiveTheirDescription(version: Int) throws {
    let profile = MetadataSamples.icc("Gray Gamma 2.2", space: "GRAY", version: version)
    let facts = try Probe.facts(of: RasterSamples.jpeg(segments: RasterSamples.iccSegments(profile)))
    #expect(facts.icc?.description == "Gray Gamma 2.2")
    #expect(facts.icc?.colourSpace == "GRAY")
  }

  @Test func aProfileWithoutAPartIsNoted() throws {
    let parts = RasterSamples.iccSegments(MetadataSamples.icc("Tiny"), parts: 2)
    let half = Array(parts[0..<(parts.count / 2)])
    #expect(try Probe.facts(of: RasterSamples.jpeg(segments: half)).notes.map(\.rule) == [ProbeRule.iccMalformed])
  }

  @Test func moreThanOnePictureIsNoted() throws {
    let index = RasterSamples.segment(0xE2, Array("MPF\0".utf8) + [1, 2, 3, 4])
    let facts = try Probe.facts(of: RasterSamples.jpeg(segments: index))
    #expect(facts.frameCount == 1)
    #expect(facts.notes.map(\.rule) == [ProbeRule.picturesSecondary])
  }

  @Test(arguments: [
    (0, 1, 1, ColourModel.grey, false), (2, 16, 3, .rgb, false), (3, 4, 1, .palette, false), (4, 8, 2, .grey, true),
    (6, 16, 4, .rgb, true),
  ])
  func theColourTypesOfPNGAreTold(type: Int, depth: Int, channels: Int, model: ColourModel, alpha: Bool) throws {
    let facts = try Probe.facts(of: RasterSamples.png(depth: depth, type: type, interlace: 1))
    #expect(facts.bitsPerSample == depth)
    #expect(facts.channels == channels)
    #expect(facts.colourModel == model)
    #expect(facts.hasAlpha == alpha)
    #expect(facts.isInterlaced)
  }

  @Test func metadataOfPNGIsFound() throws {
    let facts = try Probe.facts(of: RasterSamples.png(type: 3, chunks: Sample.richChunks))
    #expect(facts.icc?.description == "Tiny")
    #expect(facts.icc?.bytes.length == 3)
    #expect(facts.orientation == .left)
    #expect(facts.xmpOrientation == 8)
    #expect(facts.hasAlpha)
  }

  @Test func animationsAreCounted() throws {
    let png = try Probe.facts(of: RasterSamples.apng())
    #expect((png.frameCount, png.loopCount) == (3, 2))
    let webp = try Probe.facts(of: RasterSamples.animatedWebP(frames: 7, loops: 5))
    #expect((webp.frameCount, webp.loopCount) == (7, 5))
    // Four repetitions are five plays; for ever stays for ever; one play is what nothing says.
    let gif = try Probe.facts(of: RasterSamples.gif(frames: 9, extensions: RasterSamples.loop(4)))
    #expect((gif.frameCount, gif.loopCount) == (9, 5))
    #expect(try Probe.facts(of: RasterSamples.gif(frames: 2, extensions: RasterSamples.loop(0))).loopCount == 0)
    #expect(try Probe.facts(of: RasterSamples.gif(frames: 2)).loopCount == 1)
    #expect(try Probe.facts(of: RasterSamples.gif()).loopCount == nil)
  }

  @Test func metadataOfWebPIsFound() throws {
    let facts = try Probe.facts(of: RasterSamples.richWebP())
    #expect(facts.coding == "vp8l")
    #expect(facts.hasAlpha)
    #expect(facts.icc?.description == "Tiny")
    #expect(facts.orientation == .right)
    #expect(facts.xmpOrientation == 6)
  }

  @Test func aWebPThatStatesMoreThanThereIsIsCut() throws {
    let bytes = Array(RasterSamples.webp().dropLast(2))
    let notes = try Probe.facts(of: bytes).notes
    #expect(notes.map(\.rule) == [ProbeRule.truncated])
    #expect(notes.first?.message == "Truncated at byte \(bytes.count) of \(bytes.count + 2).")
  }

  @Test(arguments: [true, false], [true, false])
  func pagesOfTIFFAreCountedInEveryDialect(isLittle: Bool, isBig: Bool) throws {
    let orientation = Field(274, 3, 3)
    let facts = try Probe.facts(
      of: ContainerSamples.tiff(8, 6, pages: 4, isLittle: isLittle, isBig: isBig, extra: [orientation]))
    #expect(facts.frameCount == 4)
    #expect(facts.orientation == .down)
    #expect(facts.storedSize == PixelSize(width: 8, height: 6))
    #expect((facts.channels, facts.bitsPerSample) == (3, 8))
  }

  @Test func samplesOfTIFFAreTold() throws {
    let cmyk = try Probe.facts(
      of: ContainerSamples.tiff(8, 6, samples: 5, photometric: 5, extra: [Field(338, 3, 1)]))
    #expect((cmyk.colourModel, cmyk.hasAlpha, cmyk.channels) == (.cmyk, true, 5))
    let lab = try Probe.facts(of: ContainerSamples.tiff(8, 6, photometric: 8))
    #expect((lab.colourModel, lab.hasAlpha) == (.lab, false))
    let profiled = try Probe.facts(
      of: ContainerSamples.tiff(8, 6, extra: [Field(34675, bytes: MetadataSamples.icc("Tiny"))]))
    #expect(profiled.icc?.description == "Tiny")
  }

  @Test func theTurnOfAnItemCountsAndEXIFDoesNot() throws {
    let facts = try Probe.facts(of: ContainerSamples.avif())
    #expect(facts.orientation == .right)  // three quarters anticlockwise
    #expect(facts.orientationSource == .itemProperties)
    #expect(facts.displaySize == PixelSize(width: 30, height: 40))
    #expect(facts.hasAlpha)
    #expect(facts.hasLocation)
    #expect((facts.coding, facts.frameCount, facts.bitsPerSample) == ("av1", 1, 8))
    #expect(facts.icc?.description == "Tiny")
  }

  @Test(arguments: [
    ([ContainerSamples.rotation(1)], Orientation.left), ([ContainerSamples.rotation(2)], .down),
    ([ContainerSamples.mirror(0)], .downMirrored), ([ContainerSamples.mirror(1)], .upMirrored),
    ([ContainerSamples.rotation(1), ContainerSamples.mirror(1)], Orientation.left.followed(by: .upMirrored)),
    ([ContainerSamples.mirror(1), ContainerSamples.rotation(1)], Orientation.upMirrored.followed(by: .left)),
  ])
  func turnsAndMirrorsApplyInTheirOrder(properties: [[UInt8]], orientation: Orientation) throws {
    let bytes = ContainerSamples.heif(
      properties: [ContainerSamples.extent(40, 30), ContainerSamples.codec] + properties)
    #expect(try Probe.facts(of: bytes).orientation == orientation)
  }

  @Test(arguments: [(24, false), (32, false), (8, false), (1, false)])
  func bitmapsAreRead(bits: Int, alpha: Bool) throws {
    let facts = try Probe.facts(of: RasterSamples.bmp(5, -4, bits: bits))
    #expect(facts.storedSize == PixelSize(width: 5, height: 4))
    #expect(facts.hasAlpha == alpha)
    #expect(facts.colourModel == (bits <= 8 ? .palette : .rgb))
  }

  @Test func sizesOfTheNewerJPEGsAreRead() throws {
    #expect(try Probe.facts(of: ContainerSamples.jxl).storedSize == PixelSize(width: 40, height: 32))
    #expect(try Probe.facts(of: ContainerSamples.boxedJXL).storedSize == PixelSize(width: 40, height: 32))
    #expect(try Probe.facts(of: ContainerSamples.jp2).storedSize == PixelSize(width: 40, height: 30))
    #expect(try Probe.facts(of: ContainerSamples.codestream(9, 7)).storedSize == PixelSize(width: 9, height: 7))
  }

  @Test func aDrawingIsKnownAndNotReadHere() {
    let text = Array("<?xml version='1.0'?>\n<!-- a -->\n<svg xmlns='http://www.w3.org/2000/svg'/>".utf8)
    #expect(text.withUnsafeBytes { Sniffer.format(of: $0) } == .svg)
    #expect { try Probe.facts(of: text) } throws: { ($0 as? ImgtoolError)?.kind == .unsupported }
  }
}
