// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct FrameTargetTests {
  @Test(arguments: [
    ("4:3", ResolutionTier.k2, "2048x1536", "2365x1774"), ("21:9", .k4, "4096x1755", "6257x2681"),
    ("9:16", .k1, "576x1024", "768x1365"), ("1:1", .k1, "1024x1024", "1024x1024"),
    ("1:1", .k2, "2048x2048", "2048x2048"), ("1:1", .k4, "4096x4096", "4096x4096"),
  ])
  func theTargetsOfTheFrameRulesHold(text: String, tier: ResolutionTier, long: String, area: String) throws {
    #expect(try order(text, tier).target() == size(long))
    #expect(try order(text, tier).target(.longSide) == size(long))
    #expect(try order(text, tier).target(.area) == size(area))
  }

  private static let ratios =
    FramePolicy.runflowRatios
    + ["2.35:1", "1.91:1", "1000000:1", "1:1000000", "999:1000"]
    .compactMap { AspectRatio($0) }

  @Test(arguments: ratios, ResolutionTier.allCases)
  func theShortSideIsTheNearestWholeNumber(ratio: AspectRatio, tier: ResolutionTier) throws {
    let target = try FrameRequest.tier(ratio, tier).target()
    let exact = Double(tier.pixels * min(ratio.width, ratio.height)) / Double(max(ratio.width, ratio.height))
    #expect(target.longSide == tier.pixels)
    #expect(target.shortSide == max(1, Int(exact.rounded(.toNearestOrAwayFromZero))))
    #expect((target.width >= target.height) == (ratio.width >= ratio.height))
  }

  @Test(arguments: ratios, ResolutionTier.allCases)
  func theAreaTargetIsTheNearestOnEachSide(ratio: AspectRatio, tier: ResolutionTier) throws {
    let target = try FrameRequest.tier(ratio, tier).target(.area)
    let width = Double(tier.pixels) * ratio.value.squareRoot()
    #expect(abs(Double(target.width) - max(1, width)) <= 0.5 + width * 1e-9)
    #expect(abs(Double(target.height) - max(1, Double(tier.pixels) / ratio.value.squareRoot())) <= 0.500_001)
  }

  @Test(arguments: ratios, ResolutionTier.allCases)
  func portraitIsTheTransposeOfLandscape(ratio: AspectRatio, tier: ResolutionTier) throws {
    for contract in [FrameContract.longSide, .area] {
      let upright = try FrameRequest.tier(ratio, tier).target(contract, multipleOf: 8)
      let turned = try FrameRequest.tier(ratio.transposed, tier).target(contract, multipleOf: 8)
      #expect(upright == turned.transposed)
    }
  }

  @Test(arguments: ratios, [1, 2, 7, 8, 16, 64, 1000, 1024])
  func everySideIsAMultipleAndAtLeastOne(ratio: AspectRatio, multiple: Int) throws {
    for contract in [FrameContract.longSide, .area] {
      let target = try FrameRequest.tier(ratio, .k2).target(contract, multipleOf: multiple)
      #expect(target.width % multiple == 0 && target.height % multiple == 0)
      #expect(target.shortSide >= multiple)
    }
  }

  @Test(arguments: [
    ("21:9", ResolutionTier.k4, 8, "4096x1752"), ("21:9", .k4, 16, "4096x1760"), ("21:9", .k4, 64, "4096x1728"),
    ("9:16", .k1, 64, "576x1024"), ("4:3", .k2, 1000, "2000x2000"),
  ])
  func theLongSideIsRoundedFirst(text: String, tier: ResolutionTier, multiple: Int, expected: String) throws {
    #expect(try order(text, tier).target(multipleOf: multiple) == size(expected))
  }

  @Test func halvesAreRoundedUp() throws {
    // 1024 · 1 ÷ 2048 is exactly a half; 2048 · 3 ÷ 4096 is one and a half.
    #expect(try order("2048:1", .k1).target() == size("1024x1"))
    #expect(try order("4096:3", .k2).target() == size("2048x2"))
    #expect(try order("4096:5", .k2).target() == size("2048x3"))
    #expect(try FrameRequest.exactly(size("12x20")).target(multipleOf: 8) == size("16x24"))
  }

  @Test(arguments: [0, -1, 1025, Int.max, Int.min])
  func otherMultiplesAreAnErrorOfUse(multiple: Int) throws {
    let order = try order("4:3", .k2)
    #expect { try order.target(multipleOf: multiple) } throws: { ($0 as? ImgtoolError)?.kind == .usage }
  }

  @Test func aSizeOrderedIsItsOwnTargetUnderEveryContract() throws {
    let order = FrameRequest.exactly(try size("1921x1081"))
    for contract in [FrameContract.longSide, .area, .table("gemini3pro")] {
      #expect(try order.target(contract) == size("1921x1081"))
    }
    #expect(try order.target(multipleOf: 16) == size("1920x1088"))
    #expect(order.ratio.spelling == "1921:1081")
    #expect(order.description == "1921×1081")
  }

  @Test func aTableGivesItsNewestRow() throws {
    #expect(try order("16:9", .k2).target(.table("gemini3pro")) == size("2752x1536"))
    #expect(try order("9:16", .k2).target(.table("seedream")) == size("1600x2848"))
    #expect(try order("16:9", .k2).description == "16:9 at 2K")
  }

  @Test(arguments: [("seedream", "5:4"), ("gemini25flash", "16:9"), ("gemini3pro", "2.35:1"), ("nobody", "1:1")])
  func aRowThatIsMissingIsUnsupported(table: String, text: String) throws {
    let order = try order(text, .k2)
    #expect { try order.target(.table(table)) } throws: { ($0 as? ImgtoolError)?.kind == .unsupported }
  }

  @Test func contractsAreReadByName() {
    #expect(FrameContract("longSide") == .longSide)
    #expect(FrameContract("long-side") == .longSide)
    #expect(FrameContract("AREA") == .area)
    #expect(FrameContract("volume") == nil)
    #expect(FrameContract("") == nil)
    for table in SizeTable.all { #expect(FrameContract(table.name) == .table(table.name)) }
    for contract in [FrameContract.longSide, .area, .table("seedream")] {
      #expect(FrameContract(contract.description) == contract)
    }
  }

  @Test(arguments: [2, 8, 1000, 1024])
  func theLargestSizesAreRoundedDownToAMultiple(multiple: Int) throws {
    let target = try FrameRequest.exactly(PixelSize(clamping: .max, .max)).target(multipleOf: multiple)
    #expect(target.width % multiple == 0 && target.height % multiple == 0)
  }
}
