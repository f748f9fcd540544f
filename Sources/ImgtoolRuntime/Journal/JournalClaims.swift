// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import ImgtoolCore
internal import Synchronization

/// Whom a job belongs to.
extension Journal {
  /// What became of a wish to work on a job.
  enum Claim: Sendable {
    /// It is ours until `release`.
    case taken(JobRecord)
    /// Another process or task is at it.
    case busy(JobRecord)
  }

  /// Takes the newest job of a key, or makes one.
  ///
  /// - Parameter again: make a new one even where the newest ended well.
  func claim(_ fresh: JobRecord, again: Bool) async throws(ImgtoolError) -> Claim {
    let token = lease.token
    let leases = folder.leases
    return try await write { database in
      let row = try Row.fetchOne(
        database.cachedStatement(sql: "SELECT * FROM jobs WHERE key = ? ORDER BY created DESC, id LIMIT 1"),
        arguments: [fresh.key])
      if let row {
        let record = try JournalSchema.record(row)
        let isWanted = !record.phase.isFinal || (record.phase == .done && !again)
        if isWanted, !(again && record.phase == .fetched) {
          return try self.take(record, owner: Self.owner(row), token: token, leases: leases, in: database)
        }
      }
      self.active.withLock { _ = $0.insert(fresh.id) }
      try JournalSchema.insert(fresh, owner: token, in: database)
      return .taken(fresh)
    }
  }

  /// Takes a job that exists.
  func claim(id: String) async throws(ImgtoolError) -> Claim {
    let token = lease.token
    let leases = folder.leases
    return try await write { database in
      guard let row = try Row.fetchOne(database, sql: "SELECT * FROM jobs WHERE id = ?", arguments: [id]) else {
        throw ImgtoolError(.usage, "There is no job \(id).")
      }
      return try self.take(
        try JournalSchema.record(row), owner: Self.owner(row), token: token, leases: leases, in: database)
    }
  }

  private static func owner(_ row: Row) -> String? { String.fromDatabaseValue(row.value("owner")) }

  private func take(_ record: JobRecord, owner: String?, token: String, leases: String, in database: Database) throws
    -> Claim
  {
    if let owner, owner != token, Lease.isHeld(owner, in: leases) { return .busy(record) }
    let isOurs = active.withLock { $0.insert(record.id).inserted }
    guard isOurs else { return .busy(record) }
    try database.execute(sql: "UPDATE jobs SET owner = ? WHERE id = ?", arguments: [token, record.id])
    return .taken(record)
  }

  /// Lets others take a job; those that have ended were let go of with their last change.
  func release(_ id: String) async throws(ImgtoolError) {
    let token = lease.token
    guard active.withLock({ $0.remove(id) }) != nil else { return }
    try await write { database in
      try database.cachedStatement(sql: "UPDATE jobs SET owner = NULL WHERE id = ? AND owner = ?")
        .execute(arguments: [id, token])
    }
  }
}
