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

  @Test func aPartHoldsItsOwnPixels() throws {
    let marked = SamplePictures.marked(PixelSize(clamping: 13, 7))
    let small = try #require(SmallPicture(size: marked.size, samples: marked.samples))
    let part = small.cropped(PixelRect(x: 3, y: 2, size: PixelSize(clamping: 10, 5)))
    #expect(part.size == PixelSize(clamping: 10, 5))
    #expect(
      (0..<50).allSatisfy { pixel in
        let (x, y) = (pixel % 10, pixel / 10)
        return Array(part.samples[pixel * 3..<pixel * 3 + 3]) == marked[x + 3, y + 2]
      })
    #expect(small.cropped(PixelRect(x: 0, y: 0, size: small.size)) == small)
  }

  @Test(
    arguments: [
      ((4, 3), (4, 3), PixelRect(x: 2, y: 1, size: PixelSize(clamping: 5, 5))),
      ((0, 0), (0, 0), PixelRect(x: 0, y: 0, size: PixelSize(clamping: 3, 3))),
      ((2, 1), (9, 6), PixelRect(x: 0, y: 0, size: PixelSize(clamping: 10, 7))),
    ] as [((Int, Int), (Int, Int), PixelRect)])
  func aCloseUpHoldsSkinAndFeaturesWithARimInsideThePicture(
    skin: (Int, Int), feature: (Int, Int), part: PixelRect
  ) throws {
    let size = PixelSize(clamping: 10, 7)
    var planes = [[UInt8](repeating: 0, count: 70), [UInt8](repeating: 0, count: 70)]
    planes[0][skin.1 * 10 + skin.0] = 1
    planes[1][feature.1 * 10 + feature.0] = 255
    let map = try #require(
      SkinMap(
        size: size, skin: planes[0], features: planes[1], alike: [Bool](repeating: false, count: 70), faces: [part]))
    #expect(map.closeUp(rim: 2) == part)
  }

  @Test func withoutSkinThereIsNoCloseUp() throws {
    let none = [UInt8](repeating: 0, count: 4)
    let face = PixelRect(x: 0, y: 0, size: PixelSize(clamping: 2, 2))
    let map = SkinMap(
      size: face.size, skin: none, features: none, alike: [Bool](repeating: false, count: 4), faces: [face])
    #expect(try #require(map).closeUp(rim: 3) == nil)
  }
}
