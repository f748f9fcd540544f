// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolProbe
import Testing

/// Headers that lie, loop or end too early: an answer or an error, never a crash, never a large allocation.
@Suite struct HostileHeaderTests {
  @Test(arguments: Sample.all)
  func everyPrefixGivesFactsOrAnInputError(sample: Sample) throws {
    let whole = try Probe.facts(of: sample.bytes)
    for length in 0..<sample.bytes.count {
      do throws(ImgtoolError) {
        let facts = try Probe.facts(of: Array(sample.bytes[0..<length]))
        #expect(facts.storedSize == whole.storedSize, "\(length) bytes")
      } catch {
        #expect(error.kind == .input, "\(length) bytes: \(error)")
      }
    }
  }

  @Test(arguments: Sample.all)
  func flippedBytesGiveFactsOrAnError(sample: Sample) {
    var generator = SeededGenerator(seed: UInt64(sample.bytes.count))
    for _ in 0..<1500 {
      var bytes = sample.bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = Bool.random(using: &generator) ? .random(in: 0...255, using: &generator) : 0xFF
      }
      do throws(ImgtoolError) {
        let facts = try Probe.facts(of: bytes)
        #expect(facts.frameCount >= 1 && facts.channels >= 1)
      } catch {
        #expect(error.kind == .input || error.kind == .unsupported)
      }
    }
  }

  @Test(arguments: [
    Sample("JPEG 0×0", .jpeg, RasterSamples.jpeg(0, 0)), Sample("PNG 0×5", .png, RasterSamples.png(0, 5)),
    Sample("PNG 2³¹×1", .png, RasterSamples.png(1 << 31, 1)), Sample("GIF 0×0", .gif, RasterSamples.gif(0, 0)),
    Sample("TIFF 0×0", .tiff, ContainerSamples.tiff(0, 0)), Sample("BMP 0×0", .bmp, RasterSamples.bmp(0, 0)),
    Sample("AVIF 0×0", .avif, ContainerSamples.heif(properties: [ContainerSamples.extent(0, 0)])),
    Sample("AVIF 2³²−1", .avif, ContainerSamples.heif(properties: [ContainerSamples.extent(0xFFFF_FFFF, 5)])),
    Sample("PNG of 3 bits", .png, RasterSamples.png(depth: 3)),
  ])
  func impossibleSizesAreInputErrors(sample: Sample) {
    #expect { try Probe.facts(of: sample.bytes) } throws: { ($0 as? ImgtoolError)?.kind == .input }
  }

  @Test func hugeSizesAreFactsAndNotAllocations() throws {
    let bomb = RasterSamples.gif(65_535, 65_535, data: RasterSamples.lzw(pixels: 1))
    #expect(bomb.count <= 44)
    #expect(try Probe.facts(of: bomb).storedSize == PixelSize(width: 65_535, height: 65_535))
    #expect(try Probe.facts(of: RasterSamples.jpeg(65_535, 65_535)).storedSize.area == 65_535 * 65_535)
  }

  @Test(arguments: [8, 8 + 8 * 6 * 3])
  func aLoopOfPagesIsBrokenOff(link: Int) throws {
    let bytes = ContainerSamples.tiff(8, 6, pages: 3, lastLink: link)
    let facts = try Probe.facts(of: bytes)
    #expect(facts.notes.map(\.rule) == [ProbeRule.pagesBroken])
    #expect(facts.frameCount >= 3)
  }

  @Test func directoriesOfEXIFThatLoopOrLeaveAreNoted() throws {
    let loop = MetadataSamples.tiff([[Field(0x0112, 3, 6)]], lastLink: 8)
    let outside = MetadataSamples.tiff([[Field(0x0112, 3, 6)]], lastLink: 100_000)
    let position = MetadataSamples.tiff([[Field(0x0112, 3, 6), Field(0x8825, 4, 0xFFFF_FFF0)]])
    let thumbnail = MetadataSamples.tiff([[Field(0x0112, 3, 6)], [Field(0x0201, 4, 20), Field(0x0202, 4, 9_999)]])
    for exif in [loop, outside, position, thumbnail] {
      let facts = try Probe.facts(of: RasterSamples.jpeg(segments: RasterSamples.exifSegment(exif)))
      #expect(facts.orientation == .right)
      #expect(facts.notes.map(\.rule) == [ProbeRule.exifMalformed])
    }
  }

  @Test func aThumbnailInsideItsEXIFIsInOrder() throws {
    let thumbnail = MetadataSamples.tiff([[Field(0x0112, 3, 6)], [Field(0x0201, 4, 8), Field(0x0202, 4, 12)]])
    let facts = try Probe.facts(of: RasterSamples.jpeg(segments: RasterSamples.exifSegment(thumbnail)))
    #expect(facts.notes.isEmpty)
  }

  @Test(arguments: [0, 9, 65_535])
  func orientationsOutsideTheRangeAreUpright(value: Int) throws {
    let exif = RasterSamples.exifSegment(MetadataSamples.exif(orientation: value))
    let facts = try Probe.facts(of: RasterSamples.jpeg(segments: exif))
    #expect(facts.orientation == .up)
    #expect(facts.notes.map(\.rule) == [ProbeRule.orientationInvalid])
    #expect(facts.notes.first?.measured == .count(value))
  }

  @Test(arguments: 1...8)
  func everyOrientationIsReadInBothByteOrders(value: Int) throws {
    for isLittle in [true, false] {
      let exif = MetadataSamples.exif(orientation: value, isLittle: isLittle)
      let jpeg = try Probe.facts(of: RasterSamples.jpeg(segments: RasterSamples.exifSegment(exif)))
      #expect(jpeg.orientation.rawValue == value)
      let png = try Probe.facts(of: RasterSamples.png(chunks: RasterSamples.chunk("eXIf", exif)))
      #expect(png.orientation.rawValue == value)
    }
  }

  @Test func aSecondBlockOfEXIFIsIgnored() throws {
    let segments = [6, 3].flatMap { RasterSamples.exifSegment(MetadataSamples.exif(orientation: $0)) }
    let facts = try Probe.facts(of: RasterSamples.jpeg(segments: segments))
    #expect(facts.orientation == .right)
    #expect(facts.notes.map(\.rule) == [ProbeRule.exifRepeated])
  }

  @Test func lengthsThatOverflowAreErrors() {
    let chunk =
      RasterSamples.pngSignature + RasterSamples.imageHeader(4, 4) + [0xFF, 0xFF, 0xFF, 0xFF] + Array("tEXt".utf8)
    let box =
      ContainerSamples.box("ftyp", Array("avif\0\0\0\0".utf8)) + ByteBuilder.big(1, 4) + Array("meta".utf8)
      + [UInt8](repeating: 0xFF, count: 8)
    let page = MetadataSamples.tiff([[Field(256, 16, Int.max), Field(257, 16, -1)]], isBig: true)
    for bytes in [chunk, box, page] {
      #expect { try Probe.facts(of: bytes) } throws: { ($0 as? ImgtoolError)?.kind == .input }
    }
  }

  @Test func boxesNestedDeeplyAreNotFollowed() {
    var inner = ContainerSamples.extent(40, 30)
    for _ in 0..<2_000 { inner = ContainerSamples.box("ipco", inner) }
    let bytes = ContainerSamples.box("ftyp", Array("avif\0\0\0\0".utf8)) + ContainerSamples.fullBox("meta", inner)
    #expect { try Probe.facts(of: bytes) } throws: { ($0 as? ImgtoolError)?.kind == .input }
  }

  @Test func garbageBetweenSegmentsIsSteppedOverToALimit() throws {
    let garbage = { (count: Int) in
      RasterSamples.jpeg(segments: RasterSamples.segment(0xFE, [1]) + [UInt8](repeating: 0, count: count))
    }
    let some = try Probe.facts(of: garbage(40))
    #expect(some.notes.map(\.rule) == [ProbeRule.headerGarbage])
    #expect(some.notes.first?.measured == .count(40))
    #expect { try Probe.facts(of: garbage(9_000)) } throws: { ($0 as? ImgtoolError)?.kind == .input }
  }

  @Test(.enabled(if: Corpus.isPresent, "the shared corpus is absent"))
  func aPictureOfTwoHundredMegapixelsInLittleIsAFact() throws {
    let facts = try Probe.facts(ofFile: Corpus.path("libvips/17000x17000.avif"))
    #expect(facts.storedSize == PixelSize(width: 17_000, height: 17_000))
    #expect(facts.notes.isEmpty)
  }
}
