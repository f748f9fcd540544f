// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolProbe
import Testing

/// The damage that belongs to one format.
@Suite struct FormatStructureTests {
  private func rules(_ bytes: [UInt8]) throws -> [String] { try Structure.check(bytes).findings.map(\.rule) }

  // MARK: JPEG

  private func jpeg(interval: Int, parts: [[UInt8]], tail: [UInt8] = [0xFF, 0xD9]) -> [UInt8] {
    RasterSamples.start(40, 30) + RasterSamples.segment(0xDD, ByteBuilder.big(interval, 2))
      + parts.flatMap { RasterSamples.scan(data: $0) } + tail
  }

  @Test func restartMarkersAreCountedAndInOrder() throws {
    // 5 × 4 blocks, a marker after every ten.
    #expect(try rules(jpeg(interval: 10, parts: [[1, 0xFF, 0xD0, 2]])) == [])
    #expect(try rules(jpeg(interval: 10, parts: [[1, 0xFF, 0xD1, 2]])) == [StructureRule.restart])
    #expect(try rules(jpeg(interval: 10, parts: [[1, 2]])) == [StructureRule.restart])
    #expect(try rules(jpeg(interval: 10, parts: [[1, 0xFF, 0xD0, 2, 0xFF, 0xD1, 3]])) == [StructureRule.restart])
    #expect(try rules(jpeg(interval: 0, parts: [[1, 0xFF, 0xD0, 2]])) == [StructureRule.restart])
  }

  @Test func everyScanBeginsItsRestartsAnew() throws {
    #expect(try rules(jpeg(interval: 10, parts: [[1, 0xFF, 0xD0, 2], [3, 0xFF, 0xD0, 4]])) == [])
  }

  @Test func aThumbnailIsNotTheEnd() throws {
    let thumbnail = RasterSamples.exifSegment(MetadataSamples.exif(orientation: 1) + RasterSamples.jpeg(8, 8))
    let whole = RasterSamples.jpeg(segments: thumbnail)
    #expect(try rules(whole) == [])
    #expect(try rules(Array(whole.dropLast(2))) == [StructureRule.truncated])
  }

  @Test func anotherPictureBehindTheEndIsTrailing() throws {
    let second = RasterSamples.jpeg(16, 16)
    let report = try Structure.check(RasterSamples.jpeg(tail: second))
    #expect(report.isIntact)
    #expect(report.trailingBytes == ByteCount(second.count))
  }

  @Test(arguments: [
    ("no scan", RasterSamples.start(40, 30) + [0xFF, 0xD9]),
    ("a second start", RasterSamples.start(40, 30) + [0xFF, 0xD8]),
    ("a marker that does not exist", RasterSamples.start(40, 30) + [0xFF, 0x4F, 0, 2]),
    ("an empty scan", RasterSamples.start(40, 30) + RasterSamples.scan(data: []) + [0xFF, 0xD9]),
    ("a scan before its frame", [0xFF, 0xD8] + RasterSamples.scan(data: [1]) + [0xFF, 0xD9]),
  ])
  func brokenJPEGsAreTold(name: String, bytes: [UInt8]) throws {
    #expect(try rules(bytes) == [StructureRule.malformed], "\(name)")
  }

  @Test func garbageBetweenSegmentsIsAWarning() throws {
    let bytes = RasterSamples.jpeg(segments: RasterSamples.segment(0xFE, [1]) + [0, 0, 0])
    let findings = try Structure.check(bytes).findings
    #expect(findings.map(\.rule) == [StructureRule.garbage])
    #expect(findings.worst == .warn)
  }

  @Test(arguments: [0, 1])
  func markersOnTheEdgeOfTheWindowAreSeen(shift: Int) throws {
    // Stuffed bytes everywhere, so that whatever the edge, a pair is cut by it for one of the two shifts.
    let data = [UInt8](repeating: 1, count: shift) + (0..<400_000).flatMap { _ in [0xFF, 0x00] as [UInt8] }
    let bytes = RasterSamples.start(40, 30) + RasterSamples.scan(data: data) + [0xFF, 0xD9]
    let file = try TemporaryFile(bytes)
    let report = try Structure.check(file: file.path)
    #expect(report.findings.isEmpty)
    #expect(try report == Structure.check(bytes))
    let cut = try TemporaryFile(Array(bytes.dropLast(1)))
    #expect(try Structure.check(file: cut.path).findings.map(\.rule) == [StructureRule.truncated])
  }

  // MARK: PNG

  @Test func aChunkLongerThanTheWindowIsSummed() throws {
    var generator = SeededGenerator(seed: 9)
    let body = [0x78, 0x01] + (0..<700_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let bytes =
      RasterSamples.pngSignature + RasterSamples.imageHeader(9, 9) + RasterSamples.chunk("IDAT", body)
      + RasterSamples.chunk("IEND", [])
    let file = try TemporaryFile(bytes)
    #expect(try Structure.check(file: file.path).findings.isEmpty)
    var broken = bytes
    broken[500_000] ^= 0x10
    let other = try TemporaryFile(broken)
    #expect(try Structure.check(file: other.path).findings.map(\.rule) == [StructureRule.crc])
  }

  @Test(arguments: [4, 40, 100])
  func aRunOfEqualChunksIsSummedAtOnce(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let bodies = (0..<count).map { _ in (0..<8_192).map { _ in UInt8.random(in: 0...255, using: &generator) } }
    let bytes =
      RasterSamples.pngSignature + RasterSamples.imageHeader(9, 9)
      + RasterSamples.chunk("IDAT", [0x78, 0x01] + bodies[0]) + bodies.flatMap { RasterSamples.chunk("IDAT", $0) }
      + RasterSamples.chunk("IDAT", [1, 2, 3]) + RasterSamples.chunk("IEND", [])
    let file = try TemporaryFile(bytes)
    #expect(try Structure.check(file: file.path).findings.isEmpty)
    for _ in 0..<8 {
      var broken = bytes
      let place = Int.random(in: 50..<(bytes.count - 12), using: &generator)
      broken[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      #expect(try !Structure.check(broken).isIntact, "byte \(place)")
    }
    // The same damage in two chunks does not cancel out, and both are named.
    var twice = bytes
    let first = 8 + 25 + 12 + 8_194
    twice[first + 100] ^= 4
    twice[first + 8_204 + 100] ^= 4
    #expect(try rules(twice) == [StructureRule.crc, StructureRule.crc])
  }

  @Test func theSequenceOfAnAnimationIsChecked() throws {
    func animation(_ sequence: [Int], frames: Int) -> [UInt8] {
      RasterSamples.pngSignature + RasterSamples.imageHeader(40, 30)
        + RasterSamples.chunk("acTL", ByteBuilder.big(frames, 4) + ByteBuilder.big(0, 4))
        + RasterSamples.frameControl(sequence[0]) + RasterSamples.pixelData + RasterSamples.frameControl(sequence[1])
        + RasterSamples.chunk("fdAT", ByteBuilder.big(sequence[2], 4) + [1]) + RasterSamples.chunk("IEND", [])
    }
    #expect(try rules(animation([0, 1, 2], frames: 2)) == [])
    #expect(try rules(animation([0, 2, 1], frames: 2)) == [StructureRule.sequence])
    #expect(try rules(animation([0, 1, 2], frames: 3)) == [StructureRule.frames])
  }

  @Test(arguments: [
    ("no header", RasterSamples.pngSignature + RasterSamples.pixelData),
    ("no pixels", RasterSamples.pngSignature + RasterSamples.imageHeader(4, 4) + RasterSamples.chunk("IEND", [])),
    (
      "pixels in two places",
      RasterSamples.pngSignature + RasterSamples.imageHeader(4, 4) + RasterSamples.pixelData
        + RasterSamples.chunk("tIME", [1]) + RasterSamples.pixelData
    ),
    (
      "no zlib stream",
      RasterSamples.pngSignature + RasterSamples.imageHeader(4, 4) + RasterSamples.chunk("IDAT", [0, 0, 0])
    ),
  ])
  func brokenPNGsAreTold(name: String, bytes: [UInt8]) throws {
    #expect(try rules(bytes) == [StructureRule.malformed], "\(name)")
  }

  // MARK: The others

  @Test func aGIFWithoutItsTrailerIsAWarning() throws {
    let report = try Structure.check(Array(RasterSamples.gif(frames: 2).dropLast()))
    #expect(report.findings.map(\.rule) == [StructureRule.unterminated])
    #expect(report.findings.worst == .warn)
    #expect(report.frameCount == 2)
  }

  @Test(arguments: [1, 2, 1_199, 1_201, 1_300])
  func aFrameHasAsManyPixelsAsItsSizeOrIsBroken(pixels: Int) throws {
    let report = try Structure.check(RasterSamples.gif(data: RasterSamples.lzw(pixels: pixels)))
    #expect(report.findings.map(\.rule) == (pixels < 1_200 ? [StructureRule.codes] : []))
    #expect(report.findings.first?.measured == (pixels < 1_200 ? .count(pixels) : nil))
    // What follows the last pixel is not of the picture: 100 pixels are 150 codes of three bits.
    #expect((report.sideBytes.bytes > 0) == (pixels == 1_300))
  }

  /// Codes of growing width: every code is the string that is being made, which is one pixel longer than the last.
  @Test(arguments: [0, 1])
  func stringsAreCountedToTheFullTable(missing: Int) throws {
    let count = 4_096 - 6
    let codes = (0..<count).map { index in
      let code = index == 0 ? 0 : 5 + index
      return (code, min(12, max(3, Int.bitWidth - code.leadingZeroBitCount)))
    }
    let data = RasterSamples.lzw(codes: [(4, 3)] + codes + [(5, 12)], codeSize: 2)
    let report = try Structure.check(RasterSamples.gif(count + 1 + missing, count / 2, data: data))
    #expect(report.isIntact == (missing == 0))
    if missing == 1 { #expect(report.findings.first?.measured == .count(count * (count + 1) / 2)) }
  }

  @Test(arguments: [[(4, 3), (7, 3)], [(6, 3)], [(4, 3), (0, 3), (7, 3)], [(5, 3)], []] as [[(Int, Int)]])
  func aCodeThatNoTableHasIsBroken(codes: [(Int, Int)]) throws {
    let data = RasterSamples.lzw(codes: codes + [(0, 3), (0, 3)], codeSize: 2)
    #expect(try rules(RasterSamples.gif(data: data)) == [StructureRule.codes])
  }

  @Test(arguments: [0, 1, 11, 12, 255])
  func anyCodeSizeIsFollowedOrBroken(codeSize: Int) throws {
    var data = RasterSamples.lzw(pixels: 1_200)
    data[0] = UInt8(codeSize)
    let found = try rules(RasterSamples.gif(data: data))
    // Codes of one bit more or less stand for any number of pixels.
    #expect(found == [StructureRule.codes] || (codeSize < 2 && found == []))
  }

  @Test func aChunkLongerThanItsFrameIsBroken() throws {
    var bytes = RasterSamples.animatedWebP()
    let place = try #require(bytes.indices.first { Array(bytes[$0...].prefix(4)) == Array("VP8 ".utf8) })
    bytes[place + 5] = 1
    #expect(try rules(bytes) == [StructureRule.malformed])
  }

  @Test func stripsOutsideTheFileAreACut() throws {
    let bytes = MetadataSamples.tiff([
      [Field(256, 3, 4), Field(257, 3, 4), Field(273, 4, 8), Field(279, 4, 5_000)]
    ])
    let finding = try #require(try Structure.check(bytes).findings.first)
    #expect(finding.rule == StructureRule.truncated)
    #expect(finding.allowed == .count(5_008))
  }

  @Test func pagesInALoopAreTold() throws {
    #expect(try rules(ContainerSamples.tiff(8, 6, pages: 3, lastLink: 8 + 8 * 6 * 3)) == [StructureRule.loop])
  }

  @Test func anItemOutsideTheFileIsACut() throws {
    let bytes = ContainerSamples.avif()
    // The media data shrinks: the box is whole, and the items in it are not.
    var cut = Array(bytes.dropLast(20))
    let media = try #require(cut.indices.last { Array(cut[$0...].prefix(4)) == Array("mdat".utf8) })
    let size = ByteBuilder.big(cut.count - (media - 4), 4)
    cut.replaceSubrange((media - 4)..<media, with: size)
    #expect(try rules(cut) == [StructureRule.truncated])
  }

  @Test func aBareCodestreamOfJPEGXLIsOpaque() throws {
    #expect(try rules(ContainerSamples.jxl) == [StructureRule.opaque])
  }
}
