// SPDX-License-Identifier: Apache-2.0

/// An amount of United States dollars, exact to a millionth.
public struct Money: Sendable, Hashable, Comparable {
  public let microdollars: Int

  public init(microdollars: Int) { self.microdollars = microdollars }

  public static let zero = Money(microdollars: 0)
  public static func cents(_ count: Int) -> Money { Money(microdollars: count * 10_000) }

  public static func < (left: Money, right: Money) -> Bool { left.microdollars < right.microdollars }
  public static func + (left: Money, right: Money) -> Money {
    Money(microdollars: left.microdollars + right.microdollars)
  }
  public static func - (left: Money, right: Money) -> Money {
    Money(microdollars: left.microdollars - right.microdollars)
  }

  /// The price of so many.
  public static func * (amount: Money, count: Int) -> Money { Money(microdollars: amount.microdollars * count) }

  /// Reads "0.55", "$0.55" or "3"; at most six decimals and nine digits before them.
  public init?(_ text: String) {
    let digits = text.hasPrefix("$") ? text.dropFirst() : text[...]
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts[0].utf8.count <= 9, let whole = Int(strict: parts[0]) else { return nil }
    var fraction = 0
    if parts.count == 2 {
      guard (1...6).contains(parts[1].utf8.count),
        let value = Int(strict: parts[1] + String(repeating: "0", count: 6 - parts[1].utf8.count))
      else { return nil }
      fraction = value
    }
    self.init(microdollars: whole * 1_000_000 + fraction)
  }
}

extension Money: CustomStringConvertible {
  /// "$0.55"; two decimals, more only where they are not zero.
  public var description: String { (microdollars < 0 ? "-$" : "$") + decimal }

  /// The absolute amount without the sign of the currency: "0.55".
  package var decimal: String {
    let amount = microdollars.magnitude
    var fraction = String(amount % 1_000_000)
    fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
    while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(amount / 1_000_000).\(fraction)"
  }
}

extension Money: Codable {
  /// Encoded as a decimal string, so that no reader meets a binary fraction: "0.55", "-0.55".
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    let isDebt = text.hasPrefix("-")
    guard let amount = Money(isDebt ? String(text.dropFirst()) : text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\"\(text)\" is not an amount such as \"0.55\""))
    }
    self = isDebt ? .zero - amount : amount
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode((microdollars < 0 ? "-" : "") + decimal)
  }
}
