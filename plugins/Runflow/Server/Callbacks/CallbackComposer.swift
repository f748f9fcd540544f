// SPDX-License-Identifier: Apache-2.0
package import GRDB

/// Composes callbacks: the bytes are made once and stored in the transaction that ends the run.
package struct CallbackComposer: Sendable {
  let renderer: RecordRenderer
  let random: @Sendable () -> UInt64

  /// Attempts of one delivery: the first, one after 1 s, one after 2 s.
  package static let attempts = 3

  /// The body for a run in its present state.
  package func body(of run: RunRow) -> JSON {
    let status = run.state
    return [
      "event": .string("run." + status.event), "run_id": .string(run.id), "status": .string(status.callback),
      "output": status == .succeeded || status == .partiallySucceeded ? renderer.output(run) : .null,
      "duration_ms": JSON(run.startedAt == nil ? nil : run.milliseconds), "created_at": time(run.createdAt),
      "completed_at": time(run.completedAt), "metadata": renderer.stored(run.metadata),
    ]
  }

  /// The body for a batch in its present state.
  package func body(of batch: BatchRow, runs: [RunRow]) -> JSON {
    let status = batch.state
    let event = status == .cancelled ? "cancelled" : status.rawValue
    return [
      "event": .string("batch." + event), "batch_id": .string(batch.id), "status": .string(status.callback),
      "output": renderer.batchOutput(runs),
      "duration_ms": JSON(batch.completedAt.map { Int(($0 - batch.createdAt) / 1000) }),
      "created_at": time(batch.createdAt), "completed_at": time(batch.completedAt),
      "metadata": renderer.stored(batch.metadata),
    ]
  }

  /// Stores a delivery of a run's callback; nothing for a run without a callback URL.
  package func add(for run: RunRow, isAutomatic: Bool, now: Timestamp, in db: Database) throws -> DeliveryRow? {
    guard let url = run.callbackURL else { return nil }
    return try insert(
      body(of: run), to: url, organisation: run.organisation, run: run.id, batch: nil, isAutomatic: isAutomatic,
      now: now, in: db)
  }

  /// Stores a delivery of a batch's callback; nothing for a batch without a callback URL.
  package func add(
    for batch: BatchRow, runs: [RunRow], isAutomatic: Bool, now: Timestamp, in db: Database
  ) throws -> DeliveryRow? {
    guard let url = batch.callbackURL else { return nil }
    return try insert(
      body(of: batch, runs: runs), to: url, organisation: batch.organisation, run: nil, batch: batch.id,
      isAutomatic: isAutomatic, now: now, in: db)
  }

  private func insert(
    _ body: JSON, to url: String, organisation: String, run: String?, batch: String?, isAutomatic: Bool,
    now: Timestamp, in db: Database
  ) throws -> DeliveryRow {
    let secret = try String.fetchOne(
      db, sql: "SELECT id FROM secret WHERE organisation = ? AND isCurrent", arguments: [organisation])
    let row = DeliveryRow(
      id: Identifier.timeOrdered(at: now, random: random), organisation: organisation, runID: run, batchID: batch,
      url: url, payload: body.compact, secretID: secret,
      requestID: "req-" + Hex.text(withUnsafeBytes(of: random().bigEndian) { Array($0) }), isAutomatic: isAutomatic,
      status: "pending", failureCode: nil, failureDetail: nil, attemptCount: 0, maxAttempts: Self.attempts,
      nextAttemptAt: now.microseconds, createdAt: now.microseconds, updatedAt: now.microseconds, completedAt: nil)
    try row.insert(db)
    return row
  }

  private func time(_ microseconds: Int64?) -> JSON {
    JSON(microseconds.map { Timestamp(microseconds: $0).callback })
  }
}
