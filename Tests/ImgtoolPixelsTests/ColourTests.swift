// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import ImgtoolPixels

@Suite struct ColourTests {
  @Test func anEmbeddedProfileDecidesTheColour() async throws {
    let red = SamplePictures.plain(size(4, 4), [250, 10, 10])
    let shown = try await onPixels { thread in
      try red.picture(on: thread).setting(.icc, to: TestProfile.swappedRedAndBlue).inSRGB().samples8().prefix(3)
    }
    #expect(shown[0] < 60 && shown[2] > 200)
  }

  @Test func aProfileOfSRGBChangesAlmostNothing() async throws {
    let sample = SamplePictures.gradient(size(32, 32))
    let shown = try await onPixels { thread in
      try sample.picture(on: thread).setting(.icc, to: TestProfile.plain).inSRGB().samples8()
    }
    #expect(meanDifference(shown, sample.samples) < 4)
  }

  @Test(arguments: [[1, 2, 3], [UInt8](repeating: 0, count: 200), Array(TestProfile.plain.prefix(300))] as [[UInt8]])
  func aBrokenProfileIsIgnored(profile: [UInt8]) async throws {
    let sample = SamplePictures.gradient(size(8, 8))
    let shown = try await onPixels { thread in
      try sample.picture(on: thread).setting(.icc, to: profile).inSRGB().samples8()
    }
    #expect(shown == sample.samples)
  }

  @Test(arguments: [1, 2, 3, 4])
  func eightAndSixteenBitsLookTheSame(bands: Int) async throws {
    let sample = SamplePictures.marked(size(20, 20), bands: bands)
    let (narrow, wide, bandsShown) = try await onPixels { thread in
      let wide = try sample.widePicture(on: thread).inSRGB()
      return (try sample.picture(on: thread).inSRGB().samples8(), try wide.samples8(), wide.bands)
    }
    #expect(bandsShown == (bands % 2 == 0 ? 4 : 3))
    #expect(meanDifference(narrow, wide) < 0.01)
  }

  @Test func greyBecomesThreeEqualParts() async throws {
    let shown = try await onPixels { thread in
      try SamplePictures.plain(size(2, 2), [77]).picture(on: thread).inSRGB().samples8().prefix(3)
    }
    #expect(Array(shown) == [77, 77, 77])
  }

  @Test(
    .enabled(if: Corpus.isPresent, "needs the public test pictures"),
    arguments: [
      "Channel_digital_image_CMYK_color.jpg", "Channel_digital_image_CMYK_color_no_profile.jpg",
    ])
  func cmykBecomesColoursWithAndWithoutAProfile(name: String) async throws {
    let file = try Corpus.bytes("sharp/" + name)
    let (meaning, bands, mean) = try await onPixels { thread in
      let picture = try Picture(opening: .bytes(file), as: .jpeg, OpenOptions(jpegShrink: 8), on: thread)
      let shown = try picture.inSRGB().copiedToMemory()
      return (picture.interpretation, shown.bands, try shown.statistics().map(\.mean))
    }
    #expect(meaning == .cmyk)
    #expect(bands == 3)
    #expect(mean.allSatisfy { $0 > 20 && $0 < 235 })
  }

  @Test(arguments: [(0.0, 0), (0.5, 128), (1.0, 255)])
  func flatteningShowsTheBackgroundThroughTransparency(level: Double, expected: Int) async throws {
    let clear = SamplePictures.plain(size(2, 2), [10, 200, 30, 0])
    let half = try await onPixels { thread in
      try clear.picture(on: thread).flattened(onGrey: level).samples8().prefix(3).map(Int.init)
    }
    #expect(half.allSatisfy { abs($0 - expected) <= 1 })
  }

  @Test func flatteningMixesByAlphaInSixteenBits() async throws {
    let half = SamplePictures.plain(size(2, 2), [200, 100, 0, 128])
    let mixed = try await onPixels { thread in
      try half.widePicture(on: thread).flattened(on: .white).samples16().prefix(3).map { Int($0) / 257 }
    }
    #expect(zip(mixed, [227, 177, 127]).allSatisfy { abs($0 - $1) <= 1 })
  }

  @Test func statisticsAreThoseOfEachBand() async throws {
    let sample = SamplePicture(size(2, 2)) { x, y in [UInt8(x * 10), UInt8(y * 20), 7] }
    let statistics = try await onPixels { try sample.picture(on: $0).statistics() }
    #expect(statistics.map(\.minimum) == [0, 0, 7])
    #expect(statistics.map(\.maximum) == [10, 20, 7])
    #expect(statistics.map(\.mean) == [5, 10, 7])
    // √(4 × 5² ÷ 3), with n − 1
    #expect(abs(statistics[0].deviation - 5.7735) < 0.001 && statistics[2].deviation == 0)
  }

  @Test func softeningFollowsTheNormalDistribution() async throws {
    // One bright line, softened with σ = 2: at distance d the level is 200 × e^(−d²/8) ÷ (2√(2π)).
    let sample = SamplePicture(size(41, 9), bands: 1) { x, _ in [x == 20 ? 200 : 0] }
    let levels = try await onPixels { thread in
      try sample.picture(on: thread).blurred(2).statisticsOfColumns(18...22)
    }
    let expected = [24.197, 35.207, 39.894, 35.207, 24.197]
    #expect(zip(levels, expected).allSatisfy { abs($0 - $1) < 0.6 }, "\(levels)")
  }

  @Test(arguments: [(100, 7, 15), (96, 8, 12), (5, 3, 2)])
  func blocksAreCompletedAtTheEnd(side: Int, factor: Int, expected: Int) async throws {
    let result = try await onPixels { thread in
      try SamplePictures.plain(size(side, side), [9]).picture(on: thread).shrunk(by: factor).size
    }
    #expect(result == size(expected, expected))
  }

  @Test func samplesOfTheWrongNumberAreRefused() async {
    await expectKind(.fault) {
      _ = try await onPixels {
        try Picture(samples: [UInt8](repeating: 0, count: 11), size: size(2, 2), bands: 3, on: $0).size
      }
    }
    await expectKind(.fault) {
      _ = try await onPixels {
        try Picture(samples: [UInt8](repeating: 0, count: 20), size: size(2, 2), bands: 5, on: $0).size
      }
    }
    await expectKind(.fault) {
      _ = try await onPixels { try SamplePictures.plain(size(2, 2), [1]).widePicture(on: $0).samples8() }
    }
  }
}

extension Picture {
  /// The means of single columns of a picture of one band.
  fileprivate func statisticsOfColumns(_ columns: ClosedRange<Int>) throws(ImgtoolError) -> [Double] {
    var means: [Double] = []
    for column in columns {
      let part = try cropped(to: PixelRect(x: column, y: 0, size: PixelSize(clamping: 1, height)))
      means.append(try part.statistics()[0].mean)
    }
    return means
  }
}
