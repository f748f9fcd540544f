// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import Testing

/// Ratio and size rules; the policy without tables, so that no row speaks first.
struct FrameVerdictTests {
  private func judge(_ measured: String, _ text: String, _ tier: ResolutionTier) throws -> FrameVerdict {
    FrameVerdict.judge(try size(measured), against: try order(text, tier), policy: .exact)
  }

  @Test(arguments: FramePolicy.runflowRatios, ResolutionTier.allCases)
  func theTargetItselfIsExact(ratio: AspectRatio, tier: ResolutionTier) throws {
    let order = FrameRequest.tier(ratio, tier)
    let verdict = FrameVerdict.judge(try order.target(), against: order, policy: .exact)
    #expect(rules(verdict.findings).prefix(2) == ["ratio.exact", "tier.longSide"])
    #expect(verdict.findings.worst <= .note)
    #expect(verdict.contract == "longSide")
    #expect(verdict.longSideDeviation == 0)
    #expect(verdict.target == verdict.measured)
  }

  @Test(arguments: FramePolicy.runflowRatios, ResolutionTier.allCases)
  func theAreaTargetIsExactToo(ratio: AspectRatio, tier: ResolutionTier) throws {
    let order = FrameRequest.tier(ratio, tier)
    let verdict = FrameVerdict.judge(try order.target(.area), against: order, policy: .exact)
    #expect(verdict.findings.first?.rule == "ratio.exact")
    #expect(rules(verdict.findings)[1] == (ratio.isSquare ? "tier.longSide" : "tier.area"))
    #expect(verdict.findings.worst <= .note)
  }

  // 4:3 at 2K is 2048×1536: |3W − 4H| may be 4.
  @Test(arguments: [
    ("2048x1536", "ratio.exact"), ("2048x1535", "ratio.exact"), ("2048x1537", "ratio.exact"),
    ("2048x1534", "ratio.close"), ("2048x1538", "ratio.close"),
    // ρ = ln(2048·3 ÷ 4H): 0.0125 lies between 1517 and 1516 below, 1555 and 1556 above.
    ("2048x1517", "ratio.close"), ("2048x1516", "ratio.approximate"), ("2048x1555", "ratio.close"),
    ("2048x1556", "ratio.approximate"),
    // 0.030 lies between 1491 and 1490 below, 1582 and 1583 above.
    ("2048x1491", "ratio.approximate"), ("2048x1490", "ratio.wrong"), ("2048x1582", "ratio.approximate"),
    ("2048x1583", "ratio.wrong"), ("2048x1152", "ratio.wrong"), ("2048x2048", "ratio.wrong"),
    ("1536x2048", "ratio.swapped"), ("1490x2048", "ratio.wrong"), ("1516x2048", "ratio.swapped"),
  ])
  func everyRatioRuleBeginsAtItsThreshold(measured: String, rule: String) throws {
    let verdict = try judge(measured, "4:3", .k2)
    #expect(verdict.findings.first?.rule == rule)
    let expected: Finding.Severity =
      switch rule {
      case "ratio.exact", "ratio.close": .pass
      case "ratio.approximate": .warn
      default: .fail
      }
    #expect(verdict.findings.first?.severity == expected)
    let error = abs(log(Double(verdict.measured.width * 3) / Double(verdict.measured.height * 4)))
    #expect(abs(verdict.ratioError - error) < 1e-12)
  }

  @Test(arguments: FramePolicy.runflowRatios.filter { !$0.isSquare }, ResolutionTier.allCases)
  func portraitForLandscapeIsSwappedAndFails(ratio: AspectRatio, tier: ResolutionTier) throws {
    let order = FrameRequest.tier(ratio, tier)
    let verdict = FrameVerdict.judge(try order.target().transposed, against: order, policy: .exact)
    #expect(verdict.findings.failures.map(\.rule) == ["ratio.swapped"])
  }

  @Test(arguments: FramePolicy.runflowRatios, FramePolicy.runflowRatios)
  func noOfferedRatioPassesForAnother(ordered: AspectRatio, returned: AspectRatio) throws {
    let order = FrameRequest.tier(ordered, .k4)
    let verdict = FrameVerdict.judge(try FrameRequest.tier(returned, .k4).target(), against: order, policy: .exact)
    #expect(verdict.findings.failures.isEmpty == (ordered == returned))
  }

  @Test func theLogErrorIsTheSameForPortraitAndLandscape() throws {
    var numbers = DrawnNumbers(seed: 2)
    for _ in 0..<300 {
      let ratio = try #require(AspectRatio(numbers.side(upTo: 999_999), numbers.side(upTo: 999_999)))
      let size = PixelSize(clamping: numbers.side(upTo: .max), numbers.side(upTo: .max))
      let turned = FrameVerdict.logRatioError(size.transposed, ratio.transposed)
      #expect(abs(FrameVerdict.logRatioError(size, ratio) - turned) < 1e-9)
      #expect(turned.isFinite && turned >= 0)
    }
  }

  @Test func aNearerOfferedRatioFailsWhateverTheTolerance() throws {
    var loose = FramePolicy.exact
    loose.closeRatio = 0.2
    loose.approximateRatio = 0.4
    // ρ to 4:3 is 0.044, to 5:4 0.021.
    let verdict = FrameVerdict.judge(try size("1960x1536"), against: try order("4:3", .k2), policy: loose)
    #expect(verdict.findings.first?.rule == "ratio.wrong")
    #expect(verdict.findings.first?.message.contains("5:4") == true)
  }

  @Test func aRatioThatIsNotOfferedIsHeldAgainstItsTolerancesAlone() throws {
    // 16:9 for 1.78:1 is nearer to 16:9, and still what was meant.
    #expect(try judge("2048x1152", "1.78:1", .k2).findings.first?.rule == "ratio.close")
  }

  @Test func theSizeOrderedIsExactAndAnyOtherIsWrong() throws {
    let order = FrameRequest.exactly(try size("1920x1080"))
    let same = FrameVerdict.judge(try size("1920x1080"), against: order)
    #expect(rules(same.findings) == ["size.exact"])
    #expect(same.contract == "exact")
    #expect(same.longSideDeviation == nil && same.areaShare == nil)
    for other in ["1920x1088", "1921x1080", "1080x1920", "3840x2160"] {
      let verdict = FrameVerdict.judge(try size(other), against: order)
      #expect(verdict.findings.failures.map(\.rule) == ["size.wrong"], "\(other)")
      #expect(verdict.contract == nil)
    }
  }

  @Test(arguments: [
    ("1000x800", "frame.same"), ("992x792", "frame.resampled"), ("990x792", "frame.resampled"),
    // The area may shrink to 0.98: 990×792 has 0.9801, 989×792 a little less.
    ("989x792", "frame.changed"), ("2000x1600", "frame.resampled"), ("800x1000", "frame.changed"),
    // ρ may be 0.0125: 1012×800 has 0.0119, 1013×800 0.0129.
    ("1012x800", "frame.resampled"), ("1013x800", "frame.changed"), ("500x400", "frame.changed"),
  ])
  func aSizeThatMustNotChangeMayOnlyBeResampled(measured: String, rule: String) throws {
    let verdict = FrameVerdict.judge(try size(measured), sameAs: try size("1000x800"))
    #expect(rules(verdict.findings) == [rule])
    let severities: [String: Finding.Severity] = [
      "frame.same": .pass, "frame.resampled": .warn, "frame.changed": .fail,
    ]
    #expect(verdict.findings.first?.severity == severities[rule])
    #expect(verdict.contract == (rule == "frame.same" ? "same" : nil))
  }

  @Test func extremeSizesAndRatiosAreJudgedWithoutATrap() throws {
    let limit = PixelSize.sideLimit
    let sizes = [(1, 1), (limit, limit), (limit, 1), (1, limit)].map { PixelSize(clamping: $0.0, $0.1) }
    let orders =
      try ["1:1", "1000000:1", "1:1000000", "1000000:999999"].map { FrameRequest.tier(try ratio($0), .k4) }
      + sizes.map { .exactly($0) } + sizes.map { .tier(AspectRatio(of: $0), .k1) }
    for size in sizes {
      for order in orders {
        let verdict = FrameVerdict.judge(size, against: order)
        #expect(verdict.ratioError.isFinite)
        #expect(!verdict.findings.isEmpty)
        #expect(verdict.measured == size)
        for contract in [FrameContract.longSide, .area] {
          #expect(try order.target(contract, multipleOf: 1024).shortSide >= 1)
        }
      }
      for input in sizes { #expect(!FrameVerdict.judge(size, sameAs: input).findings.isEmpty) }
    }
  }

  @Test func aVerdictIsTheSameAfterJSON() throws {
    let verdict = try judge("2048x1516", "4:3", .k2)
    #expect(try rewritten(verdict) == verdict)
  }

  @Test(arguments: [("21:9", "2048x1638", "5:4"), ("16:9", "2048x1365", "3:2"), ("1:1", "1152x2048", "9:16")])
  func aWrongRatioNamesTheNearestOffered(ordered: String, measured: String, nearest: String) throws {
    let finding = try #require(try judge(measured, ordered, .k2).findings.first)
    #expect(finding.rule == "ratio.wrong")
    #expect(finding.message.contains(" \(nearest) "), "\(finding.message)")
  }
}
