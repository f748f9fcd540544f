// SPDX-License-Identifier: Apache-2.0
package import GRDB
package import ImgtoolCore

/// What organisations have and were charged.
///
/// A run is charged at most once, at success; until it ends its price is reserved.
package struct Ledger: Sendable {
  /// What an organisation starts with when it is first seen, in microdollars.
  package let opening: Int

  package init(opening: Money) { self.opening = opening.microdollars }

  /// The balance of an organisation, opened when it is new.
  package func balance(of organisation: String, now: Timestamp, in db: Database) throws -> BalanceRow {
    if let row = try BalanceRow.fetchOne(db, key: organisation) { return row }
    let row = BalanceRow(
      organisation: organisation, amount: opening, threshold: nil, createdAt: now.microseconds,
      updatedAt: now.microseconds)
    try row.insert(db)
    return row
  }

  /// - Throws: 402 `INSUFFICIENT_CREDIT` when the balance less what runs under way may cost is below the price.
  package func demand(_ price: Int, of organisation: String, now: Timestamp, in db: Database) throws {
    let row = try balance(of: organisation, now: now, in: db)
    let reserved =
      try Int.fetchOne(
        db,
        sql: """
          SELECT coalesce(sum(price), 0) FROM run
          WHERE organisation = ? AND status IN ('queued', 'dispatching', 'running')
          """, arguments: [organisation]) ?? 0
    guard row.amount - reserved >= price else {
      let (has, asks) = (Amount.text(row.amount - reserved), Amount.text(price))
      throw WireFailure(
        402, "INSUFFICIENT_CREDIT",
        "Balance \(has), less what runs under way may cost, is below the price \(asks) of this request.")
    }
  }

  /// Charges a run.
  ///
  /// A second charge of the same run breaks the key of the table and with it the transaction.
  package func charge(_ run: RunRow, now: Timestamp, in db: Database) throws {
    _ = try balance(of: run.organisation, now: now, in: db)
    try db.execute(
      sql: "INSERT INTO charge (runID, organisation, amount, createdAt) VALUES (?, ?, ?, ?)",
      arguments: [run.id, run.organisation, run.price, now.microseconds])
    try db.execute(
      sql: "UPDATE balance SET amount = amount - ?, updatedAt = ? WHERE organisation = ?",
      arguments: [run.price, now.microseconds, run.organisation])
  }
}

/// Microdollars as the decimal strings of the wire.
package enum Amount {
  /// "0.55", "0" for nothing, "124.5": no trailing zeros beyond two decimals.
  package static func text(_ microdollars: Int) -> String {
    if microdollars == 0 { return "0" }
    let amount = microdollars.magnitude
    var fraction = String(amount % 1_000_000)
    fraction = String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    while fraction.utf8.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
    return (microdollars < 0 ? "-" : "") + "\(amount / 1_000_000).\(fraction)"
  }
}
