// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct ConformPlanTests {
  private func plan(_ mode: ConformPlan.Mode, _ from: String, _ to: String) throws -> ConformPlan {
    try ConformPlan(mode, from: try size(from), to: try size(to), policy: FramePolicy())
  }

  @Test func aTableSizeIsScaledAndTrimmedByEightPixelsFromEachSide() throws {
    let plan = try plan(.exact, "2752x1536", "2048x1152")
    #expect(try plan.scaled == size("2064x1152"))
    #expect(try plan.rect == PixelRect(x: 8, y: 0, size: size("2048x1152")))
    #expect(abs(plan.trimmedShare - 16.0 / 2064) < 1e-12)
  }

  @Test func theTransposeIsTrimmedAboveAndBelow() throws {
    let plan = try plan(.exact, "1536x2752", "1152x2048")
    #expect(try plan.rect == PixelRect(x: 0, y: 8, size: size("1152x2048")))
  }

  // Exactly 3 % of 1000 is 30: 970 of 1000 stays.
  @Test(arguments: [("1000x500", "970x500", true), ("1001x500", "970x500", false), ("500x1001", "500x970", false)])
  func moreThanThreePerCentIsRefused(from: String, to: String, isTaken: Bool) throws {
    if isTaken {
      #expect(try plan(.exact, from, to).trimmedShare == 0.03)
    } else {
      #expect { try plan(.exact, from, to) } throws: { error in
        guard let error = error as? ImgtoolError else { return false }
        return error.kind == .postflight && error.message.contains("3.0 %")
      }
    }
  }

  @Test func conformingToTheSameSizeDoesNothing() throws {
    for mode in ConformPlan.Mode.allCases {
      let plan = try plan(mode, "2048x1152", "2048x1152")
      #expect(try plan.rect == PixelRect(x: 0, y: 0, size: size("2048x1152")))
      #expect(try plan.scaled == size("2048x1152"))
      #expect(plan.trimmedShare == 0)
    }
  }

  @Test func exactCoversAndFitLiesInside() throws {
    var numbers = DrawnNumbers(seed: 4)
    var policy = FramePolicy()
    policy.trimMost = 1
    for _ in 0..<300 {
      let from = PixelSize(clamping: numbers.side(upTo: PixelSize.sideLimit), numbers.side(upTo: 1 << 20))
      let to = PixelSize(clamping: numbers.side(upTo: 1 << 16), numbers.side(upTo: PixelSize.sideLimit))
      let exact = try ConformPlan(.exact, from: from, to: to, policy: policy)
      #expect(exact.rect.size == to && exact.rect.isInside(exact.scaled), "\(from) to \(to)")
      #expect(exact.scaled.width == to.width || exact.scaled.height == to.height, "\(from) to \(to)")
      let left = exact.rect.x
      let right = exact.scaled.width - to.width - left
      #expect((0...1).contains(right - left))
      let fit = try ConformPlan(.fit, from: from, to: to, policy: policy)
      #expect(fit.rect.size == fit.scaled && fit.rect.isInside(to), "\(from) to \(to)")
      #expect(fit.trimmedShare == 0)
    }
  }

  @Test func everyTableRowConformsToItsTarget() throws {
    for table in SizeTable.all {
      for row in table.rows {
        for size in row.sizes {
          let target = try FrameRequest.tier(row.ratio, row.tier).target()
          let error = FrameVerdict.logRatioError(size, row.ratio)
          let plan = try? ConformPlan(.exact, from: size, to: target, policy: FramePolicy())  // refused beyond 3 %
          #expect((plan != nil) == (error < 0.03), "\(table.name) \(size)")
        }
      }
    }
  }

  @Test func fitPadsWhatExactWouldRefuse() throws {
    let plan = try plan(.fit, "2048x2048", "2048x1152")
    #expect(try plan.rect == PixelRect(x: 448, y: 0, size: size("1152x1152")))
  }

  @Test func theShareAllowedIsToldWithoutBinaryDust() throws {
    var policy = FramePolicy()
    policy.trimMost = 0.07
    let error = try #require(throws: ImgtoolError.self) {
      try ConformPlan(.exact, from: try size("1000x500"), to: try size("900x500"), policy: policy)
    }
    #expect(error.message.contains("10.0 %") && error.message.contains("; 7.0 %"), "\(error.message)")
  }
}
