// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import ImgtoolPixels

@Suite struct SmallPictureTests {
  @Test(arguments: Orientation.allCases)
  func storedSamplesAreTurnedAsDisplayTurnsThem(_ orientation: Orientation) throws {
    let stored = SamplePictures.marked(PixelSize(clamping: 13, 7))
    let small = try #require(
      SmallPicture(stored: stored.samples, size: stored.size, bands: 3, turnedBy: orientation))
    let turned = stored.turned(by: orientation)
    #expect(small.size == turned.size)
    #expect(small.samples == turned.samples)
  }

  @Test func greyCountsForAllThreeParts() throws {
    let size = PixelSize(clamping: 2, 1)
    let small = try #require(SmallPicture(stored: [10, 200], size: size, bands: 1, turnedBy: .upMirrored))
    #expect(small.samples == [200, 200, 200, 10, 10, 10])
  }

  @Test func samplesThatDoNotFitMakeNoPicture() {
    let size = PixelSize(clamping: 2, 2)
    #expect(SmallPicture(stored: [1, 2, 3], size: size, bands: 1, turnedBy: .up) == nil)
    #expect(SmallPicture(stored: [UInt8](repeating: 0, count: 16), size: size, bands: 4, turnedBy: .up) == nil)
  }
}
