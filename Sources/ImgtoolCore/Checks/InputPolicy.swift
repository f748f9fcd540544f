// SPDX-License-Identifier: Apache-2.0

/// What inputs are accepted, as data: limits, and how bad each rule is.
///
/// The JSON form has the same names as the fields, plus `schemaVersion` (1). Only `name` is required; fields left out
/// set no limit. Unknown fields and unknown rule ids are errors, so that a slip of the pen never opens a gate.
public struct InputPolicy: Sendable, Hashable {
  /// How a policy grades a rule: a severity, or silence.
  public enum Grade: String, Sendable, Hashable, Codable {
    case ignore, note, warn, fail

    var severity: Finding.Severity? { Finding.Severity(rawValue: rawValue) }
  }

  /// Which inputs go on as the bytes they are; all others are decoded and encoded again.
  public enum PassThrough: String, Sendable, Hashable, Codable, CaseIterable {
    /// Every input whose form is what the backend takes.
    case conforming
    /// Of those the ones that carry nothing beside picture and colour profile, and nothing behind their end.
    case plain
    /// None.
    case never

    var strictness: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  public var name = "permissive"
  public var summary = ""
  /// The formats accepted, told from the bytes.
  public var formats = ImageFormat.allCases
  public var maximumBytes = ByteCount(Int.max)
  /// Pixels of one frame.
  public var maximumPixels = Int.max
  /// Pixels.
  public var minimumSide = 1
  /// Pixels.
  public var maximumSide = PixelSize.sideLimit
  /// Pixels × frames × channels.
  public var maximumSamples = Int.max
  public var maximumFrames = Int.max
  public var maximumBits = 32
  /// Beyond this scale from source to target, `route.smallSource` speaks.
  public var maximumEnlargement = 4.0
  /// What one request costs, for the money that advice saves.
  public var price: Money?
  /// What may be decoded, and what decoding may take; nothing for the limits of whoever decodes.
  public var decoding: DecodeLimits?
  /// Which inputs may go on byte for byte, where their form needs no change.
  public var passThrough = PassThrough.conforming
  public var rules: [PreflightRule: Grade] = [:]

  public init() {}

  /// The severity a rule has under this policy; nothing when it is ignored.
  public func severity(_ rule: PreflightRule) -> Finding.Severity? {
    guard let grade = rules[rule] else { return rule.severity }
    return grade.severity
  }

  /// The stricter of both in every field: formats in common, the lower limits, the graver grades.
  public func merged(with other: InputPolicy) -> InputPolicy {
    var merged = self
    merged.formats = formats.filter(other.formats.contains)
    merged.maximumBytes = min(maximumBytes, other.maximumBytes)
    merged.maximumPixels = min(maximumPixels, other.maximumPixels)
    merged.minimumSide = max(minimumSide, other.minimumSide)
    merged.maximumSide = min(maximumSide, other.maximumSide)
    merged.maximumSamples = min(maximumSamples, other.maximumSamples)
    merged.maximumFrames = min(maximumFrames, other.maximumFrames)
    merged.maximumBits = min(maximumBits, other.maximumBits)
    merged.maximumEnlargement = min(maximumEnlargement, other.maximumEnlargement)
    merged.price = price ?? other.price
    merged.decoding = decoding ?? other.decoding
    merged.passThrough = passThrough.strictness < other.passThrough.strictness ? other.passThrough : passThrough
    for rule in PreflightRule.allCases {
      let (ours, theirs) = (severity(rule), other.severity(rule))
      let graver = [ours, theirs].compactMap { $0 }.max()
      merged.rules[rule] = graver.flatMap { Grade(rawValue: $0.rawValue) } ?? .ignore
    }
    return merged
  }
}
