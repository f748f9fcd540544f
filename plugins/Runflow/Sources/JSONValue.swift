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
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return nil }
    self = value
  }

  /// The bytes of the value, keys in order, so that equal values are equal bytes.
  package var bytes: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(self))
    } catch {
      // Only a number that is not finite cannot be written, and none is ever put in.
      preconditionFailure("a JSON value cannot be written: \(error)")
    }
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

extension JSONValue: Codable {
  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    // Each type is tried in turn, the common ones first: a wrong guess costs an error. The decoder itself reports what
    // is no JSON at all.
    if value.decodeNil() {
      self = .null
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else if let real = try? value.decode(Double.self) {
      self = .real(real)
    } else if let array = try? value.decode([JSONValue].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSONValue].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let bool): try container.encode(bool)
    case .integer(let integer): try container.encode(integer)
    case .real(let real): try container.encode(real)
    case .text(let text): try container.encode(text)
    case .array(let array): try container.encode(array)
    case .object(let object): try container.encode(object)
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
  package init(stringLiteral text: String) { self = .text(text) }
  package init(dictionaryLiteral pairs: (String, JSONValue)...) {
    self = .object(Dictionary(pairs) { _, last in last })
  }
}
