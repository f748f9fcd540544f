// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// What was done to a file.
public struct NormaliseOutcome: Sendable, Hashable, Codable {
  /// What was done; `copy` where a planned edit found nothing to change.
  public var plan: NormalisePlan
  /// The new file; nothing when the input's own bytes are the result.
  public var bytes: [UInt8]?
  /// The orientation the file had.
  public var orientation: Orientation
  /// The size of the upright picture.
  public var size: PixelSize
  /// Whether the decoded pixels are those of the input, moved at most.
  public var isLossless: Bool
  /// What could not be kept, and what was left out.
  public var findings: [Finding]
  /// One sentence for a person.
  public var summary: String

  init(
    _ plan: NormalisePlan, _ facts: ImageFacts, bytes: [UInt8]?, isLossless: Bool = true, quality: Int? = nil,
    findings: [Finding] = []
  ) {
    self.plan = plan
    self.bytes = bytes
    self.orientation = facts.orientation
    self.size = facts.displaySize
    self.isLossless = isLossless
    self.findings = findings
    let turn = facts.orientation == .up ? "" : "Turned from orientation \(facts.orientation.rawValue), "
    summary =
      switch plan {
      case .copy: "Already as wanted: the bytes are unchanged."
      case .editMetadata: "Metadata edited, the coded picture is unchanged."
      case .turnLosslessly: "\(turn)losslessly: the coefficients were moved."
      case .reencode(let reason) where isLossless:
        "\(turn.isEmpty ? "Encoded" : "\(turn)encoded") again without a loss, because \(reason.explanation)."
      case .reencode(let reason):
        "\(turn.isEmpty ? "Encoded" : "\(turn)encoded") again"
          + "\(quality.map { " at quality \($0)" } ?? ""), because \(reason.explanation)."
      }
  }
}
