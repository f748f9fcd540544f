// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

/// Tier, table, grid and drift rules of the frame verdict.
struct TierVerdictTests {
  private func judge(
    _ measured: String, _ text: String, _ tier: ResolutionTier, _ policy: FramePolicy = .exact,
    observed: Set<PixelSize> = []
  ) throws -> FrameVerdict {
    FrameVerdict.judge(try size(measured), against: try order(text, tier), policy: policy, observed: observed)
  }

  private func tierRule(_ verdict: FrameVerdict) -> String? {
    verdict.findings.first { $0.rule.hasPrefix("tier.") }?.rule
  }

  // ±2 % of 2048 is 2007.04…2088.96; 0.86…1.15 of 2048² is 3,607,101.4…4,823,449.6.
  @Test(arguments: [
    ("2008x1506", "4:3", "tier.longSide"), ("2088x1566", "4:3", "tier.longSide"),
    ("2007x1505", "4:3", "tier.ambiguous"),
    ("2089x1567", "4:3", "tier.ambiguous"), ("2194x1645", "4:3", "tier.area"), ("2193x1644", "4:3", "tier.ambiguous"),
    ("2536x1901", "4:3", "tier.area"), ("2537x1902", "4:3", "tier.ambiguous"),
    ("1024x768", "4:3", "tier.wrong"), ("4096x3072", "4:3", "tier.wrong"), ("300x225", "4:3", "tier.wrong"),
    ("16384x12288", "4:3", "tier.wrong"), ("1x1", "1:1", "tier.wrong"),
    // The long side says 4K, the area 2K.
    ("3840x1648", "21:9", "tier.ambiguous"),
  ])
  func everyTierRuleBeginsAtItsThreshold(measured: String, text: String, rule: String) throws {
    let verdict = try judge(measured, text, .k2)
    #expect(tierRule(verdict) == rule)
    let severities: [String: Finding.Severity] = ["tier.ambiguous": .warn, "tier.wrong": .fail]
    #expect(verdict.findings.first { $0.rule == rule }?.severity == severities[rule] ?? .pass)
    let contracts = ["tier.longSide": "longSide", "tier.area": "area"]
    #expect(verdict.contract == contracts[rule])
  }

  @Test(arguments: FramePolicy.runflowRatios, ResolutionTier.allCases)
  func theSizeOfAnotherTierIsWrong(ratio: AspectRatio, tier: ResolutionTier) throws {
    for other in ResolutionTier.allCases where other != tier {
      for contract in [FrameContract.longSide, .area] {
        let size = try FrameRequest.tier(ratio, other).target(contract)
        let verdict = FrameVerdict.judge(size, against: .tier(ratio, tier), policy: .exact)
        // The long-side target of a wide frame has little area, and the area target a long side.
        #expect(["tier.wrong", "tier.ambiguous"].contains(tierRule(verdict)), "\(size) for \(tier)")
        if ratio.value > 0.6, ratio.value < 1.6 { #expect(tierRule(verdict) == "tier.wrong") }
      }
    }
  }

  @Test func theNumbersAreReported() throws {
    let verdict = try judge("2752x1536", "16:9", .k2)
    #expect(try verdict.target == size("2048x1152"))
    let (deviation, share): (Double, Double) = (2752 / 2048 - 1, 2752 * 1536 / (2048 * 2048))
    #expect(verdict.longSideDeviation == deviation)
    #expect(verdict.areaShare == share)
    #expect(verdict.contract == "area")
    #expect(rules(verdict.findings) == ["ratio.close", "tier.area"])
  }

  @Test(arguments: SizeTable.all)
  func everyTableRowPassesByName(table: SizeTable) throws {
    var policy = FramePolicy()
    policy.tables = [table.name]
    for row in table.rows {
      for (ratio, turn) in [(row.ratio, false), (row.ratio.transposed, true)] {
        for size in row.sizes.map({ turn ? $0.transposed : $0 }) {
          let verdict = FrameVerdict.judge(size, against: .tier(ratio, row.tier), policy: policy)
          #expect(verdict.findings.first?.rule == "table.\(table.name)")
          #expect(verdict.findings.worst <= .note)
          #expect(verdict.contract == table.name)
        }
      }
    }
  }

  @Test(arguments: [
    ("2752x1536", true), ("2760x1544", true), ("2744x1528", true), ("2761x1536", false), ("2743x1536", false),
    ("2752x1545", false), ("2752x1527", false), ("1536x2752", false),
  ])
  func aRowMayBeMissedByEightPixelsASide(measured: String, isRow: Bool) throws {
    var policy = FramePolicy()
    policy.tables = ["gemini3pro"]
    let verdict = try judge(measured, "16:9", .k2, policy)
    #expect((verdict.contract == "gemini3pro") == isRow)
    #expect((verdict.findings.first?.rule == "table.gemini3pro") == isRow)
  }

  @Test func aRowOverridesRatioAndTier() throws {
    // Alone, 2880×2880 is no 4K and 1152×896 no 5:4 to within a hundredth.
    #expect(try judge("2880x2880", "1:1", .k4).findings.worst == .fail)
    #expect(try rules(judge("2880x2880", "1:1", .k4, FramePolicy()).findings) == ["table.gptimage2"])
    #expect(try judge("1152x896", "5:4", .k1).findings.first?.rule == "ratio.approximate")
    #expect(try rules(judge("1152x896", "5:4", .k1, FramePolicy()).findings) == ["table.gemini25flash"])
    #expect(try judge("1152x896", "4:3", .k1, FramePolicy()).findings.first?.rule == "ratio.wrong")
  }

  @Test func aTableNobodyKnowsIsNoRow() throws {
    var policy = FramePolicy()
    policy.tables = ["nobody"]
    #expect(try judge("2048x1536", "4:3", .k2, policy).contract == "longSide")
  }

  @Test(arguments: [("2048x1536", false), ("2047x1536", true), ("2048x1535", true), ("2044x1532", true)])
  func sidesOffTheGridAreANoteAndNeverMore(measured: String, isOdd: Bool) throws {
    let odd = try judge(measured, "4:3", .k2).findings.filter { $0.rule == "grid.odd" }
    #expect(odd.count == (isOdd ? 1 : 0))
    #expect(odd.allSatisfy { $0.severity == .note })
  }

  @Test func aSizeNeverSeenBeforeForAKnownOrderIsDrift() throws {
    let seen: Set = [try size("2752x1536"), try size("2848x1600")]
    func drift(_ measured: String, _ observed: Set<PixelSize>) throws -> [Finding] {
      try judge(measured, "16:9", .k2, FramePolicy(), observed: observed).findings.filter { $0.rule == "frame.drift" }
    }
    #expect(try drift("2752x1536", seen).isEmpty)
    #expect(try drift("2560x1440", []).isEmpty)
    let findings = try drift("2560x1440", seen)
    #expect(findings.map(\.severity) == [.note])
    #expect(findings.first?.allowed == .text("2752×1536, 2848×1600"))
  }
}
