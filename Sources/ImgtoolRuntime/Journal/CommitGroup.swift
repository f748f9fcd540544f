// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Glibc
internal import ImgtoolCore
internal import Synchronization

/// Makes changes that come together durable by one commit.
///
/// While one transaction is on its way to the disk the next changes gather; then they go together. Each has a savepoint
/// of its own, so that one that is refused takes no other with it, and nobody is told anything before the commit.
final class CommitGroup: Sendable {
  /// What a change needs besides its commit.
  enum Kind: Sendable {
    case plain
    /// A paid request may leave once it is durable: it counts for the seal.
    case intent
    /// It names a folder of results, whose own entry must be durable first.
    case results
  }

  /// With so many jobs at work a commit waits for further changes (PostgreSQL: commit_siblings).
  private static let siblings = 16

  /// For how many microseconds a commit waits (PostgreSQL: commit_delay), 2 to 10 ms: the more jobs are at work, the
  /// more changes come meanwhile, and a flush for each handful costs more than waiting.
  static func delay(for jobs: Int) -> UInt32 { UInt32(min(jobs, 80)) * 125 }

  /// One change, and whom to tell.
  private struct Change: Sendable {
    let kind: Kind
    /// Does it, inside a transaction; the rest is for after the commit.
    let apply: @Sendable (Database) throws -> @Sendable () -> Void
    /// What is told instead where it came to nothing.
    let fail: @Sendable (any Error) -> @Sendable () -> Void
  }

  private struct State {
    var waiting: [Change] = []
    var isCalled = false
  }

  private let queue: DatabaseQueue
  /// Makes the entries of new folders of results durable.
  private let flush: @Sendable () throws -> Void
  /// Makes the number of intents durable outside the database.
  private let seal: @Sendable (Int) throws -> Void
  private let state = Mutex(State())

  init(
    _ queue: DatabaseQueue, flush: @escaping @Sendable () throws -> Void,
    seal: @escaping @Sendable (Int) throws -> Void
  ) {
    (self.queue, self.flush, self.seal) = (queue, flush, seal)
  }

  /// How many changes have not been taken up.
  var waiting: Int { state.withLock { $0.waiting.count } }

  /// Makes one change durable; a task that is cancelled meanwhile still learns what became of it.
  ///
  /// - Parameter siblings: how many jobs are at work.
  /// - Throws: what the change throws, which leaves nothing of it; or what kept the commit from being made.
  func write<Value: Sendable>(
    _ kind: Kind, siblings: Int, _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let change = Change(
        kind: kind,
        apply: { database in
          let value = try body(database)
          return { continuation.resume(returning: value) }
        }, fail: { error in { continuation.resume(throwing: error) } })
      let isFirst = state.withLock { state in
        state.waiting.append(change)
        defer { state.isCalled = true }
        return !state.isCalled
      }
      guard isFirst else { return }
      queue.asyncWriteWithoutTransaction { database in
        if siblings >= Self.siblings { usleep(Self.delay(for: siblings)) }
        // What the changes hold is let go of before anybody is told: who ends a journal then has ended it.
        for tell in self.commit(database) { tell() }
      }
    }
  }

  /// Makes a change or leaves nothing of it; as `Database.inSavepoint`, which compiles its statements each time.
  private static func whole(_ change: Change, _ database: Database) throws -> @Sendable () -> Void {
    try database.cachedStatement(sql: "SAVEPOINT change").execute()
    do {
      let tell = try change.apply(database)
      try database.cachedStatement(sql: "RELEASE change").execute()
      return tell
    } catch {
      // A failure may have ended the whole transaction.
      if database.isInsideTransaction { try database.execute(sql: "ROLLBACK TO change; RELEASE change") }
      throw error
    }
  }

  /// - Returns: what is to be told, and to whom.
  private func commit(_ database: Database) -> [@Sendable () -> Void] {
    let group = state.withLock { state in
      defer { state = State() }
      return state.waiting
    }
    var made: [(change: Change, tell: @Sendable () -> Void)] = []
    var refused: [(change: Change, why: any Error)] = []
    var intents: Int?
    let flushed = Result { if group.contains(where: { $0.kind == .results }) { try flush() } }
    do {
      try database.inTransaction(.immediate) {
        for change in group {
          do {
            if change.kind == .results { try flushed.get() }
            made.append((change, try Self.whole(change, database)))
          } catch {
            // A full disk, for example, ends the whole transaction.
            guard database.isInsideTransaction else { throw error }
            refused.append((change, error))
          }
        }
        let count = made.count { $0.change.kind == .intent }
        if count > 0 {
          try database.cachedStatement(sql: "UPDATE generation SET number = number + ?").execute(arguments: [count])
          intents = try Int.fetchOne(database.cachedStatement(sql: "SELECT number FROM generation"))
        }
        return .commit
      }
    } catch {
      return group.map { $0.fail(error) }
    }
    var problem: (any Error)?
    if let intents {
      do { try seal(intents) } catch { problem = error }
    }
    return refused.map { $0.change.fail($0.why) }
      + made.map { change, tell in
        if let problem, change.kind == .intent { change.fail(problem) } else { tell }
      }
  }
}
