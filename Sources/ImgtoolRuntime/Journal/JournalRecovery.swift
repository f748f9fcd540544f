// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
public import ImgtoolCore

/// What could be taken over from damaged journals.
public struct JournalRecovery: Sendable, Hashable, Codable {
  /// Jobs that were read whole.
  public var kept = 0
  /// Jobs that are damaged beyond reading.
  public var lost = 0
  /// Files from which not even the list of jobs could be read.
  public var unreadable: [String] = []
  /// Where the damaged files are now.
  public var folders: [String] = []
}

extension Journal {
  /// Begins anew with every job that can still be read from the journals set aside.
  ///
  /// Jobs that cannot be read are forgotten: the same order given again will be paid again. Their runs can still be
  /// found at the service.
  ///
  /// - Throws: `.usage` for a journal that is sound, `.busy` for one that is open, `.storage` for a folder that cannot be
  ///   used.
  public static func recover(_ folder: JournalFolder, timekeeper: Timekeeper) async throws(ImgtoolError)
    -> JournalRecovery
  {
    do {
      return try await Task.detached { try recoverNow(folder, timekeeper) }.value
    } catch {
      throw storage(error, folder)
    }
  }

  private static func recoverNow(_ folder: JournalFolder, _ timekeeper: Timekeeper) throws -> JournalRecovery {
    try folder.make()
    let lock = try OpeningLock(in: folder.path)
    guard folder.liveLeases.isEmpty else {
      throw ImgtoolError(.busy, "A process has the journal open; let it end first.", retry: .later)
    }
    guard !folder.setAside.isEmpty || !isSound(folder) else {
      throw ImgtoolError(.usage, "The journal in \(folder.path) is sound: there is nothing to recover.")
    }
    // A journal that opens but is older than its seal is treated like a damaged one.
    if FileManager.default.fileExists(atPath: folder.database) {
      _ = try folder.setAside(at: timekeeper.wallMilliseconds())
    }
    var recovery = JournalRecovery()
    var salvage = Salvage()
    for aside in folder.setAside { salvage.add(aside + "/journal.sqlite", &recovery) }
    let found = salvage
    let queue = try connect(folder.database)
    try JournalSchema.migrator.migrate(queue)
    // A seal that cannot be read says nothing more than that a new one is needed.
    let sealed = (try? folder.readSeal()) ?? nil
    let generation = max(sealed ?? 0, found.records.count)
    try queue.write { database in
      for record in found.records.values { try JournalSchema.insert(record, owner: nil, in: database) }
      for saving in found.savings {
        try database.execute(
          sql: "INSERT INTO savings (created, amount, rule) VALUES (?, ?, ?)",
          arguments: [saving.created, saving.amount, saving.rule])
      }
      for (key, created) in found.callbacks {
        try database.execute(sql: "INSERT INTO callbacks (key, created) VALUES (?, ?)", arguments: [key, created])
      }
      try database.execute(sql: "UPDATE generation SET number = ?", arguments: [generation])
    }
    try queue.close()
    try folder.writeSeal(generation)
    recovery.kept = found.records.count
    for aside in folder.setAside {
      let target = folder.path + "/recovered-" + aside.dropFirst("\(folder.path)/damaged-".count)
      try folder.move(aside, to: target)
      recovery.folders.append(target)
    }
    _ = consume lock
    return recovery
  }

  /// Whether the journal would open as it is.
  private static func isSound(_ folder: JournalFolder) -> Bool {
    guard FileManager.default.fileExists(atPath: folder.database) else { return false }
    do {
      let queue = try connect(folder.database)
      try check(queue)
      let generation = try queue.read { try Int.fetchOne($0, sql: "SELECT number FROM generation") ?? 0 }
      return try generation >= folder.readSeal() ?? 0
    } catch {
      return false
    }
  }
}

/// What is whole in damaged files.
private struct Salvage {
  /// The newest revision of each job.
  var records: [String: JobRecord] = [:]
  var savings: [(created: Int64, amount: Int64, rule: String)] = []
  var callbacks: [String: Int64] = [:]

  /// Reads one file, row by row: one that cannot be read, or is not what was written, is left out.
  mutating func add(_ path: String, _ recovery: inout JournalRecovery) {
    do {
      let queue = try Journal.connect(path)
      for row in try Self.rows(of: "jobs", in: queue) {
        if let record = row.flatMap({ try? JournalSchema.salvage($0) }) {
          if (records[record.id]?.revision ?? -1) < record.revision { records[record.id] = record }
        } else {
          recovery.lost += 1
        }
      }
      // Neither has a digest: values of another type are what a damaged page gives away.
      for row in try Self.rows(of: "savings", in: queue) {
        guard let created = Self.number(row, "created"), let amount = Self.number(row, "amount"),
          let rule = Self.text(row, "rule")
        else { continue }
        savings.append((created, amount, rule))
      }
      for row in try Self.rows(of: "callbacks", in: queue) {
        guard let key = Self.text(row, "key"), let created = Self.number(row, "created") else { continue }
        callbacks[key] = created
      }
    } catch {
      recovery.unreadable.append(path)
    }
  }

  /// The rows of a table; nothing in place of one that cannot be read.
  private static func rows(of table: String, in queue: DatabaseQueue) throws -> [Row?] {
    try queue.read { database in
      try Int64.fetchAll(database, sql: "SELECT rowid FROM \(table)").map { number in
        try? Row.fetchOne(database, sql: "SELECT * FROM \(table) WHERE rowid = ?", arguments: [number])
      }
    }
  }

  private static func number(_ row: Row?, _ name: String) -> Int64? {
    row.flatMap { Int64.fromDatabaseValue($0.value(name)) }
  }

  private static func text(_ row: Row?, _ name: String) -> String? {
    row.flatMap { String.fromDatabaseValue($0.value(name)) }
  }
}
