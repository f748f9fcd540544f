// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
public import ImgtoolCore
internal import Synchronization

/// The durable memory of paid jobs: what was intended, what was bought, what it cost, and where the results are.
///
/// SQLite in WAL mode with `synchronous=FULL`, so that a transition survives a power cut. Several processes may share
/// one folder: each transition replaces exactly one revision, and a job belongs to whoever holds its lease. A damaged
/// journal is set aside and reported; it is never replaced by an empty one behind the user's back.
public final class Journal: Sendable {
  public let folder: JournalFolder
  let timekeeper: Timekeeper
  let queue: DatabaseQueue
  private let commits: CommitGroup
  let lease: Lease
  /// Jobs at work in this process.
  let active = Mutex<Set<String>>([])
  /// Jobs of this process whose results are there and not yet handed over, as they were written.
  private let fetched = Mutex<[String: JobRecord]>([:])
  /// How many of those are kept; of any other `finish` reads the record.
  private static let mostFetched = 1024

  /// How many changes are not yet on their way to the disk.
  var changesWaiting: Int { commits.waiting }
  /// How many jobs are at work in this process.
  var countAtWork: Int { active.withLock { $0.count } }

  /// Opens or makes the journal in a folder, checked from end to end.
  ///
  /// - Throws: `.storage` for a journal that is damaged, missing though there was one, older than its seal, or made
  ///   by a newer version; and for a folder that cannot be used.
  public static func open(_ folder: JournalFolder, timekeeper: Timekeeper) async throws(ImgtoolError) -> Journal {
    do {
      return try await Task.detached { try Journal(folder, timekeeper) }.value
    } catch {
      throw Self.storage(error, folder)
    }
  }

  private init(_ folder: JournalFolder, _ timekeeper: Timekeeper) throws {
    self.folder = folder
    self.timekeeper = timekeeper
    try folder.make()
    let lock = try OpeningLock(in: folder.path)
    if let aside = folder.setAside.first {
      throw ImgtoolError(
        .storage, "A damaged journal was set aside as \(aside): run `imgtool jobs recover` before paying for more.")
    }
    let sealed = try folder.readSeal()
    let isNew = !FileManager.default.fileExists(atPath: folder.database)
    if isNew, let sealed, sealed > 0 {
      throw ImgtoolError(
        .storage,
        "The journal \(folder.database) is gone, and it held \(sealed) paid requests: put it back, or run "
          + "`imgtool jobs recover` to begin anew.")
    }
    if folder.liveLeases.isEmpty { folder.removeHalfSeals() }
    lease = try Lease(in: folder.leases, token: UUID().uuidString)
    do {
      queue = try Self.connect(folder.database)
      try Self.check(queue)
    } catch let error where Self.isDamage(error) {
      let aside = try folder.setAside(at: timekeeper.wallMilliseconds())
      throw ImgtoolError(
        .storage, "The journal is damaged and was set aside as \(aside): run `imgtool jobs recover`.",
        underlying: String(describing: error))
    }
    let generation = try queue.read { try Int.fetchOne($0, sql: "SELECT number FROM generation") ?? 0 }
    if let sealed, generation < sealed {
      throw ImgtoolError(
        .storage,
        "The journal is an older copy (\(generation) of \(sealed) paid requests): put the right one back, "
          + "or run `imgtool jobs recover`.")
    }
    commits = CommitGroup(queue, flush: { try folder.flushResults() }, seal: { try folder.writeSeal($0) })
    _ = consume lock
  }

  static func connect(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.label = "imgtool.journal"
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(20)
    configuration.acceptsDoubleQuotedStringLiterals = false
    // For this user alone, whatever the folder allows; SQLite gives the log the same permissions.
    if !FileManager.default.fileExists(atPath: path) {
      guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
        throw ImgtoolError(.storage, "\(path) cannot be made.")
      }
    }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    // GRDB sets NORMAL for WAL once the connection is prepared, which would give up durability.
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON") }
    return queue
  }

  static func check(_ queue: DatabaseQueue) throws {
    let migrator = JournalSchema.migrator
    if try queue.read(migrator.hasBeenSuperseded) {
      throw ImgtoolError(.storage, "The journal was made by a newer version of this program.")
    }
    try queue.read { database in
      let verdict = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)")
      guard verdict == "ok" else { throw JournalSchema.Damage() }
    }
    try migrator.migrate(queue)
    try queue.read { database in
      try JournalSchema.check(database)
      let rows = try Row.fetchCursor(database, sql: "SELECT * FROM jobs")
      while let row = try rows.next() { _ = try JournalSchema.record(row) }
    }
  }

  // MARK: reading

  /// The jobs of a journal, newest first.
  ///
  /// - Parameter phases: only those; all where nothing is given.
  public func jobs(_ phases: Set<JobPhase>? = nil, limit: Int = .max) async throws(ImgtoolError) -> [JobRecord] {
    let wanted = phases.map { $0.map(\.rawValue) } ?? JobPhase.allCases.map(\.rawValue)
    let marks = wanted.map { _ in "?" }.joined(separator: ", ")
    return try await read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM jobs WHERE phase IN (\(marks)) ORDER BY created DESC, id LIMIT ?",
        arguments: StatementArguments(wanted) + [limit]
      ).map(JournalSchema.record)
    }
  }

  /// One job by its id or an unambiguous beginning of it.
  ///
  /// - Throws: `.usage` when there is none or more than one.
  public func job(_ id: String) async throws(ImgtoolError) -> JobRecord {
    let found = try await read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM jobs WHERE substr(id, 1, ?) = ? LIMIT 2",
        arguments: [id.utf8.count, id.lowercased()]
      ).map(JournalSchema.record)
    }
    guard let job = found.first, found.count == 1, !id.isEmpty else {
      throw ImgtoolError(.usage, found.isEmpty ? "There is no job \(id)." : "Several jobs begin with \(id).")
    }
    return job
  }

  /// The newest job with a key; nothing for none.
  func newest(key: String) async throws(ImgtoolError) -> JobRecord? {
    try await read { database in
      try Row.fetchOne(
        database, sql: "SELECT * FROM jobs WHERE key = ? ORDER BY created DESC, id LIMIT 1", arguments: [key]
      ).map(JournalSchema.record)
    }
  }

  // MARK: writing

  /// Makes a transition durable; the one that ends a job's way through the service also lets others take it.
  ///
  /// - Parameter budget: what may be charged to the job's day in all; looked at in the same transaction.
  /// - Returns: the record as written.
  /// - Throws: `.budget`; `.busy` when somebody else has changed the job; `.storage`.
  func save(_ changed: JobRecord, budget: Money? = nil) async throws(ImgtoolError) -> JobRecord {
    var next = changed
    next.revision += 1
    next.updatedMilliseconds = timekeeper.wallMilliseconds()
    if next.phase == .intent { next.sentMilliseconds = next.updatedMilliseconds }
    let hasEnded = next.phase.isFinal || next.phase == .fetched
    // Where a run is known, no request leaves any more.
    if hasEnded || next.state.run != nil { next.body = nil }
    let record = next
    let kind: CommitGroup.Kind =
      switch record.phase {
      case .intent: .intent
      case .fetched: .results
      default: .plain
      }
    try await write(kind) { database in
      if let budget { try Self.reserve(record, budget, in: database) }
      guard try JournalSchema.update(record, from: changed.revision, isReleased: hasEnded, in: database) else {
        throw ImgtoolError(.busy, "Another process works on the job \(record.id).", retry: .later)
      }
    }
    if hasEnded { active.withLock { _ = $0.remove(record.id) } }
    if record.phase == .fetched { remember(record) }
    return record
  }

  private func remember(_ record: JobRecord) {
    fetched.withLock { fetched in
      if fetched.count == Self.mostFetched { fetched.removeAll() }
      fetched[record.id] = record
    }
  }

  /// The record of a job as this process left it, once.
  func forget(_ id: String) -> JobRecord? { fetched.withLock { $0.removeValue(forKey: id) } }

  /// Says early what `save` would refuse: nothing is uploaded for a request that may not be sent.
  ///
  /// - Throws: `.budget`.
  func checkBudget(_ budget: Money, for planned: JobRecord) async throws(ImgtoolError) {
    var record = planned
    record.state.phase = .intent
    record.sentMilliseconds = timekeeper.wallMilliseconds()
    let sent = record
    try await read { try Self.reserve(sent, budget, in: $0) }
  }

  private static func reserve(_ record: JobRecord, _ budget: Money, in database: Database) throws {
    let others =
      try Int.fetchOne(
        database, sql: "SELECT coalesce(sum(charge), 0) FROM jobs WHERE day = ? AND id <> ?",
        arguments: [record.day, record.id]) ?? 0
    let total = Money(microdollars: others) + record.charge
    if total > budget {
      throw ImgtoolError(
        .budget, "This job would bring the day to \(total); the budget is \(budget) a day.",
        context: ["spentToday": Money(microdollars: others).description])
    }
  }

  /// Makes a change durable, together with those that come at the same time; a cancelled task cannot interrupt it.
  func write<Value: Sendable>(
    _ kind: CommitGroup.Kind = .plain, _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(ImgtoolError) -> Value {
    do {
      return try await commits.write(kind, siblings: countAtWork, body)
    } catch {
      throw Self.storage(error, folder)
    }
  }

  func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(ImgtoolError)
    -> Value
  {
    let queue = queue
    do {
      return try await Task.detached { try await queue.read(body) }.value
    } catch {
      throw Self.storage(error, folder)
    }
  }

  private static func isDamage(_ error: any Error) -> Bool {
    if error is JournalSchema.Damage { return true }
    guard let error = error as? DatabaseError else { return false }
    return error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
  }

  static func storage(_ error: any Error, _ folder: JournalFolder) -> ImgtoolError {
    if let error = error as? ImgtoolError { return error }
    if isDamage(error) {
      return ImgtoolError(
        .storage, "The journal \(folder.database) is damaged.", underlying: String(describing: error))
    }
    return ImgtoolError(
      .storage, "The journal \(folder.database) cannot be used.", underlying: String(describing: error))
  }
}
