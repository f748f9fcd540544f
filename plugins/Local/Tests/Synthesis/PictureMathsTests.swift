// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import LocalBackend

struct PictureMathsTests {
  @Test(arguments: [(17, 13, 5, 4), (40, 30, 39, 29), (8, 8, 1, 1), (9, 5, 9, 5), (4, 4, 9, 9)])
  func reducingKeepsAFlatPictureFlat(_ width: Int, _ height: Int, _ toWidth: Int, _ toHeight: Int) {
    let reduced = Drawn.flat(width, height).reduced(to: PixelSize(clamping: toWidth, toHeight))
    #expect(reduced.size == PixelSize(clamping: min(width, toWidth), min(height, toHeight)))
    #expect(reduced == Drawn.flat(reduced.width, reduced.height))
  }

  @Test func reducingKeepsTheMean() {
    let picture = Drawn.scene(64, 48)
    let reduced = picture.reduced(to: PixelSize(clamping: 13, 7))
    func mean(_ raster: Raster<UInt8>) -> Double {
      Double(raster.samples.reduce(0) { $0 + Int($1) }) / Double(raster.samples.count)
    }
    #expect(abs(mean(picture) - mean(reduced)) < 0.6)
  }

  @Test(arguments: Side.allCases) func aViewCoversEveryPixelOnce(_ side: Side) {
    let placement = PixelRect(x: 3, y: 2, size: PixelSize(clamping: 5, 4))
    let view = SideView(side, of: placement, rowLength: 20)
    var seen = Set<Int>()
    for y in 0..<view.height { for x in 0..<view.width { seen.insert(view.index(x, y)) } }
    let inside = Set((2..<6).flatMap { row in (3..<8).map { row * 20 + $0 } })
    #expect(seen == inside)
    let next = view.index(view.width, 0)
    #expect(!inside.contains(next))
  }

  @Test(arguments: (0...17).map { $0 * 15 }) func labAndBackIsTheSameColour(_ level: Int) {
    for other in stride(from: 0, through: 255, by: 51) {
      let colour = SIMD3(UInt8(level), UInt8(other), UInt8((level + other) / 2))
      let back = LabToRGB.shared.levels(Lab.shared(colour.x, colour.y, colour.z))
      for band in 0..<3 { #expect(abs(back[band] - Float(colour[band])) <= 1) }
    }
  }

  @Test func everyPixelHearsAnAnchorNearIt() {
    for pixels in [1, 3, 8, 9, 31] {
      let centres = stride(from: 4, through: max(4, pixels), by: 4).map { min($0, max(4, pixels - 4)) }
      let axis = AnchorAxis(centres: centres, pixels: pixels)
      for pixel in 0..<pixels {
        #expect(axis.count[pixel] >= 1)
        #expect(axis.first[pixel] + axis.count[pixel] <= centres.count)
        #expect(axis.weights[pixel * 8] > 0)
      }
      #expect(axis.cells(centres.count).reduce(0) { $0 + $1.count } == pixels)
    }
  }

  @Test func aRasterOfTheWrongLengthIsRefused() {
    #expect(throws: ImgtoolError.self) {
      try Raster<UInt8>(size: PixelSize(clamping: 2, 2), bands: 3, samples: [1, 2, 3])
    }
  }
}
