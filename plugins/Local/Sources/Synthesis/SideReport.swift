// SPDX-License-Identifier: Apache-2.0

/// How a margin is filled.
package enum SideFill: String, Sendable, Hashable, Codable {
  /// From the source's texture, sharp.
  case synthesised
  /// From the source's texture, blurred more and more outwards.
  case soft
  /// Mirrored and blurred: the source is too small to cut texture from.
  case blurredMirror
}

/// What was done beyond one side, and how much a person should trust it.
package struct SideReport: Sendable, Hashable, Codable {
  package let side: Side
  /// Pixels of margin.
  package let margin: Int
  package let fill: SideFill
  /// How surely an object is cut by this side, 0…1; nothing where it was not studied.
  package let cutRisk: Double?
  /// The matching error relative to the source's own variance near the side (e); nothing on flat sources and where
  /// texture was not tried.
  package let energy: Double?
  /// The share of copied pieces that go on where a neighbour ends, 0…1; nothing where texture was not tried.
  package let coherence: Double?
  /// The mean step over the border relative to the steps beside it in the source; 1 is unnoticeable.
  package let seam: Double
  /// How far over its threshold the worst of the above is: above 1 the side is risky.
  package let risk: Double
  /// Why the side is risky; empty when it is not.
  package let reasons: [RiskReason]

  package var isRisky: Bool { !reasons.isEmpty }
}

/// What makes a completed side doubtful.
package enum RiskReason: String, Sendable, Hashable, Codable {
  /// An object is cut by the side.
  case cutObject
  /// The source has nothing that continues the side well.
  case poorMatch
  /// The border shows.
  case visibleSeam
  /// A person is cut by the upper or lower side.
  case person
  /// The margin is more than twice as wide as the source.
  case farExtension
  /// The source is too small to cut patches from.
  case tinySource
}

/// The thresholds of the risk gate.
package struct RiskGate: Sendable, Hashable {
  /// Above this cut risk a left or right side is risky: texture that fills the height cuts something too, and goes on.
  package var cutRisk = 0.65
  /// Above this cut risk an upper or lower side is risky: what leaves there stands or hangs, and has one end.
  package var verticalCutRisk = 0.35
  /// Above this energy a side is risky.
  package var energy = 1.0
  /// Above this share of copies of what stands out, 0…1, a margin is searched again.
  package var copies = 0.03
  /// The same for a margin that goes on with what its border cuts, which would show otherwise.
  package var continuedCopies = 0.04
  /// Above this seam ratio a side is risky.
  package var seam = 4.5

  package init() {}

  /// The cut risk above which a side is risky.
  func limit(_ side: Side) -> Double { side.isVertical ? verticalCutRisk : cutRisk }

  /// The score and the reasons for a side.
  func judge(
    _ side: Side, margin: Int, extent: Int, cutRisk cut: Double?, energy e: Double?, seam step: Double, hasFaces: Bool
  ) -> (
    score: Double, reasons: [RiskReason]
  ) {
    var reasons: [RiskReason] = []
    let reach = Double(margin) / Double(SidePlan.farthest * extent)
    let limit = limit(side)
    let score = max((cut ?? 0) / limit, (e ?? 0) / energy, step / seam, reach > 1 ? reach : 0)
    if let cut, cut > limit { reasons.append(hasFaces && side.isVertical ? .person : .cutObject) }
    if let e, e > energy { reasons.append(.poorMatch) }
    if step > seam { reasons.append(.visibleSeam) }
    if reach > 1 { reasons.append(.farExtension) }
    return (score, reasons)
  }
}
