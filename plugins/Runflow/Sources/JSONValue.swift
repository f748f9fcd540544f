// SPDX-License-Identifier: Apache-2.0

internal import Foundation
package import ImgtoolCore

/// Any JSON value, read without expecting anything of it (RFC 8259).
package enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Reads one document; nothing for what is no JSON.
  package init?(bytes: some Sequence<UInt8>) {
    // Servers answer in HTML when they are unwell: that is no error of its own here.
    guard let value = JSONText.value(Array(bytes)) else { return nil }
    self = value
  }

  /// The bytes of the value, keys in order, so that equal values are equal bytes.
  package var bytes: [UInt8] {
    var text: [UInt8] = []
    JSONText.write(self, to: &text)
    return text
  }

  package subscript(_ key: String) -> JSONValue? {
    guard case .object(let fields) = self, let value = fields[key], value != .null else { return nil }
    return value
  }

  package var text: String? { if case .text(let text) = self { text } else { nil } }
  package var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  package var object: [String: JSONValue]? { if case .object(let fields) = self { fields } else { nil } }
  package var integer: Int? {
    switch self {
    case .integer(let number): number
    case .real(let number): Int(exactly: number)
    default: nil
    }
  }

  /// An amount, from a decimal string or a number; digits beyond a millionth are dropped.
  package var money: Money? {
    switch self {
    case .integer(let whole): Money("\(whole.magnitude)").map { whole < 0 ? .zero - $0 : $0 }
    case .real(let number): Self.money(String(format: "%.6f", number))
    case .text(let text): Self.money(text)
    default: nil
    }
  }

  private static func money(_ text: String) -> Money? {
    var digits = text.drop { $0 == " " }
    let isNegative = digits.hasPrefix("-")
    if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count) else { return nil }
    let whole = parts[0].drop { $0 == "0" }
    let fraction = parts.count == 2 ? parts[1].prefix(6) : ""
    guard let amount = Money((whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)) else {
      return nil
    }
    return isNegative ? .zero - amount : amount
  }

  /// The value in words for a report: texts as they are, anything else as JSON, cut at 200 bytes.
  package var plain: String {
    if let text { return String(text.prefix(200)) }
    return String(decoding: bytes.prefix(200), as: UTF8.self)
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
  package init(stringLiteral text: String) { self = .text(text) }
  package init(dictionaryLiteral pairs: (String, JSONValue)...) {
    self = .object(Dictionary(pairs) { _, last in last })
  }
}
