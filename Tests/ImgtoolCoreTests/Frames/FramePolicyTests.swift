// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct FramePolicyTests {
  @Test func theDefaultsAreThoseOfTheFrameRules() {
    let policy = FramePolicy()
    #expect((policy.closeRatio, policy.approximateRatio) == (0.0125, 0.030))
    #expect((policy.tierLongSide, policy.tierAreaLeast, policy.tierAreaMost) == (0.02, 0.86, 1.15))
    #expect((policy.tableTolerance, policy.grid, policy.sameAreaLeast, policy.trimMost) == (8, 8, 0.98, 0.03))
    #expect(policy.tables == SizeTable.all.map(\.name))
    let offered = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"]
    #expect(policy.offeredRatios.map(\.spelling) == offered)
  }

  @Test func anExactPolicyIsTheDefaultWithoutTables() {
    var policy = FramePolicy()
    policy.tables = []
    #expect(FramePolicy.exact == policy)
  }

  @Test func everyThresholdIsObeyed() throws {
    var policy = FramePolicy.exact
    policy.closeRatio = 0.001
    policy.tierLongSide = 0.5
    policy.tableTolerance = 0
    policy.grid = 7
    let order = try order("4:3", .k2)
    let verdict = FrameVerdict.judge(try size("1540x1141"), against: order, policy: policy)
    #expect(rules(verdict.findings) == ["ratio.approximate", "tier.longSide"])
    policy.sameAreaLeast = 0.5
    let half = FrameVerdict.judge(try size("80x60"), sameAs: try size("100x75"), policy: policy)
    #expect(rules(half.findings) == ["frame.resampled"])
  }

  @Test func policiesAreTheSameAfterJSON() throws {
    var policy = FramePolicy.exact
    policy.grid = 16
    policy.offeredRatios = [try ratio("21:9")]
    #expect(try rewritten(policy) == policy)
    #expect(try rewritten(FramePolicy()) == FramePolicy())
  }

  @Test func aGridOfNothingIsNoGrid() throws {
    var policy = FramePolicy.exact
    for grid in [0, 1, -8] {
      policy.grid = grid
      let verdict = FrameVerdict.judge(try size("2047x1535"), against: try order("4:3", .k2), policy: policy)
      #expect(!rules(verdict.findings).contains("grid.odd"))
    }
  }

  @Test func fieldsLeftOutAreTheDefaults() throws {
    #expect(try read(FramePolicy.self, "{}") == FramePolicy())
    var policy = FramePolicy()
    policy.grid = 64
    #expect(try read(FramePolicy.self, #"{"grid": 64}"#) == policy)
  }

  @Test(arguments: [
    #"{"grids": 8}"#, #"{"grid": 0}"#, #"{"grid": -1}"#, #"{"closeRatio": -0.1}"#, #"{"approximateRatio": "wide"}"#,
    #"{"tierLongSide": -1}"#, #"{"tierAreaLeast": -1}"#, #"{"tierAreaLeast": 1.2}"#, #"{"tableTolerance": -1}"#,
    #"{"sameAreaLeast": -0.5}"#, #"{"trimMost": -0.01}"#, #"{"trimMost": 1.5}"#, #"{"snapMargin": -1}"#,
    #"{"closeRatio": 0.05}"#, #"{"offeredRatios": ["0:1"]}"#, #"{"tables": ["nobody"]}"#,
  ])
  func badValuesAreRefused(json: String) {
    #expect(throws: (any Error).self) { try read(FramePolicy.self, json) }
  }
}
