// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How a returned size compares with the one ordered: the numbers, and the rules they meet.
public struct FrameVerdict: Sendable, Hashable, Codable {
  /// The size local work would produce for the request.
  public let target: PixelSize
  public let measured: PixelSize
  /// ρ = |ln((W/H) ÷ (a/b))|, symmetric in portrait and landscape.
  public let ratioError: Double
  /// Long side over K, less one; nothing where no tier was ordered.
  public let longSideDeviation: Double?
  /// Area over K²; nothing where no tier was ordered.
  public let areaShare: Double?
  /// The contract that held: "longSide", "area", a table's name, or nothing.
  public let contract: String?
  public let findings: [Finding]

  /// Judges a measured display size against a request.
  ///
  /// - `observed`: sizes seen before for the same back end, ratio and tier; a new one is noted.
  public static func judge(
    _ measured: PixelSize, against request: FrameRequest, policy: FramePolicy = FramePolicy(),
    observed: Set<PixelSize> = []
  ) -> FrameVerdict {
    let findings: [Finding]
    var contract: String?
    var deviations: (long: Double, area: Double)?
    let target: PixelSize
    switch request {
    case .exactly(let size):
      target = size
      findings = [exactSize(measured, size)]
      contract = measured == size ? "exact" : nil
    case .tier(let ratio, let tier):
      target = FrameRequest.longSideTarget(ratio, longSide: tier.pixels, multipleOf: 1)
      deviations = (
        Double(measured.longSide) / Double(tier.pixels) - 1,
        Double(measured.area) / Double(tier.pixels * tier.pixels)
      )
      if let row = tableRow(measured, ratio, tier, policy) {
        findings = [row.finding]
        contract = row.name
      } else {
        let tierFinding = judgeTier(measured, tier, policy)
        findings = [judgeRatio(measured, ratio, policy), tierFinding]
        contract = ["tier.longSide": "longSide", "tier.area": "area"][tierFinding.rule]
      }
    }
    return FrameVerdict(
      target: target, measured: measured, ratioError: logRatioError(measured, request.ratio),
      longSideDeviation: deviations?.long, areaShare: deviations?.area, contract: contract,
      findings: findings + remarks(measured, policy, observed))
  }

  /// Judges the size an operation returns that must not change it, such as skin-fix.
  public static func judge(
    _ measured: PixelSize, sameAs input: PixelSize, policy: FramePolicy = FramePolicy()
  ) -> FrameVerdict {
    let error = logRatioError(measured, AspectRatio(of: input))
    let share = Double(measured.area) / Double(input.area)
    let finding: Finding
    if measured == input {
      finding = Finding("frame.same", .pass, "The size is that of the input.", measured: .size(measured))
    } else if error <= policy.closeRatio, share >= policy.sameAreaLeast {
      finding = Finding(
        "frame.resampled", .warn, "The ratio is that of the input, the size is not.", measured: .size(measured),
        allowed: .size(input))
    } else {
      finding = Finding(
        "frame.changed", .fail, "The size is not that of the input.", measured: .size(measured), allowed: .size(input))
    }
    return FrameVerdict(
      target: input, measured: measured, ratioError: error, longSideDeviation: nil, areaShare: nil,
      contract: measured == input ? "same" : nil, findings: [finding])
  }

  /// ρ of a size against a ratio.
  package static func logRatioError(_ size: PixelSize, _ ratio: AspectRatio) -> Double {
    abs(log(Double(size.width) * Double(ratio.height) / (Double(size.height) * Double(ratio.width))))
  }
}

extension FrameVerdict {
  private static func exactSize(_ measured: PixelSize, _ ordered: PixelSize) -> Finding {
    measured == ordered
      ? Finding("size.exact", .pass, "The size is the one ordered.", measured: .size(measured))
      : Finding(
        "size.wrong", .fail, "The size is not the one ordered.", measured: .size(measured), allowed: .size(ordered))
  }

  private static func tableRow(
    _ measured: PixelSize, _ ratio: AspectRatio, _ tier: ResolutionTier, _ policy: FramePolicy
  ) -> (name: String, finding: Finding)? {
    for name in policy.tables {
      for size in SizeTable.named(name)?.sizes(ratio, tier) ?? []
      where abs(size.width - measured.width) <= policy.tableTolerance
        && abs(size.height - measured.height) <= policy.tableTolerance
      {
        return (
          name,
          Finding(
            "table.\(name)", .pass, "The size is the row of \(name) for \(ratio) at \(tier).",
            measured: .size(measured), allowed: .size(size))
        )
      }
    }
    return nil
  }

  private static func judgeRatio(_ measured: PixelSize, _ ratio: AspectRatio, _ policy: FramePolicy) -> Finding {
    let error = logRatioError(measured, ratio)
    func finding(_ rule: String, _ severity: Finding.Severity, _ message: String) -> Finding {
      Finding(
        rule, severity, message, measured: .text("\(measured) (ρ \(rounded(error)))"), allowed: .text(ratio.spelling))
    }
    // Sides and terms are below 2³¹: the products fit.
    if abs(measured.width * ratio.height - measured.height * ratio.width) <= max(ratio.width, ratio.height) {
      return finding("ratio.exact", .pass, "The ratio is \(ratio) to within a pixel.")
    }
    if !ratio.isSquare, error > policy.approximateRatio,
      logRatioError(measured, ratio.transposed) <= policy.approximateRatio
    {
      return finding("ratio.swapped", .fail, "Width and height are exchanged: \(ratio) was ordered.")
    }
    // A ratio outside the list is held against its tolerances alone: 16:9 is a good answer to 1.78:1.
    let nearest = policy.offeredRatios.min { logRatioError(measured, $0) < logRatioError(measured, $1) }
    if policy.offeredRatios.contains(ratio), let nearer = nearest, logRatioError(measured, nearer) < error {
      return finding("ratio.wrong", .fail, "The ratio is nearer to \(nearer) than to \(ratio).")
    }
    if error <= policy.closeRatio { return finding("ratio.close", .pass, "The ratio is close to \(ratio).") }
    if error <= policy.approximateRatio {
      return finding("ratio.approximate", .warn, "The ratio is only roughly \(ratio).")
    }
    return finding("ratio.wrong", .fail, "The ratio is not \(ratio).")
  }

  private static func judgeTier(_ measured: PixelSize, _ tier: ResolutionTier, _ policy: FramePolicy) -> Finding {
    let long = Double(measured.longSide) / Double(tier.pixels)
    let area = Double(measured.area) / Double(tier.pixels * tier.pixels)
    if abs(long - 1) <= policy.tierLongSide {
      return Finding(
        "tier.longSide", .pass, "The long side is that of \(tier).", measured: .count(measured.longSide),
        allowed: .count(tier.pixels))
    }
    if area >= policy.tierAreaLeast, area <= policy.tierAreaMost {
      return Finding(
        "tier.area", .pass, "The area is that of \(tier).", measured: .real(rounded(area)), allowed: .real(1))
    }
    // Octaves away from the tier; ±1 names its neighbours, also those beyond 1K and 4K.
    let byLongSide = Int(log2(long).rounded())
    let byArea = Int((log2(area) / 2).rounded())
    let numbers = Measure.text("long side \(measured.longSide), area \(rounded(area)) of \(tier)²")
    if byLongSide != 0, byArea != 0 {
      return Finding("tier.wrong", .fail, "The size is not that of \(tier).", measured: numbers)
    }
    return Finding(
      "tier.ambiguous", .warn, "Neither long side nor area tells clearly that this is \(tier).", measured: numbers)
  }

  private static func remarks(_ measured: PixelSize, _ policy: FramePolicy, _ observed: Set<PixelSize>) -> [Finding] {
    var remarks: [Finding] = []
    if policy.grid > 1, measured.width % policy.grid != 0 || measured.height % policy.grid != 0 {
      remarks.append(
        Finding(
          "grid.odd", .note, "A side is no multiple of \(policy.grid).", measured: .size(measured),
          allowed: .count(policy.grid)))
    }
    if !observed.isEmpty, !observed.contains(measured) {
      remarks.append(
        Finding(
          "frame.drift", .note, "This size was never returned before for the same order.", measured: .size(measured),
          allowed: .text(observed.map(\.description).sorted().joined(separator: ", "))))
    }
    return remarks
  }

  /// Four decimals, for messages.
  private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
