// SPDX-License-Identifier: Apache-2.0
package import GRDB

/// The changes a run goes through, each one transaction: created, claimed, settled, given back.
package struct RunBook: Sendable {
  let ledger: Ledger
  let composer: CallbackComposer

  /// How often work on a run may begin before the run counts as the cause of the crashes.
  package static let maximumAttempts = 10

  /// How a run ended.
  package enum Ending: Sendable {
    case succeeded(StoredOutput)
    case partiallySucceeded(StoredOutput)
    case failed(code: String, message: String, stage: String)
    case cancelled
  }

  /// Takes a queued run for work; nothing when it is not queued any more.
  package func claim(_ id: String, now: Timestamp, in db: Database) throws -> RunRow? {
    guard var run = try RunRow.fetchOne(db, key: id), run.state == .queued else { return nil }
    run.status = RunStatus.running.rawValue
    run.startedAt = now.microseconds
    run.attempts += 1
    try run.update(db)
    if let batchID = run.batchID {
      try db.execute(
        sql: "UPDATE batch SET status = 'running', startedAt = ? WHERE id = ? AND status = 'queued'",
        arguments: [now.microseconds, batchID])
    }
    return run
  }

  /// Puts a run whose work was interrupted by a stop of the server back into the queue.
  package func giveBack(_ id: String, in db: Database) throws {
    try db.execute(
      sql: """
        UPDATE run SET status = 'queued', startedAt = NULL, attempts = attempts - 1 WHERE id = ? AND status = 'running'
        """, arguments: [id])
  }

  /// Puts runs that a dead process was working on back into the queue; the queue, oldest first.
  package func recover(in db: Database) throws -> [String] {
    try db.execute(
      sql: "UPDATE run SET status = 'queued', startedAt = NULL WHERE status IN ('running', 'dispatching')")
    return try String.fetchAll(db, sql: "SELECT id FROM run WHERE status = 'queued' ORDER BY createdAt, id")
  }

  /// Ends a run: its state, its charge and its callback together.
  ///
  /// A run that is over stays as it is.
  ///
  /// - Returns: the deliveries to send, or nothing when the run was over already.
  package func settle(_ id: String, _ ending: Ending, now: Timestamp, in db: Database) throws -> [String]? {
    guard var run = try RunRow.fetchOne(db, key: id), !run.state.isTerminal else { return nil }
    run.completedAt = now.microseconds
    run.cost = 0
    switch ending {
    case .succeeded(let output), .partiallySucceeded(let output):
      if case .succeeded = ending { run.status = RunStatus.succeeded.rawValue }
      if case .partiallySucceeded = ending { run.status = RunStatus.partiallySucceeded.rawValue }
      run.output = output.column
      run.cost = run.price
      try ledger.charge(run, now: now, in: db)
    case .failed(let code, let message, let stage):
      run.status = RunStatus.failed.rawValue
      run.failureCode = code
      run.failureMessage = message
      run.failureStage = stage
    case .cancelled: run.status = RunStatus.cancelled.rawValue
    }
    try run.update(db)
    var deliveries: [String] = []
    if let delivery = try composer.add(for: run, isAutomatic: true, now: now, in: db) { deliveries.append(delivery.id) }
    if let batchID = run.batchID, let id = try advance(batchID, now: now, in: db) { deliveries.append(id) }
    return deliveries
  }

  /// The runs of a batch in their order.
  package static func runs(ofBatch id: String, in db: Database) throws -> [RunRow] {
    try RunRow.fetchAll(db, sql: "SELECT * FROM run WHERE batchID = ? ORDER BY sequenceIndex", arguments: [id])
  }

  /// Ends a batch whose last run ended; the delivery of its callback, where it has one.
  private func advance(_ batchID: String, now: Timestamp, in db: Database) throws -> String? {
    let runs = try Self.runs(ofBatch: batchID, in: db)
    guard runs.allSatisfy(\.state.isTerminal), var batch = try BatchRow.fetchOne(db, key: batchID),
      !batch.state.isTerminal
    else { return nil }
    let states = Set(runs.map(\.state))
    let status: RunStatus =
      if states.isSubset(of: [.succeeded]) {
        .succeeded
      } else if states.contains(.succeeded) || states.contains(.partiallySucceeded) {
        .partiallySucceeded
      } else {
        states.isSubset(of: [.cancelled]) ? .cancelled : .failed
      }
    batch.status = status.rawValue
    batch.completedAt = now.microseconds
    try batch.update(db)
    return try composer.add(for: batch, runs: runs, isAutomatic: true, now: now, in: db)?.id
  }
}
