// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
public import ImgtoolCore

/// What was spent and saved over a span of days.
public struct JobCosts: Sendable, Hashable, Codable {
  /// Charged for runs that ended.
  public var spent = Money.zero
  /// May still be charged: requests under way, unknown or held.
  public var open = Money.zero
  /// Charged for runs whose results failed postflight; part of `spent`.
  public var onFailedResults = Money.zero
  /// Charged for runs that share their label with another; part of `spent`.
  public var onDuplicates = Money.zero
  /// What preflight kept from being spent.
  public var saved = Money.zero
  public var jobs = 0
}

extension Journal {
  /// Adds up what was spent and saved.
  ///
  /// - Parameter days: only so many days up to today, in UTC; all where nothing is given.
  public func costs(days: Int? = nil) async throws(ImgtoolError) -> JobCosts {
    let now = timekeeper.wallMilliseconds()
    let first = days.map { now / 86_400_000 - Int64(max(1, $0)) + 1 } ?? 0
    return try await read { database in
      var costs = JobCosts()
      let rows = try Row.fetchCursor(database, sql: "SELECT * FROM jobs WHERE day >= ?", arguments: [first])
      while let row = try rows.next() { costs.add(try JournalSchema.record(row)) }
      let saved = try Int.fetchOne(
        database, sql: "SELECT coalesce(sum(amount), 0) FROM savings WHERE created >= ?",
        arguments: [first * 86_400_000])
      costs.saved = Money(microdollars: saved ?? 0)
      return costs
    }
  }

  /// Notes that a check kept money from being spent.
  public func noteSaving(_ amount: Money, rule: String) async throws(ImgtoolError) {
    let now = timekeeper.wallMilliseconds()
    try await write { database in
      try database.execute(
        sql: "INSERT INTO savings (created, amount, rule) VALUES (?, ?, ?)",
        arguments: [now, amount.microdollars, rule])
    }
  }

  /// Notes a callback, durably before anybody is told that it arrived.
  ///
  /// - Parameter key: one for all deliveries of one event.
  /// - Returns: whether it is the first with that key.
  public func noteCallback(_ key: String) async throws(ImgtoolError) -> Bool {
    let now = timekeeper.wallMilliseconds()
    return try await write { database in
      try database.execute(
        sql: "INSERT OR IGNORE INTO callbacks (key, created) VALUES (?, ?)", arguments: [key, now])
      return database.changesCount == 1
    }
  }

  /// Notes that a job's results were judged and where they were handed to.
  ///
  /// - Parameters:
  ///   - output: the path of the output; nothing where none was written because the check failed.
  ///   - passed: whether postflight found nothing that fails.
  public func finish(_ id: String, output: String?, passed: Bool) async throws(ImgtoolError) {
    let now = timekeeper.wallMilliseconds()
    @Sendable func done(_ record: JobRecord, in database: Database) throws -> Bool {
      var next = record
      next.state.phase = .done
      next.output = output ?? record.output
      next.passed = passed
      next.revision += 1
      next.updatedMilliseconds = now
      return try JournalSchema.update(next, from: record.revision, isReleased: false, in: database)
    }
    let known = forget(id)
    // Read and written in one transaction: another process may hand over the same result at the same moment.
    try await write { database in
      if let known, try done(known, in: database) { return }
      let statement = try database.cachedStatement(sql: "SELECT * FROM jobs WHERE id = ?")
      guard let row = try Row.fetchOne(statement, arguments: [id]) else {
        throw ImgtoolError(.usage, "There is no job \(id).")
      }
      let record = try JournalSchema.record(row)
      guard record.phase == .fetched || record.phase == .done else {
        throw ImgtoolError(.fault, "The job \(id) has no results to hand over: it is \(record.phase.rawValue).")
      }
      _ = try done(record, in: database)
    }
  }

  /// Gives a job up: nothing is waited for any more, and its charge stays as it is.
  ///
  /// - Throws: `.usage` for a job that has ended, `.busy` for one that is being worked on.
  public func abandon(_ id: String) async throws(ImgtoolError) -> JobRecord {
    let known = try await job(id)
    guard !known.phase.isFinal else {
      throw ImgtoolError(.usage, "The job \(known.id) has ended: it is \(known.phase.rawValue).")
    }
    guard case .taken(var record) = try await claim(id: known.id) else {
      throw ImgtoolError(.busy, "The job \(known.id) is being worked on.", retry: .later)
    }
    record.state.reason = "Given up while it was \(record.phase.rawValue)."
    record.state.phase = record.phase.mayHaveCost ? .abandoned : .rejected
    let saved: JobRecord
    do {
      saved = try await save(record)
    } catch {
      // The first failure is the one to tell; the lease ends with the process at the latest.
      try? await release(known.id)
      throw error
    }
    try await release(known.id)
    return saved
  }

  /// All jobs as JSON: an array of records, oldest first, without the bodies of requests.
  public func export() async throws(ImgtoolError) -> [UInt8] {
    let records = try await read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM jobs ORDER BY created, id").map(JournalSchema.record)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(records.map(\.withoutBody)))
    } catch {
      throw ImgtoolError(.fault, "The jobs cannot be written as JSON.", underlying: String(describing: error))
    }
  }
}

extension JobCosts {
  fileprivate mutating func add(_ record: JobRecord) {
    jobs += 1
    guard record.phase.mayHaveCost else { return }
    let isOpen = record.state.run?.status.isFinal != true && record.phase != .failed
    guard !isOpen else {
      open = open + record.charge
      return
    }
    spent = spent + record.charge
    if record.passed == false { onFailedResults = onFailedResults + record.charge }
    onDuplicates = onDuplicates + Money(microdollars: record.price.microdollars * record.state.duplicates)
  }
}
