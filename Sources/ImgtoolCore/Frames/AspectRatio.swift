// SPDX-License-Identifier: Apache-2.0

/// A ratio of width to height: two whole numbers in lowest terms, and the spelling it was asked for with.
///
/// Equality compares the numbers alone: "21:9" equals "7:3", and still goes out as "21:9".
public struct AspectRatio: Sendable {
  /// The width term in lowest terms, 1…`PixelSize.sideLimit`.
  public let width: Int
  /// The height term in lowest terms, 1…`PixelSize.sideLimit`.
  public let height: Int
  /// As written by the user, for messages and for the wire.
  public let spelling: String

  /// That of a side, so that every size has a ratio.
  private static let termLimit = PixelSize.sideLimit

  /// A ratio of two whole numbers, or nothing when a term in lowest terms is outside 1…`PixelSize.sideLimit`.
  public init?(_ width: Int, _ height: Int) {
    self.init(width, height, spelling: "\(width):\(height)")
  }

  /// Reads "21:9", "21/9", "2.35:1" or a bare "1.91"; decimals are exact, four digits at most.
  public init?(_ text: String) {
    let terms = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "/" }
    switch terms.count {
    case 1 where text.contains("."):
      guard let width = Self.scaled(terms[0]) else { return nil }
      self.init(width, 10_000, spelling: text)
    case 2:
      guard let width = Self.scaled(terms[0]), let height = Self.scaled(terms[1]) else { return nil }
      self.init(width, height, spelling: text)
    default: return nil
    }
  }

  /// The ratio of a size, spelled in lowest terms.
  public init(of size: PixelSize) {
    let divisor = greatestCommonDivisor(size.width, size.height)
    (width, height) = (size.width / divisor, size.height / divisor)
    spelling = "\(size.width / divisor):\(size.height / divisor)"
  }

  private init?(_ width: Int, _ height: Int, spelling: String) {
    guard width > 0, height > 0 else { return nil }
    let divisor = greatestCommonDivisor(width, height)
    guard width / divisor <= Self.termLimit, height / divisor <= Self.termLimit else { return nil }
    self.width = width / divisor
    self.height = height / divisor
    self.spelling = spelling
  }

  /// A decimal number times 10,000, or nothing.
  private static func scaled(_ text: Substring) -> Int? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts[0].utf8.count <= 10, let whole = Int(strict: parts[0]) else {
      return nil
    }
    guard parts.count == 2 else { return whole * 10_000 }
    guard (1...4).contains(parts[1].utf8.count),
      let fraction = Int(strict: parts[1] + String(repeating: "0", count: 4 - parts[1].utf8.count))
    else { return nil }
    return whole * 10_000 + fraction
  }

  /// Width over height.
  public var value: Double { Double(width) / Double(height) }
  public var isSquare: Bool { width == height }
  /// Portrait for landscape and back, with the spelling in lowest terms.
  public var transposed: AspectRatio { AspectRatio(height, width) ?? self }
}

extension AspectRatio: Hashable {
  public static func == (left: AspectRatio, right: AspectRatio) -> Bool {
    left.width == right.width && left.height == right.height
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(width)
    hasher.combine(height)
  }
}

extension AspectRatio: CustomStringConvertible {
  public var description: String { spelling }
}

extension AspectRatio: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let ratio = AspectRatio(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\"\(text)\" is not a ratio such as \"4:3\""))
    }
    self = ratio
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(spelling)
  }
}

/// Euclid's algorithm; both arguments above zero.
private func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
  var (a, b) = (first, second)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
