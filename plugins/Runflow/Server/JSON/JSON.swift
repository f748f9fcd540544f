// SPDX-License-Identifier: Apache-2.0

/// A JSON value that goes out as it came in: members keep their order and numbers their spelling (RFC 8259).
package enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  /// The literal as written, "1.50" or "1e3".
  case number(String)
  case string(String)
  case array([JSON])
  case object([Member])

  /// One name and its value.
  package struct Member: Sendable, Hashable {
    package let name: String
    package var value: JSON

    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// A string, or null for nothing.
  package init(_ text: String?) { self = text.map(JSON.string) ?? .null }

  /// A number, or null for nothing.
  package init(_ number: Int?) { self = number.map { .number(String($0)) } ?? .null }

  /// The last member of that name, as most readers take duplicates.
  package subscript(_ name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }

  package subscript(_ index: Int) -> JSON? {
    guard case .array(let items) = self, items.indices.contains(index) else { return nil }
    return items[index]
  }

  package var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// A whole number written without fraction or exponent.
  package var integer: Int? {
    guard case .number(let literal) = self else { return nil }
    return Int(literal)
  }

  package var real: Double? {
    guard case .number(let literal) = self else { return nil }
    return Double(literal)
  }

  package var truth: Bool? {
    guard case .bool(let truth) = self else { return nil }
    return truth
  }

  package var items: [JSON]? {
    guard case .array(let items) = self else { return nil }
    return items
  }

  package var members: [Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  package var isNull: Bool { self == .null }

  /// This object with the members of `other` put over its own; `other` itself when either is no object.
  package func merged(with other: JSON) -> JSON {
    guard case .object(var members) = self, case .object(let news) = other else { return other }
    for member in news {
      if let at = members.lastIndex(where: { $0.name == member.name }) {
        members[at] = member
      } else {
        members.append(member)
      }
    }
    return .object(members)
  }

  /// This object reduced to the named members, in its own order; other values as they are.
  package func projected(to names: Set<String>) -> JSON {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { names.contains($0.name) })
  }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral
{
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .number(String(value)) }
}
