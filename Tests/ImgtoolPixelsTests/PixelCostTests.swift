// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import Testing

@Suite struct PixelCostTests {
  private let mebi = 1 << 20

  @Test func aPlainJPEGCostsItsPipelineAndItsFile() {
    let cost = PixelCost.estimate(facts: facts(.jpeg, size(8000, 6000), bytes: 10 << 20))
    #expect(cost.bytes == 68 * mebi)
  }

  @Test func turningHoldsEveryPixel() {
    let cost = PixelCost.estimate(facts: facts(.jpeg, size(8000, 6000), orientation: .right))
    #expect(cost.bytes == 48 * mebi + 8000 * 6000 * 3)
    let asked = PixelCost.estimate(facts: facts(.jpeg, size(8000, 6000)), holdsPixels: true)
    #expect(asked == cost)
  }

  @Test(arguments: [
    (ImageFormat.jpeg, true, 6), (.jpeg, false, 0), (.png, true, 3), (.png, false, 0), (.gif, false, 4),
    (.avif, false, 7), (.heif, false, 7), (.webp, false, 8),
  ])
  func codecsThatHoldTheFrameCostMore(format: ImageFormat, isInterlaced: Bool, bytes: Int) {
    var described = facts(format, size(1000, 1000))
    described.isInterlaced = isInterlaced
    #expect(PixelCost.estimate(facts: described).bytes == 48 * mebi + bytes * 1_000_000)
  }

  @Test func aResultInMemoryIsCounted() {
    let cost = PixelCost.estimate(facts: facts(.jpeg, size(10, 10)), makes: size(1000, 1000))
    #expect(cost.bytes == 48 * mebi + 4_000_000)
  }

  @Test(arguments: ImageFormat.allCases)
  func hugeHeadersDoNotOverflow(format: ImageFormat) {
    let side = PixelSize.sideLimit
    var described = facts(format, size(side, side), orientation: .left, bytes: .max)
    described.channels = .max
    described.bitsPerSample = 64
    described.isInterlaced = true
    let cost = PixelCost.estimate(facts: described, holdsPixels: true, makes: size(side, side))
    #expect(cost.bytes == .max)
  }

  @Test func aSmallerPictureNeverCostsMore() {
    var before = 0
    for side in stride(from: 1, through: 20_000, by: 371) {
      let cost = PixelCost.estimate(facts: facts(.webp, size(side, side)), holdsPixels: true).bytes
      #expect(cost >= before)
      before = cost
    }
  }
}
