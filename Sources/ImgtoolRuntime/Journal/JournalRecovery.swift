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
    var records: [String: JobRecord] = [:]
    for aside in folder.setAside { salvage(aside + "/journal.sqlite", &records, &recovery) }
    let queue = try connect(folder.database)
    try JournalSchema.migrator.migrate(queue)
    // A seal that cannot be read says nothing more than that a new one is needed.
    let sealed = (try? folder.readSeal()) ?? nil
    let generation = max(sealed ?? 0, records.count)
    try queue.write { database in
      for record in records.values { try JournalSchema.insert(record, owner: nil, in: database) }
      try database.execute(sql: "UPDATE generation SET number = ?", arguments: [generation])
    }
    try queue.close()
    try folder.writeSeal(generation)
    recovery.kept = records.count
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

  /// Reads what is whole from one file; the newest revision of a job wins.
  private static func salvage(_ path: String, _ records: inout [String: JobRecord], _ recovery: inout JournalRecovery) {
    do {
      let queue = try connect(path)
      let rows = try queue.read { try Int64.fetchAll($0, sql: "SELECT rowid FROM jobs") }
      for row in rows {
        // A row that cannot be read or is not what was written counts as lost.
        let record = try? queue.read { database in
          try Row.fetchOne(database, sql: "SELECT * FROM jobs WHERE rowid = ?", arguments: [row]).map(
            JournalSchema.record)
        }
        if let record = record ?? nil {
          if (records[record.id]?.revision ?? -1) < record.revision { records[record.id] = record }
        } else {
          recovery.lost += 1
        }
      }
    } catch {
      recovery.unreadable.append(path)
    }
  }
}
