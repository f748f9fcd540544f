// SPDX-License-Identifier: Apache-2.0
package import GRDB

/// The filter language of lists, read into SQL: `field.EQ:'value'`, `field:value`, `field>value`, AND, OR, NOT, ( ).
///
/// Values never become part of the SQL text; fields come from a fixed table.
package struct ListFilter: Sendable {
  /// A field that may be filtered and sorted.
  package enum Field: Sendable, Hashable {
    case text(column: String)
    case time(column: String)

    package var column: String {
      switch self {
      case .text(let column), .time(let column): column
      }
    }
  }

  package let sql: String
  package let values: [String]
  /// Times among `values` are numbers; this says which.
  private let isNumber: [Bool]

  /// The values to bind, in the order of the placeholders.
  package var arguments: StatementArguments {
    StatementArguments(
      zip(values, isNumber).map { value, number -> (any DatabaseValueConvertible)? in number ? Int64(value) : value })
  }

  /// - Throws: 422 with the place in the text for anything but the language above.
  package init(_ text: String, fields: [String: Field]) throws(WireFailure) {
    guard text.utf8.count <= 4096 else { throw Self.failure("the filter has more than 4096 bytes") }
    var parser = Parser(tokens: try Self.tokens(text), fields: fields)
    sql = try parser.disjunction(depth: 0)
    guard parser.at == parser.tokens.count else { throw Self.failure("something follows the filter") }
    values = parser.values
    isNumber = parser.isNumber
  }

  static func failure(_ message: String) -> WireFailure { .invalid(["query", "q"], message, type: "filter") }

  /// A word, a quoted text, or a sign.
  enum Token: Equatable {
    case word(String)
    case quoted(String)
    case sign(String)
  }

  /// Cuts the text; a value after a sign may hold colons, so that times need no quotes.
  static func tokens(_ text: String) throws(WireFailure) -> [Token] {
    var tokens: [Token] = []
    var rest = text[...]
    while let first = rest.first {
      if first.isWhitespace {
        rest = rest.dropFirst()
      } else if first == "(" || first == ")" {
        tokens.append(.sign(String(first)))
        rest = rest.dropFirst()
      } else if first == "'" {
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: "'") else { throw failure("a quote is not closed") }
        tokens.append(.quoted(String(rest[..<end])))
        rest = rest[rest.index(after: end)...]
      } else if let sign = ["<=", ">=", "!=", "<", ">", "=", ":"].first(where: { rest.hasPrefix($0) }) {
        tokens.append(.sign(sign))
        rest = rest.dropFirst(sign.count)
      } else {
        let isValue = if case .sign(let sign)? = tokens.last { sign != "(" && sign != ")" } else { false }
        let word = rest.prefix { !$0.isWhitespace && !(isValue ? "()'" : "()'<>=:!").contains($0) }
        guard !word.isEmpty else { throw failure("an unexpected \(first)") }
        tokens.append(.word(String(word)))
        rest = rest[word.endIndex...]
      }
      guard tokens.count <= 512 else { throw failure("the filter has too many terms") }
    }
    return tokens
  }

  private struct Parser {
    let tokens: [Token]
    let fields: [String: Field]
    var at = 0
    var values: [String] = []
    var isNumber: [Bool] = []

    init(tokens: [Token], fields: [String: Field]) {
      self.tokens = tokens
      self.fields = fields
    }

    private mutating func take(word: String) -> Bool {
      guard at < tokens.count, case .word(let found) = tokens[at], found == word else { return false }
      at += 1
      return true
    }

    private mutating func take(sign: String) -> Bool {
      guard at < tokens.count, tokens[at] == .sign(sign) else { return false }
      at += 1
      return true
    }

    mutating func disjunction(depth: Int) throws(WireFailure) -> String {
      guard depth < 16 else { throw ListFilter.failure("the filter is nested too deeply") }
      var sql = try conjunction(depth: depth)
      while take(word: "OR") { sql = "(\(sql) OR \(try conjunction(depth: depth)))" }
      return sql
    }

    private mutating func conjunction(depth: Int) throws(WireFailure) -> String {
      var sql = try negation(depth: depth)
      while take(word: "AND") { sql = "(\(sql) AND \(try negation(depth: depth)))" }
      return sql
    }

    private mutating func negation(depth: Int) throws(WireFailure) -> String {
      guard depth < 16 else { throw ListFilter.failure("the filter is nested too deeply") }
      if take(word: "NOT") { return "NOT \(try negation(depth: depth + 1))" }
      if take(sign: "(") {
        let sql = try disjunction(depth: depth + 1)
        guard take(sign: ")") else { throw ListFilter.failure("a parenthesis is not closed") }
        return "(\(sql))"
      }
      return try comparison()
    }

    private mutating func comparison() throws(WireFailure) -> String {
      guard at + 2 < tokens.count, case .word(let left) = tokens[at], case .sign(let sign) = tokens[at + 1] else {
        throw ListFilter.failure("a comparison such as client_ref.EQ:'value' is expected")
      }
      let value: String
      switch tokens[at + 2] {
      case .word(let text), .quoted(let text): value = text
      case .sign: throw ListFilter.failure("a value is expected")
      }
      at += 3
      let parts = left.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count <= 2, let name = parts.first, let field = fields[String(name)] else {
        throw ListFilter.failure("the field \(left) cannot be filtered")
      }
      let comparator = try Self.comparator(parts.count == 2 ? String(parts[1]) : nil, sign)
      switch field {
      case .text: isNumber.append(false)
      case .time:
        guard Timestamp(value) != nil else { throw ListFilter.failure("\(name) is compared with a date") }
        isNumber.append(true)
      }
      values.append(isNumber.last == true ? String(Timestamp(value)?.microseconds ?? 0) : value)
      return "COALESCE(\(field.column), \(isNumber.last == true ? "0" : "''")) \(comparator) ?"
    }

    private static func comparator(_ word: String?, _ sign: String) throws(WireFailure) -> String {
      guard let word else { return sign == ":" ? "=" : sign }
      guard sign == ":" else { throw ListFilter.failure("a colon is expected after .\(word)") }
      switch word.lowercased() {
      case "eq": return "="
      case "ne", "neq": return "!="
      case "gt": return ">"
      case "gte", "ge": return ">="
      case "lt": return "<"
      case "lte", "le": return "<="
      default: throw ListFilter.failure("there is no operator .\(word)")
      }
    }
  }
}
