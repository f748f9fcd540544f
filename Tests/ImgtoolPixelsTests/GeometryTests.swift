// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import ImgtoolTesting
import Testing

@Suite struct GeometryTests {
  @Test(arguments: Orientation.allCases, [1, 2, 3, 4])
  func uprightMovesEveryPixelAsExifSays(orientation: Orientation, bands: Int) async throws {
    let sample = SamplePictures.marked(size(13, 7), bands: bands)
    let turned = try await onPixels { thread in
      let picture = try sample.picture(on: thread).upright(from: orientation)
      return (picture.size, try picture.samples8(), picture.statedOrientation)
    }
    let expected = sample.turned(by: orientation)
    #expect(turned.0 == expected.size)
    #expect(turned.1 == expected.samples)
    #expect(turned.2 == 1)
  }

  @Test(arguments: Orientation.allCases)
  func uprightAlsoWorksOnAFileReadFromTopToBottom(orientation: Orientation) async throws {
    let sample = SamplePictures.marked(size(60, 300))
    let file = try await sample.encoded(EncodeOptions(format: .png))
    let turned = try await onPixels { thread in
      try Picture(opening: .bytes(file), as: .png, on: thread).upright(from: orientation).samples8()
    }
    #expect(turned == sample.turned(by: orientation).samples)
  }

  @Test(arguments: Orientation.allCases)
  func turningThenUndoingGivesTheSamePixels(orientation: Orientation) async throws {
    let sample = SamplePictures.marked(size(17, 9), bands: 4)
    let back = try await onPixels { thread in
      try sample.picture(on: thread).upright(from: orientation).upright(from: orientation.inverse).samples8()
    }
    #expect(back == sample.samples)
  }

  @Test(arguments: Orientation.allCases)
  func turningAndScalingCommute(orientation: Orientation) async throws {
    let sample = SamplePictures.scene(size(64, 48))
    let target = size(31, 23)
    let (turnedFirst, scaledFirst) = try await onPixels { thread in
      let a = try sample.picture(on: thread).upright(from: orientation).resized(to: orientation.applied(to: target))
      let b = try sample.picture(on: thread).resized(to: target).upright(from: orientation)
      return (try a.samples8(), try b.samples8())
    }
    #expect(meanDifference(turnedFirst, scaledFirst) < 1)
  }

  @Test(arguments: [(1, 1), (7, 5), (333, 2), (2, 333), (200, 150), (101, 99), (499, 1)])
  func resizedHasExactlyTheAskedSize(width: Int, height: Int) async throws {
    let sample = SamplePictures.gradient(size(100, 75))
    let result = try await onPixels { thread in try sample.picture(on: thread).resized(to: size(width, height)).size }
    #expect(result == size(width, height))
  }

  @Test func anyPairOfSizesGivesExactlyTheAskedSize() async throws {
    var noise = SampleNoise(seed: 7)
    let pairs = (0..<60).map { _ in (0..<4).map { _ in 1 + noise.next(below: 700) } }
    let wrong = try await onPixels { thread in
      try pairs.filter { pair in
        let source = SamplePictures.plain(size(pair[0], pair[1]), [9])
        return try source.picture(on: thread).resized(to: size(pair[2], pair[3])).size != size(pair[2], pair[3])
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test func resizingAPlainPictureKeepsItsColour() async throws {
    let sample = SamplePictures.plain(size(40, 30), [200, 100, 50])
    let samples = try await onPixels { thread in
      try sample.picture(on: thread).resized(to: size(97, 13)).samples8()
    }
    #expect(samples == SamplePictures.plain(size(97, 13), [200, 100, 50]).samples)
  }

  @Test func resizingKeepsSixteenBits() async throws {
    let sample = SamplePictures.plain(size(40, 30), [200, 100, 50])
    let samples = try await onPixels { thread in
      try sample.widePicture(on: thread).resized(to: size(20, 15)).samples16()
    }
    #expect(samples == SamplePictures.plain(size(20, 15), [200, 100, 50]).wideSamples)
  }

  @Test func transparentColourDoesNotBleedWhenScaled() async throws {
    // Left: opaque red. Right: transparent green, which nobody may ever see.
    let sample = SamplePicture(size(64, 16), bands: 4) { x, _ in x < 32 ? [255, 0, 0, 255] : [0, 255, 0, 0] }
    let samples = try await onPixels { thread in
      try sample.picture(on: thread).resized(to: size(21, 5)).samples8()
    }
    let greens = stride(from: 0, to: samples.count, by: 4).filter { samples[$0 + 3] > 8 }.map { samples[$0 + 1] }
    #expect(greens.allSatisfy { $0 <= 2 })
  }

  @Test func reducingUsesLanczosAndNotTheNearestPixel() async throws {
    let sample = SamplePictures.checker(size(120, 120), cell: 1, [0, 0, 0], [255, 255, 255])
    let samples = try await onPixels { thread in
      try sample.picture(on: thread).resized(to: size(40, 40)).samples8()
    }
    let inner = samples[(40 * 20 * 3 + 30)..<(40 * 20 * 3 + 60)]
    #expect(inner.allSatisfy { (100...155).contains($0) })
  }

  @Test func croppingTakesThatRectangle() async throws {
    let sample = SamplePictures.gradient(size(30, 20))
    let rect = PixelRect(x: 5, y: 7, size: size(11, 6))
    let samples = try await onPixels { thread in try sample.picture(on: thread).cropped(to: rect).samples8() }
    #expect(samples == SamplePicture(rect.size) { x, y in sample[x + 5, y + 7] }.samples)
  }

  @Test func croppingOutsideIsRefused() async throws {
    await expectKind(.fault) {
      _ = try await onPixels { thread in
        try SamplePictures.gradient(size(30, 20)).picture(on: thread)
          .cropped(to: PixelRect(x: 25, y: 0, size: size(6, 5))).size
      }
    }
  }

  @Test func aSideBeyondTheLimitIsRefused() async throws {
    await expectKind(.limit) {
      _ = try await onPixels { thread in
        try SamplePictures.gradient(size(3, 2)).picture(on: thread).resized(to: size(10_000_001, 2)).size
      }
    }
  }
}
