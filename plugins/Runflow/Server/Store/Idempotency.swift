// SPDX-License-Identifier: Apache-2.0
package import GRDB
import ImgtoolDigest

/// Which request an `Idempotency-Key` belongs to: organisation, method, path and key.
package struct IdempotencyKey: Sendable, Hashable {
  package let organisation: String
  package let method: String
  package let path: String
  package let key: String

  package init(organisation: String, method: String, path: String, key: String) {
    self.organisation = organisation
    self.method = method
    self.path = path
    self.key = key
  }

  /// How long an answer is replayed, in seconds: a day.
  package static let lifetime: Int64 = 86_400

  /// The first answer to this request.
  ///
  /// - Throws: 409 `CONFLICT` when the first request had another body.
  package func answer(for body: [UInt8], now: Timestamp, in db: Database) throws -> Answer? {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT digest, status, answer FROM idempotency
        WHERE organisation = ? AND method = ? AND path = ? AND key = ? AND createdAt > ?
        """,
      arguments: [organisation, method, path, key, now.adding(seconds: -Self.lifetime).microseconds])
    guard let row else { return nil }
    let (digest, status, answer): (String, Int, String) = (row["digest"], row["status"], row["answer"])
    guard digest == Self.digest(of: body) else {
      throw WireFailure(409, "CONFLICT", "Idempotency key was already used with another body.")
    }
    return Answer(status: status, json: Array(answer.utf8))
  }

  /// Keeps the answer, in the transaction that made it true, and drops those older than their lifetime.
  package func keep(_ answer: Answer, for body: [UInt8], now: Timestamp, in db: Database) throws {
    guard case .bytes(let bytes) = answer.body else { return }
    try db.execute(
      sql: "DELETE FROM idempotency WHERE createdAt <= ?",
      arguments: [now.adding(seconds: -Self.lifetime).microseconds])
    try db.execute(
      sql: """
        INSERT INTO idempotency (organisation, method, path, key, digest, status, answer, createdAt)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        organisation, method, path, key, Self.digest(of: body), answer.status,
        String(decoding: bytes, as: UTF8.self), now.microseconds,
      ])
  }

  private static func digest(of body: [UInt8]) -> String { Hex.text(SHA256.hash(body)) }
}
