// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import LocalBackend

struct SidePlanTests {
  @Test(arguments: [
    (Side.right, 1000, 750, 400), (.left, 4000, 3000, 8000), (.top, 1152, 110, 220), (.bottom, 2160, 206, 400),
    (.top, 30000, 60, 120), (.right, 24, 24, 48), (.left, 60, 20000, 1),
  ]) func theExhaustiveSearchStaysWithinItsBudget(_ side: Side, _ width: Int, _ height: Int, _ margin: Int) throws {
    let frame = PixelSize(
      clamping: side.isVertical ? width : width + margin, side.isVertical ? height + margin : height)
    let plan = try #require(
      SidePlan(
        side: side, source: PixelSize(clamping: width, height), margin: margin, frame: frame, workingArea: 250_000))
    let first = plan.search[0]
    let rows = min(first.height, 2 * plan.reach + 1)
    let work = first.margin * max(1, first.height - 7) * max(1, first.width - 7) * rows
    // Two rows are looked at in any case, whatever that costs.
    #expect(work <= 5_000_000 || plan.reach == 2)
    #expect(work <= 20_000_000)
  }

  /// Frames at 4K that are far from the shape of what is put into them, and some that are not.
  @Test(arguments: [
    ((1680, 160), (2304, 4096)), ((160, 1680), (4096, 1755)), ((2000, 200), (2048, 4096)), ((64, 64), (4096, 1755)),
    ((3000, 40), (2304, 4096)), ((60, 4000), (4096, 2304)), ((1000, 100), (1024, 4096)), ((1800, 1200), (2304, 4096)),
    ((1600, 1200), (4096, 1755)),
  ]) func noFrameTakesMoreThanTheBudget(_ source: (Int, Int), _ frame: (Int, Int)) throws {
    let (size, frame) = (PixelSize(clamping: source.0, source.1), PixelSize(clamping: frame.0, frame.1))
    let placement = Placement(of: size, in: frame, snap: FramePolicy.exact.snapMargin).rect
    let plan = GrowthPlan(
      from: placement, to: frame, vertical: placement.height < frame.height, options: Completion.Options())
    #expect(plan.work > 0)
    #expect(plan.work <= GrowthPlan.budget)
    // What is not extreme is searched as thoroughly as ever.
    let isUsual = plan.steps.count == 1 && min(source.0, source.1) >= 1000
    #expect(!isUsual || plan.steps[0].effort == 1)
  }

  @Test func levelsGrowByAtMostTwoUpToFullSize() throws {
    let plan = try #require(
      SidePlan(
        side: .right, source: PixelSize(clamping: 2195, 1646), margin: 822, frame: PixelSize(clamping: 3840, 1646),
        workingArea: 250_000))
    let scales = (plan.search + plan.fine).map(\.scale)
    #expect(zip(scales, scales.dropFirst()).allSatisfy { $1 / $0 <= 2.0001 && $1 > $0 })
    #expect(plan.full.width == 2195 && plan.full.height == 1646 && plan.full.margin == 822)
    #expect(min(plan.search[0].width, plan.search[0].height) >= 36)
  }

  @Test func whatTextureCannotCompleteHasNoPlan() {
    func plan(_ width: Int, _ height: Int, _ margin: Int) -> SidePlan? {
      SidePlan(
        side: .right, source: PixelSize(clamping: width, height), margin: margin,
        frame: PixelSize(clamping: width + margin, height), workingArea: 250_000)
    }
    #expect(plan(23, 100, 10) == nil)
    #expect(plan(100, 100, 201) == nil)
    #expect(plan(100, 100, 0) == nil)
    #expect(plan(100, 100, 200) != nil)
  }
}
