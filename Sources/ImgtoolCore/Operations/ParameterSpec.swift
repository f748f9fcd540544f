// SPDX-License-Identifier: Apache-2.0

/// One parameter of an operation: drives `--help`, validation and a server's 422 answers.
public struct ParameterSpec: Sendable, Hashable {
  /// What values a parameter takes.
  public enum Kind: Sendable, Hashable {
    /// "21:9", "2.35:1".
    case ratio
    /// "1K", "2K", "4K".
    case tier
    /// "1920x1080".
    case size
    case choice([String])
    case integer(ClosedRange<Int>)
    case real(ClosedRange<Double>)
    /// Free text of at most so many UTF-8 bytes.
    case text(maximumBytes: Int)
    case flag
    /// A picture that goes along: a file, or the https address or reference of one.
    case picture
  }

  /// As on the wire: lower case with underscores.
  public let name: String
  public let kind: Kind
  public let summary: String
  public let isRequired: Bool
  /// The value taken when none is given, spelled as a user would.
  public let fallback: String?

  public init(_ name: String, _ kind: Kind, _ summary: String, required: Bool = false, fallback: String? = nil) {
    self.name = name
    self.kind = kind
    self.summary = summary
    self.isRequired = required
    self.fallback = fallback
  }

  /// Why a value does not fit, as the end of a sentence; nothing when it fits.
  func objection(to text: String) -> String? {
    let fits =
      switch kind {
      case .ratio: AspectRatio(text) != nil
      case .tier: ResolutionTier(text) != nil
      case .size: PixelSize(text) != nil
      case .choice(let choices): choices.contains(text)
      case .integer(let range): Int(text).map(range.contains) ?? false
      case .real(let range): Double(text).map { $0.isFinite && range.contains($0) } ?? false
      case .text(let most): text.utf8.count <= most
      case .flag: text == "true" || text == "false"
      case .picture: !text.isEmpty && text.utf8.count <= WebAddress.longest
      }
    return fits ? nil : "is not \(expected)"
  }

  /// One spelling for equal values that fit; ratios and texts stay as they are.
  func normalised(_ text: String) -> String {
    switch kind {
    case .ratio, .choice, .text, .flag, .picture: text
    case .tier: ResolutionTier(text)?.rawValue ?? text
    case .size: PixelSize(text).map { "\($0.width)x\($0.height)" } ?? text
    case .integer: Int(text).map { String($0) } ?? text
    case .real: Double(text).map { String($0) } ?? text
    }
  }

  /// The values in words: "a ratio such as 21:9", "1 to 100".
  public var expected: String {
    switch kind {
    case .ratio: "a ratio such as 21:9"
    case .tier: "1K, 2K or 4K"
    case .size: "a size such as 1920x1080"
    case .choice(let choices): "one of " + choices.joined(separator: ", ")
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .real(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .text(let most): "text of at most \(most) bytes"
    case .flag: "true or false"
    case .picture: "@ and a file, or an https address"
    }
  }
}
