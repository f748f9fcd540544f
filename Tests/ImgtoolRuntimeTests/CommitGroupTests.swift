// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

@Suite(.timeLimit(.minutes(2))) struct CommitGroupTests {
  /// Counts commits.
  final class Commits: TransactionObserver, Sendable {
    let count = Mutex(0)
    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ database: Database) { count.withLock { $0 += 1 } }
    func databaseDidRollback(_ database: Database) {}
  }

  let tests = JournalTests()

  /// A journal whose database is held busy until so many changes wait, and what came of them.
  func held<Value: Sendable>(
    _ journal: Journal, _ count: Int, _ change: @escaping @Sendable (Int) async throws -> Value
  ) async -> [Result<Value, any Error>] {
    let gate = DispatchSemaphore(value: 0)
    journal.queue.asyncWriteWithoutTransaction { _ in gate.wait() }
    let changes = (0..<count).map { number in
      Task { () async -> Result<Value, any Error> in
        do { return .success(try await change(number)) } catch { return .failure(error) }
      }
    }
    while journal.changesWaiting < count { await Task.yield() }
    gate.signal()
    var results: [Result<Value, any Error>] = []
    for change in changes { results.append(await change.value) }
    return results
  }

  @Test(arguments: [(16, 2000), (40, 5000), (80, 10_000), (1000, 10_000), (Int.max, 10_000)] as [(Int, UInt32)])
  func aCommitWaitsTwoToTenMilliseconds(_ jobs: Int, _ microseconds: UInt32) {
    #expect(CommitGroup.delay(for: jobs) == microseconds)
  }

  @Test func changesThatComeTogetherAreOneCommit() async throws {
    let folder = try TestFolder()
    let fresh = try (0..<50).map { try tests.record("k\($0)", UInt64($0)) }
    do {
      let journal = try await tests.open(folder)
      for record in fresh { _ = try await journal.claim(record, again: false) }
      let commits = Commits()
      journal.queue.add(transactionObserver: commits, extent: .databaseLifetime)
      let saved = await held(journal, 50) { try await journal.save(self.tests.intended(fresh[$0])) }
      #expect(saved.allSatisfy { (try? $0.get())?.revision == 1 })
      #expect(commits.count.withLock { $0 } == 1)
      // Every intent counts, and the seal knows of all.
      #expect(try folder.journal.readSeal() == 50)
    }
    let journal = try await tests.open(folder)
    #expect(try await journal.jobs([.intent]).count == 50)
  }

  /// What a change holds may be a journal, and whoever was told of its last change may give it to somebody else.
  @Test func whoIsToldOfAChangeIsTheLastToHoldIt() async throws {
    final class Held: Sendable {}
    let group = CommitGroup(try DatabaseQueue(), flush: {}, seal: { _ in })
    var stillHeld = 0
    for _ in 0..<2000 {
      weak var seen: Held?
      do {
        let held = Held()
        seen = held
        try await group.write(.plain, siblings: 1) { _ in withExtendedLifetime(held) {} }
      }
      if seen != nil { stillHeld += 1 }
    }
    #expect(stillHeld == 0)
  }

  @Test func aRefusedChangeTakesNoOtherWithIt() async throws {
    let folder = try TestFolder()
    let journal = try await tests.open(folder)
    let fresh = try (0..<20).map { try tests.record("k\($0)", UInt64($0)) }
    for record in fresh { _ = try await journal.claim(record, again: false) }
    // Money for ten; and one order is saved at a revision it does not have.
    var stale = fresh[0]
    stale.revision = 5
    let orders = [stale] + fresh.dropFirst()
    let saved = await held(journal, 20) {
      try await journal.save(self.tests.intended(orders[$0]), budget: .cents(550))
    }
    let kinds = saved.map { result -> ImgtoolError.Kind? in
      if case .failure(let error) = result { (error as? ImgtoolError)?.kind } else { nil }
    }
    #expect(kinds[0] == .busy && kinds.count { $0 == .budget } == 9 && kinds.count { $0 == nil } == 10, "\(kinds)")
    #expect(try await journal.jobs([.intent]).count == 10)
    #expect(try folder.journal.readSeal() == 10)
  }

  @Test func whereTheDiskIsFullEverybodyIsToldAndNothingIsHalfDone() async throws {
    let folder = try TestFolder()
    let journal = try await tests.open(folder)
    let fresh = try (0..<30).map { try tests.record("k\($0)", UInt64($0)) }
    for record in fresh { _ = try await journal.claim(record, again: false) }
    try await journal.queue.writeWithoutTransaction { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    let saved = await held(journal, 30) { number in
      var record = self.tests.intended(fresh[number])
      record.body = String(repeating: "x", count: 3000)
      return try await journal.save(record)
    }
    let made = saved.count { (try? $0.get()) != nil }
    #expect(made < 30)
    #expect(try await journal.jobs([.intent]).count == made)
  }

  @Test func aSealThatCannotBeWrittenKeepsEveryRequestBack() async throws {
    let folder = try TestFolder()
    let journal = try await tests.open(folder)
    let fresh = try (0..<4).map { try tests.record("k\($0)", UInt64($0)) }
    for record in fresh { _ = try await journal.claim(record, again: false) }
    let obstacle = folder.journal.seal + "/in the way"
    try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: true)
    let saved = await held(journal, 4) { number -> Bool in
      // The last is no intent: it does not need the seal.
      if number == 3 {
        try await journal.release(fresh[3].id)
      } else {
        _ = try await journal.save(self.tests.intended(fresh[number]))
      }
      return true
    }
    #expect(saved.map { (try? $0.get()) != nil } == [false, false, false, true])
  }

  /// A power cut would take the results from under a record that names them.
  @Test func resultsThatMayNotLastAreNotNamed() async throws {
    let folder = try TestFolder()
    let journal = try await tests.open(folder)
    let fresh = try (0..<3).map { try tests.record("k\($0)", UInt64($0)) }
    for record in fresh { _ = try await journal.claim(record, again: false) }
    try FileManager.default.removeItem(atPath: folder.journal.results)
    let saved = await held(journal, 3) { number in
      var record = self.tests.intended(fresh[number])
      if number == 1 { record.state.phase = .fetched }
      return try await journal.save(record)
    }
    #expect(saved.map { (try? $0.get()) != nil } == [true, false, true])
    #expect(try await journal.jobs([.fetched]).isEmpty)
  }
}
