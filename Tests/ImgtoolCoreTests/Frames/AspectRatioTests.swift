// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct AspectRatioTests {
  @Test(arguments: [
    ("21:9", 7, 3), ("21/9", 7, 3), ("4:3", 4, 3), ("16:9", 16, 9), ("1:1", 1, 1), ("2.35:1", 47, 20),
    ("1.91:1", 191, 100), ("1.91", 191, 100), ("1:1.91", 100, 191), ("2.5:1.25", 2, 1), ("0.5625", 9, 16),
    ("1.0000:1", 1, 1), ("0004:0003", 4, 3), ("1.7777:1", 17777, 10000), ("0.0001:1", 1, 10000),
    ("1000000:1", 1_000_000, 1), ("1:1000000", 1, 1_000_000), ("999999999:999999999", 1, 1),
  ])
  func spellingsBecomeWholeNumbersInLowestTerms(text: String, width: Int, height: Int) throws {
    let ratio = try ratio(text)
    #expect((ratio.width, ratio.height) == (width, height))
    #expect(ratio.value == Double(width) / Double(height))
  }

  @Test(arguments: [
    "21:9", "21/9", "2.35:1", "42:18", "1.91",
  ])
  func theSpellingGoesOutAsItCameIn(text: String) throws {
    let ratio = try ratio(text)
    #expect(ratio.spelling == text)
    #expect(ratio.description == text)
    #expect(try rewritten(ratio).spelling == text)
    #expect(try rewritten(ratio) == ratio)
  }

  @Test(arguments: [
    "", ":", "/", "abc", "0:1", "1:0", "0:0", "0.0", "16:9:1", "16", "-16:9", "16:-9", "+16:9", " 16:9", "16 :9",
    "16:9 ", "16;9", "16x9", "1e3:1", "nan:1", "inf:1", "0x10:1", "1.23456:1", ".5:1", "1..5:1", "1.2.3:1", ".",
    "１６:９", "16:９", "99999999999999999999:1", "2147483648:1", "1:2147483648", "16:", ":9", "16//9", "1.-5:1",
  ])
  func otherSpellingsAreNoRatio(text: String) {
    #expect(AspectRatio(text) == nil)
  }

  @Test(arguments: [(0, 1), (1, 0), (-4, 3), (4, -3), (Int.min, Int.min), (Int.max, 1), (1, Int.max)])
  func termsOutOfRangeAreNoRatio(width: Int, height: Int) {
    #expect(AspectRatio(width, height) == nil)
  }

  @Test func hugeTermsThatReduceAreTaken() {
    #expect(AspectRatio(Int.max, Int.max) == AspectRatio(1, 1))
  }

  @Test func equalityIsOfTheNumbersAlone() throws {
    #expect(try ratio("21:9") == ratio("7:3"))
    #expect(try Set([ratio("21:9"), ratio("7/3"), ratio("2.3333:1")]).count == 2)
    #expect(try ratio("4:3") != ratio("3:4"))
  }

  @Test(arguments: ["21:9", "1:1", "9:16", "2.35:1", "1000000:999999"])
  func transposingTwiceChangesNothing(text: String) throws {
    let ratio = try ratio(text)
    #expect((ratio.transposed.width, ratio.transposed.height) == (ratio.height, ratio.width))
    #expect(ratio.transposed.transposed == ratio)
    #expect(ratio.isSquare == (ratio.transposed == ratio))
  }

  @Test func theRatioOfASizeIsInLowestTerms() throws {
    let ratio = AspectRatio(of: try size("4032x3024"))
    #expect(ratio.spelling == "4:3")
    #expect(ratio == AspectRatio(4, 3))
  }

  @Test(arguments: ["16", "null", #""0:1""#, #""wide""#])
  func onlyRatiosAreDecoded(json: String) {
    #expect(throws: (any Error).self) { try read(AspectRatio.self, json) }
  }

  @Test(arguments: ["5.:4", "2.", "4:3.", "1.:1."])
  func aDotWithoutDigitsIsNoNumber(text: String) {
    #expect(AspectRatio(text) == nil)
  }

  @Test(arguments: [
    "2147483647x2147483646", "2147483647x1", "1x2147483647", "2147483629x1000003", "8000003x6000001", "1x1",
  ])
  func theRatioOfAnySizeTransposesAndSurvivesJSON(text: String) throws {
    let size = try size(text)
    let ratio = AspectRatio(of: size)
    #expect(ratio.transposed == AspectRatio(of: size.transposed))
    #expect(try rewritten(ratio) == ratio)
    #expect(AspectRatio(ratio.width, ratio.height) == ratio)
  }

  @Test func targetsOfTheMostExtremeRatiosAreWholeAndInRange() throws {
    let limit = PixelSize.sideLimit
    for (width, height) in [(limit, 1), (1, limit), (limit, limit - 1)] {
      let ratio = try #require(AspectRatio(width, height))
      for multiple in [1, 1024] {
        let order = FrameRequest.tier(ratio, .k4)
        #expect(try order.target(.longSide, multipleOf: multiple).longSide == 4096)
        #expect(try order.target(.area, multipleOf: multiple).longSide >= 4096)
      }
    }
  }
}

struct ResolutionTierTests {
  @Test(arguments: [("1K", 1024), ("2K", 2048), ("4K", 4096), ("1k", 1024), ("2k", 2048), ("4k", 4096)])
  func aTierIsAMultipleOf1024(text: String, pixels: Int) {
    #expect(ResolutionTier(text)?.pixels == pixels)
    #expect(ResolutionTier(text)?.description == text.uppercased())
  }

  @Test(arguments: ["", "K", "3K", "8K", "2048", "2 K", "2KK", "2K ", "0K", "-1K"])
  func thereAreNoOtherTiers(text: String) {
    #expect(ResolutionTier(text) == nil)
  }
}
