// SPDX-License-Identifier: Apache-2.0
import Foundation
package import GRDB

/// One page of a list: filter, order, cursor and projection, as the query parameters ask.
///
/// Pages are found by the values of the last item (keyset), so that rows added meanwhile neither repeat nor skip any.
package struct ListQuery: Sendable {
  private struct Order: Sendable {
    let column: String
    let isAscending: Bool
  }

  private let filter: ListFilter?
  private let orders: [Order]
  private let cursor: [String]?
  private let isBackwards: Bool
  package let limit: Int
  /// The members to keep; nothing for all.
  package let fields: Set<String>?

  /// The query parameters of every list.
  package static let names = ["q", "limit", "sort_by", "fields", "pq", "from_prev"]

  /// - Throws: 422 naming the parameter.
  package init(_ query: [String: String], fields known: [String: ListFilter.Field]) throws(WireFailure) {
    limit = try Self.limit(query["limit"])
    isBackwards = try Self.flag(query["from_prev"])
    fields = query["fields"].flatMap { list in
      let names = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      return names.isEmpty ? nil : Set(names + ["id"])
    }
    filter =
      if let text = query["q"], !text.isEmpty { try ListFilter(text, fields: known) } else { nil }
    var orders: [Order] = []
    for term in (query["sort_by"] ?? "created_at:desc").split(separator: ",").prefix(8) {
      let parts = term.split(separator: ":")
      guard let name = parts.first, let field = known[String(name)], parts.count <= 2,
        parts.count == 1 || parts[1] == "asc" || parts[1] == "desc"
      else { throw .invalid(["query", "sort_by"], "a list such as created_at:desc is expected", type: "sort") }
      orders.append(Order(column: field.column, isAscending: parts.count == 1 || parts[1] == "asc"))
    }
    orders.append(Order(column: "id", isAscending: orders.first?.isAscending ?? true))
    self.orders = orders
    let text = query["pq"].flatMap { $0.isEmpty ? nil : $0 }
    cursor = try text.map { text throws(WireFailure) in try Self.cursor(text, columns: orders.count) }
  }

  private static func flag(_ text: String?) throws(WireFailure) -> Bool {
    switch text?.lowercased() ?? "" {
    case "true", "1": return true
    case "", "false", "0": return false
    default: throw .invalid(["query", "from_prev"], "true or false is expected", type: "type")
    }
  }

  private static func limit(_ text: String?) throws(WireFailure) -> Int {
    guard let text, !text.isEmpty else { return 50 }
    guard let limit = Int(text), (1...500).contains(limit) else {
      throw .invalid(["query", "limit"], "a whole number from 1 to 500 is expected", type: "range")
    }
    return limit
  }

  private static func cursor(_ text: String, columns: Int) throws(WireFailure) -> [String] {
    let padded = text.replacing("-", with: "+").replacing("_", with: "/")
    let whole = padded + String(repeating: "=", count: (4 - padded.count % 4) % 4)
    guard let data = Data(base64Encoded: whole), let values = try? JSONReader.read(Array(data)).items,  // said below
      values.count == columns, values.allSatisfy({ $0.text != nil })
    else { throw .invalid(["query", "pq"], "a cursor from an earlier answer is expected", type: "cursor") }
    return values.compactMap(\.text)
  }

  private static func cursor(_ values: [String]) -> String {
    Data(JSON.array(values.map { value in JSON(value) }).bytes).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// Reads one page of a table.
  ///
  /// - Parameter condition: what every row must meet besides the filter, with its arguments.
  package func page<Row: FetchableRecord & TableRecord>(
    of: Row.Type, where condition: String, _ arguments: StatementArguments, in db: Database
  ) throws -> Page<Row> {
    var conditions = [condition]
    var arguments = arguments
    if let filter {
      conditions.append(filter.sql)
      arguments += filter.arguments
    }
    if let cursor {
      let (sql, values) = beyond(cursor)
      conditions.append(sql)
      arguments += StatementArguments(values)
    }
    let order = orders.map { order in
      "\(Self.key(order.column)) \(order.isAscending != isBackwards ? "ASC" : "DESC")"
    }
    let keys = orders.enumerated().map { "\(Self.key($1.column)) AS sortKey\($0)" }
    let rows = try GRDB.Row.fetchAll(
      db,
      sql: """
        SELECT *, \(keys.joined(separator: ", ")) FROM \(Row.databaseTableName)
        WHERE \(conditions.map { "(\($0))" }.joined(separator: " AND "))
        ORDER BY \(order.joined(separator: ", ")) LIMIT \(limit + 1)
        """, arguments: arguments)
    let hasMore = rows.count > limit
    let ordered = isBackwards ? Array(rows.prefix(limit).reversed()) : Array(rows.prefix(limit))
    func mark(_ row: GRDB.Row?) -> String? {
      guard let row else { return nil }
      return Self.cursor(orders.indices.map { index in row["sortKey\(index)"] as String })
    }
    let hasNext = isBackwards ? cursor != nil : hasMore
    let hasPrevious = isBackwards ? hasMore : cursor != nil
    return Page(
      rows: try ordered.map { try Row(row: $0) }, next: hasNext ? mark(ordered.last) : nil,
      previous: hasPrevious ? mark(ordered.first) : nil)
  }

  /// Numbers are padded so that they compare as text just as they do as numbers.
  private static func key(_ column: String) -> String {
    column.hasSuffix("At") ? "printf('%020d', COALESCE(\(column), 0))" : "COALESCE(\(column), '')"
  }

  /// Rows after the cursor in the order of the walk.
  private func beyond(_ cursor: [String]) -> (sql: String, values: [String]) {
    var terms: [String] = []
    var values: [String] = []
    for (index, order) in orders.enumerated() {
      var parts = orders[..<index].map { "\(Self.key($0.column)) = ?" }
      parts.append("\(Self.key(order.column)) \(order.isAscending != isBackwards ? ">" : "<") ?")
      terms.append("(\(parts.joined(separator: " AND ")))")
      values += cursor[...index]
    }
    return (terms.joined(separator: " OR "), values)
  }
}

/// Rows of one page and the cursors to its neighbours.
package struct Page<Row: Sendable>: Sendable {
  package let rows: [Row]
  package let next: String?
  package let previous: String?

  /// The list envelope.
  package func envelope(fields: Set<String>?, _ render: (Row) -> JSON) -> JSON {
    [
      "items": .array(
        rows.map { row in
          let json = render(row)
          return fields.map(json.projected) ?? json
        }), "first": .null, "next": JSON(next), "previous": JSON(previous),
    ]
  }
}
