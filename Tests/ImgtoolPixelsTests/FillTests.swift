// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import ImgtoolTesting
import Testing

@Suite struct FillTests {
  static let fills: [Fill] = [
    .mirror, .blur, .edge, .colour(FillColour(red: 10, green: 200, blue: 90, alpha: 128)),
  ]
  /// Frame and rectangle: margins at the sides, above and below, all round, one side, larger than the picture.
  static let frames: [(PixelSize, PixelRect)] = [
    (size(120, 60), PixelRect(x: 20, y: 0, size: size(80, 60))),
    (size(80, 140), PixelRect(x: 0, y: 33, size: size(80, 60))),
    (size(111, 97), PixelRect(x: 13, y: 17, size: size(70, 53))),
    (size(100, 60), PixelRect(x: 0, y: 0, size: size(80, 60))),
    (size(400, 60), PixelRect(x: 200, y: 20, size: size(20, 15))),
  ]

  @Test(arguments: fills, frames)
  func thePlacedRegionEqualsThePlainResize(fill: Fill, frame: (PixelSize, PixelRect)) async throws {
    let (size, rect) = frame
    for bands in 1...4 {
      let sample = SamplePictures.marked(ImgtoolPixelsTests.size(64, 48), bands: bands)
      let (placed, plain, whole) = try await onPixels { thread in
        let picture = try sample.picture(on: thread)
        let placed = try picture.placed(in: size, at: rect, fill: fill)
        return (
          try placed.copiedToMemory().cropped(to: rect).samples8(), try picture.resized(to: rect.size).samples8(),
          placed.size
        )
      }
      #expect(whole == size)
      #expect(placed == plain, "\(bands) bands")
    }
  }

  @Test(arguments: fills)
  func sixteenBitsStaySixteenBits(fill: Fill) async throws {
    let (frame, rect) = Self.frames[2]
    for bands in 1...4 {
      let sample = SamplePictures.marked(size(64, 48), bands: bands)
      let (placed, plain, kinds) = try await onPixels { thread in
        let picture = try sample.widePicture(on: thread)
        let placed = try picture.placed(in: frame, at: rect, fill: fill).copiedToMemory()
        return (
          try placed.cropped(to: rect).samples16(), try picture.resized(to: rect.size).samples16(),
          [placed.interpretation, picture.interpretation]
        )
      }
      #expect(placed == plain, "\(bands) bands")
      #expect(kinds[0] == kinds[1])
    }
  }

  @Test(arguments: fills)
  func theProfileAndMetadataStay(fill: Fill) async throws {
    let (frame, rect) = Self.frames[2]
    let kept = try await onPixels { thread in
      let picture = try SamplePictures.marked(size(64, 48)).picture(on: thread)
        .setting(.icc, to: [1, 2, 3]).setting(.xmp, to: [4, 5])
      let placed = try picture.placed(in: frame, at: rect, fill: fill)
      return [placed.metadata(.icc), placed.metadata(.xmp)]
    }
    #expect(kept == [[1, 2, 3], [4, 5]])
  }

  @Test(arguments: fills)
  func aPlainPictureGivesAPlainFrame(fill: Fill) async throws {
    let (frame, rect) = Self.frames[2]
    let colour: [UInt8] = [10, 200, 90]
    let samples = try await onPixels { thread in
      try SamplePictures.plain(size(64, 48), colour).picture(on: thread)
        .placed(in: frame, at: rect, fill: fill).samples8()
    }
    #expect(meanDifference(samples, SamplePictures.plain(frame, colour).samples) < 0.01)
  }

  @Test func edgeDrawsOutTheOutermostPixels() async throws {
    let sample = SamplePictures.gradient(size(8, 6))
    let frame = size(20, 12)
    let samples = try await onPixels { thread in
      try sample.picture(on: thread).placed(in: frame, at: PixelRect(x: 5, y: 2, size: sample.size), fill: .edge)
        .samples8()
    }
    let expected = SamplePicture(frame) { x, y in sample[min(max(x - 5, 0), 7), min(max(y - 2, 0), 5)] }
    #expect(samples == expected.samples)
  }

  @Test(arguments: [1, 2, 3, 4])
  func aColourFillsTheMargins(bands: Int) async throws {
    let sample = SamplePictures.plain(size(4, 4), Array([0, 0, 0, 0].prefix(bands)))
    let colour = FillColour(red: 200, green: 100, blue: 50, alpha: 128)
    let corner = try await onPixels { thread in
      try sample.picture(on: thread)
        .placed(in: size(8, 4), at: PixelRect(x: 4, y: 0, size: size(4, 4)), fill: .colour(colour)).samples8()
        .prefix(bands)
    }
    // Rec. 601 luma of the colour: 0.299 × 200 + 0.587 × 100 + 0.114 × 50 = 124.2
    let expected: [[UInt8]] = [[124], [124, 128], [200, 100, 50], [200, 100, 50, 128]]
    #expect(Array(corner) == expected[bands - 1])
  }

  @Test func mirrorIsSharpAtTheBorderAndSoftFarFromIt() async throws {
    let sample = SamplePictures.checker(size(256, 256), cell: 4, [0, 0, 0], [255, 255, 255])
    let frame = size(768, 256)
    let samples = try await onPixels { thread in
      try sample.picture(on: thread)
        .placed(in: frame, at: PixelRect(x: 256, y: 0, size: sample.size), fill: .mirror).samples8()
    }
    func contrast(_ x: Int) -> Int {
      let column = (0..<256).map { Int(samples[($0 * 768 + x) * 3]) }
      return (column.max() ?? 0) - (column.min() ?? 0)
    }
    let mirrored = (0..<256).map { samples[($0 * 768 + 255) * 3] }
    #expect(meanDifference(mirrored, (0..<256).map { sample[0, $0][0] }) < 3)
    #expect(contrast(10) < 60)
    #expect(contrast(150) < contrast(250))
  }

  @Test(arguments: fills)
  func transparentColourDoesNotBleedIntoTheMargins(fill: Fill) async throws {
    guard fill != .edge else { return }  // draws out samples as they are
    let sample = SamplePicture(size(32, 32), bands: 4) { x, _ in x > 8 && x < 24 ? [255, 0, 0, 255] : [0, 255, 0, 0] }
    let samples = try await onPixels { thread in
      try sample.picture(on: thread)
        .placed(in: size(96, 32), at: PixelRect(x: 32, y: 0, size: sample.size), fill: .mirror).samples8()
    }
    let seen = stride(from: 0, to: samples.count, by: 4).filter { samples[$0 + 3] > 8 }
    #expect(seen.allSatisfy { samples[$0 + 1] <= 4 })
  }

  @Test(.enabled(if: Corpus.isPresent, "needs the public test pictures"), arguments: fills)
  func cmykStaysCMYK(fill: Fill) async throws {
    let file = try Corpus.bytes("sharp/Channel_digital_image_CMYK_color.jpg")
    let (meaning, same) = try await onPixels { thread in
      let picture = try Picture(opening: .bytes(file), as: .jpeg, OpenOptions(jpegShrink: 8), on: thread)
        .copiedToMemory()
      let rect = PixelRect(x: 20, y: 10, size: size(60, 40))
      let placed = try picture.placed(in: size(100, 60), at: rect, fill: fill).encoded(EncodeOptions(format: .tiff))
      let again = try Picture(opening: .bytes(placed), as: .tiff, on: thread).copiedToMemory()
      let isSame = try again.cropped(to: rect).samples8() == picture.resized(to: rect.size).samples8()
      return (again.interpretation, isSame)
    }
    #expect(meaning == .cmyk)
    #expect(same)
  }

  @Test(.enabled(if: Corpus.isPresent, "needs the public test pictures"))
  func labTakesSoftMarginsButNoColour() async throws {
    let file = try Corpus.bytes("sharp/cielab-dagams.tiff")
    func place(_ fill: Fill) async throws -> Interpretation {
      try await onPixels { thread in
        let picture = try Picture(opening: .bytes(file), as: .tiff, on: thread)
        let frame = PixelSize(clamping: picture.width + 40, picture.height)
        let rect = PixelRect(x: 20, y: 0, size: picture.size)
        return try picture.placed(in: frame, at: rect, fill: fill).copiedToMemory().interpretation
      }
    }
    #expect(try await place(.mirror) == .lab)
    await expectKind(.unsupported) { _ = try await place(.colour(.white)) }
  }

  @Test func aRectangleThatLeavesTheFrameIsRefused() async throws {
    await expectKind(.fault) {
      _ = try await onPixels { thread in
        try SamplePictures.gradient(size(8, 8)).picture(on: thread)
          .placed(in: size(20, 8), at: PixelRect(x: 13, y: 0, size: size(8, 8)), fill: .edge).size
      }
    }
  }

  @Test(arguments: [
    ("mirror", Fill.mirror), ("blur", .blur), ("edge", .edge),
    ("colour=#1e90ff", .colour(FillColour(red: 30, green: 144, blue: 255))),
    ("colour=#1e90ff80", .colour(FillColour(red: 30, green: 144, blue: 255, alpha: 128))),
  ])
  func aFillIsReadAndWrittenAsText(text: String, fill: Fill) {
    #expect(Fill(text) == fill)
    #expect(fill.description == text)
  }

  @Test(arguments: [
    ("color=1E90FF", "colour=#1e90ff"), ("color=#19f", "colour=#1199ff"), ("colour=000", "colour=#000000"),
  ])
  func otherSpellingsOfAColourAreRead(text: String, fill: String) {
    #expect(Fill(text)?.description == fill)
  }

  @Test(arguments: [
    "", "Mirror", "colour", "colour=", "colour=#12", "colour=#12345", "color=#gggggg", "color=##1234", "color=١٢٣",
  ])
  func otherTextsAreNoFill(text: String) {
    #expect(Fill(text) == nil)
  }

  @Test func onePixelInAFrameWorks() async throws {
    let samples = try await onPixels { thread in
      try SamplePictures.plain(size(1, 1), [7, 8, 9]).picture(on: thread)
        .placed(in: size(9, 5), at: PixelRect(x: 4, y: 2, size: size(1, 1)), fill: .mirror).samples8()
    }
    #expect(samples == SamplePictures.plain(size(9, 5), [7, 8, 9]).samples)
  }
}
