// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import ImgtoolRuntime

extension TestFolder {
  /// Where a test's journal lives.
  var journal: JournalFolder { JournalFolder(path + "/journal") }
}

@Suite struct JournalTests {
  let clock = ScriptedClock()

  func record(_ key: String, _ seed: UInt64) throws -> JobRecord {
    JobRecord(
      key: key, operation: "runflow.smart-resize", model: "runflow/smart-resize",
      parameters: try Parameters([:], for: []), reference: RunReference(seed, seed), price: .cents(55),
      at: clock.timekeeper.wallMilliseconds())
  }

  /// A record as it is when the request may leave.
  func intended(_ record: JobRecord) -> JobRecord {
    var record = record
    record.state.phase = .intent
    record.state.sent = 1
    record.body = #"{"input":{}}"#
    return record
  }

  func open(_ folder: TestFolder) async throws -> Journal {
    try await Journal.open(folder.journal, timekeeper: clock.timekeeper)
  }

  @Test func whatWasSavedIsThereAfterReopening() async throws {
    let folder = try TestFolder()
    let fresh = try record("k", 1)
    do {
      let journal = try await open(folder)
      guard case .taken(let job) = try await journal.claim(fresh, again: false) else {
        Issue.record("not taken")
        return
      }
      let saved = try await journal.save(intended(job))
      #expect(saved.revision == 1)
    }
    let journal = try await open(folder)
    let job = try await journal.job(String(fresh.id.prefix(6)))
    #expect(job.phase == .intent && job.state.sent == 1 && job.body == #"{"input":{}}"#)
  }

  @Test(arguments: ["file", "file/journal", "file/"])
  func aFileInThePlaceOfTheFolderIsSaidToBeOne(_ name: String) async throws {
    let folder = try TestFolder()
    try folder.write([1], as: "file")
    let place = JournalFolder(folder.path(name))
    let error = await #expect(throws: ImgtoolError.self) {
      _ = try await Journal.open(place, timekeeper: clock.timekeeper)
    }
    #expect(error?.kind == .storage && error?.message.contains(folder.path("file")) == true)
    let said = error?.description ?? ""
    #expect(!said.contains("NSError") && !said.contains("Domain="), "\(said)")
    #expect(folder.read("file") == [1])
  }

  @Test func manyProcessesMayMakeTheSameJournalAtOnce() async throws {
    let folder = try TestFolder()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { _ = try await open(folder) } }
      try await group.waitForAll()
    }
    #expect(try await open(folder).jobs().isEmpty)
  }

  @Test func nobodyElseCanReadTheJournal() async throws {
    let folder = try TestFolder()
    // A folder that was there before keeps its permissions.
    try FileManager.default.createDirectory(
      atPath: folder.journal.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    let journal = try await open(folder)
    _ = try await journal.claim(try record("k", 1), again: false)
    for suffix in ["", "-wal", "-shm"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.journal.database + suffix)
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(suffix)")
    }
  }

  @Test func aJournalAtWorkIsNotRecovered() async throws {
    let folder = try TestFolder()
    let journal = try await open(folder)
    await #expect {
      _ = try await Journal.recover(folder.journal, timekeeper: clock.timekeeper)
    } throws: { ($0 as? ImgtoolError)?.kind == .busy }
    #expect(try await journal.jobs().isEmpty)
  }

  @Test func aSoundJournalIsNotRecovered() async throws {
    let folder = try TestFolder()
    do { _ = try await open(folder).claim(try record("k", 1), again: false) }
    await #expect {
      _ = try await Journal.recover(folder.journal, timekeeper: clock.timekeeper)
    } throws: { ($0 as? ImgtoolError)?.kind == .usage }
    #expect(try await open(folder).jobs().count == 1)
  }

  @Test func writesAreSynchronousToTheEnd() async throws {
    let folder = try TestFolder()
    let journal = try await open(folder)
    let settings = try await journal.read { database in
      try [
        String.fetchOne(database, sql: "PRAGMA synchronous"), String.fetchOne(database, sql: "PRAGMA journal_mode"),
      ]
    }
    #expect(settings == ["2", "wal"])
  }

  @Test func aJobInUseIsNotTakenTwice() async throws {
    let folder = try TestFolder()
    let (one, two) = (try await open(folder), try await open(folder))
    let (first, second) = (try record("k", 1), try record("k", 2))
    guard case .taken = try await one.claim(first, again: false) else {
      Issue.record("not taken")
      return
    }
    for journal in [one, two] {
      guard case .busy(let job) = try await journal.claim(second, again: false) else {
        Issue.record("taken twice")
        return
      }
      #expect(job.id == first.id)
    }
    try await one.release(first.id)
    guard case .taken(let job) = try await two.claim(second, again: false) else {
      Issue.record("not taken over")
      return
    }
    #expect(job.id == first.id)
  }

  @Test func aProcessThatIsGoneLosesItsJobs() async throws {
    let folder = try TestFolder()
    let fresh = try record("k", 1)
    do {
      let journal = try await open(folder)
      _ = try await journal.claim(fresh, again: false)
    }
    let journal = try await open(folder)
    clock.jumpWall(byMilliseconds: -3_600_000)
    guard case .taken = try await journal.claim(id: fresh.id) else {
      Issue.record("the lease outlived its holder")
      return
    }
  }

  /// Nobody has to let go of a job whose way has ended; until then it is its holder's.
  @Test(arguments: JobPhase.allCases)
  func aJobIsHeldUntilItHasEnded(_ phase: JobPhase) async throws {
    let folder = try TestFolder()
    let (one, two) = (try await open(folder), try await open(folder))
    let fresh = try record("k", 1)
    _ = try await one.claim(fresh, again: false)
    var record = intended(fresh)
    record.state.phase = phase
    _ = try await one.save(record)
    let isTaken = if case .taken = try await two.claim(id: fresh.id) { true } else { false }
    #expect(isTaken == (phase.isFinal || phase == .fetched))
    #expect(one.countAtWork == (isTaken ? 0 : 1))
  }

  @Test func whoHandsAResultOverTakesTheJobFromNobody() async throws {
    let folder = try TestFolder()
    let (one, two) = (try await open(folder), try await open(folder))
    let fresh = try record("k", 1)
    _ = try await one.claim(fresh, again: false)
    var record = intended(fresh)
    record.state.phase = .fetched
    record = try await one.save(record)
    guard case .taken(var taken) = try await two.claim(id: fresh.id) else {
      Issue.record("not taken")
      return
    }
    // What the other wrote meanwhile is kept.
    taken.notes = ["from": "two"]
    taken.state.phase = .terminal
    taken = try await two.save(taken)
    await #expect { try await one.finish(fresh.id, output: "/out", passed: true) } throws: {
      ($0 as? ImgtoolError)?.kind == .fault
    }
    taken.state.phase = .fetched
    _ = try await two.save(taken)
    guard case .taken = try await two.claim(id: fresh.id) else {
      Issue.record("not taken again")
      return
    }
    try await one.finish(fresh.id, output: "/out", passed: true)
    let done = try await one.job(fresh.id)
    #expect(done.phase == .done && done.notes == ["from": "two"] && done.output == "/out" && done.passed == true)
    guard case .busy = try await one.claim(id: fresh.id) else {
      Issue.record("taken from its holder")
      return
    }
    // Twice is as good as once.
    try await two.finish(fresh.id, output: nil, passed: false)
    let again = try await one.job(fresh.id)
    #expect(again.output == "/out" && again.passed == false)
  }

  @Test func aStaleRevisionCannotBeSaved() async throws {
    let folder = try TestFolder()
    let journal = try await open(folder)
    let fresh = try record("k", 1)
    _ = try await journal.claim(fresh, again: false)
    _ = try await journal.save(intended(fresh))
    await #expect { try await journal.save(intended(fresh)) } throws: { ($0 as? ImgtoolError)?.kind == .busy }
  }

  /// 100 jobs, 16 at a time, two journals on one folder, a budget for 10.
  @Test func theDailyBudgetHoldsAcrossProcesses() async throws {
    let folder = try TestFolder()
    let journals = [try await open(folder), try await open(folder)]
    let budget = Money(microdollars: Money.cents(55).microdollars * 10)
    let passed = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<100 {
        group.addTask {
          let journal = journals[index % 2]
          let fresh = try record("k\(index)", UInt64(index + 1))
          guard case .taken(let job) = try await journal.claim(fresh, again: false) else { return 0 }
          do {
            _ = try await journal.save(intended(job), budget: budget)
            return 1
          } catch let error as ImgtoolError where error.kind == .budget {
            return 0
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(passed == 10)
    #expect(try await journals[0].costs().open == budget)
  }

  /// An order that was planned on one day and sent on the next belongs to the day on which the money went.
  @Test func aJobIsChargedToTheDayOnWhichItWasSent() async throws {
    let folder = try TestFolder()
    let journal = try await open(folder)
    let planned = try record("old", 1)
    _ = try await journal.claim(planned, again: false)
    clock.jumpWall(byMilliseconds: 86_400_000)
    try await journal.checkBudget(.cents(55), for: planned)
    _ = try await journal.save(intended(planned), budget: .cents(55))
    let second = try record("new", 2)
    _ = try await journal.claim(second, again: false)
    await #expect { try await journal.checkBudget(.cents(109), for: second) } throws: {
      ($0 as? ImgtoolError)?.kind == .budget
    }
    await #expect { try await journal.save(intended(second), budget: .cents(109)) } throws: {
      ($0 as? ImgtoolError)?.kind == .budget
    }
    _ = try await journal.save(intended(second), budget: .cents(110))
    #expect(try await journal.costs(days: 1).open == .cents(110))
    // Another day later nothing has been spent yet, and the records are as they were written.
    clock.jumpWall(byMilliseconds: 86_400_000)
    #expect(try await journal.costs(days: 1).open == .zero)
    #expect(try await journal.costs(days: 2).open == .cents(110))
    #expect(try await open(folder).jobs().count == 2)
  }

  @Test func costsTellWhatEndedFromWhatIsOpenAndWhatWasSaved() async throws {
    let folder = try TestFolder()
    let journal = try await open(folder)
    let ended = RemoteRun(id: "r", status: .succeeded, statusText: "succeeded", cost: .cents(50))
    let broke = RemoteRun(id: "f", status: .failed, statusText: "failed", cost: .zero)
    for (index, run) in [ended, broke, nil].enumerated() {
      var job = intended(try record("k\(index)", UInt64(index + 1)))
      _ = try await journal.claim(try record("k\(index)", UInt64(index + 1)), again: false)
      job.state.run = run
      job.state.phase = run.map { $0.status == .failed ? .failed : .fetched } ?? .unknown
      _ = try await journal.save(job)
    }
    try await journal.finish(try record("k0", 1).id, output: nil, passed: false)
    try await journal.noteSaving(.cents(55), rule: "route.alreadyFramed")
    let costs = try await journal.costs(days: 1)
    #expect(costs.spent == .cents(50) && costs.onFailedResults == .cents(50))
    #expect(costs.open == .cents(55) && costs.saved == .cents(55) && costs.jobs == 3)
  }

  @Test func givingUpKeepsTheChargeAndEndsTheJob() async throws {
    let folder = try TestFolder()
    let journal = try await open(folder)
    let fresh = try record("k", 1)
    _ = try await journal.claim(fresh, again: false)
    _ = try await journal.save(intended(fresh))
    try await journal.release(fresh.id)
    #expect(try await journal.abandon(fresh.id).phase == .abandoned)
    #expect(try await journal.costs().open == .cents(55))
    await #expect { try await journal.abandon(fresh.id) } throws: { ($0 as? ImgtoolError)?.kind == .usage }
    let text = String(decoding: try await journal.export(), as: UTF8.self)
    #expect(text.contains("abandoned") && !text.contains("\\\"input"))
  }

  @Test func aLeaseThatIsHeldCannotBeTakenAndStaysHeld() throws {
    let folder = try TestFolder()
    let lease = try Lease(in: folder.path, token: "one")
    var problem: ImgtoolError?
    do {
      let second = try Lease(in: folder.path, token: "one")
      _ = consume second
    } catch { problem = error }
    #expect(problem?.kind == .storage)
    #expect(folder.names == ["one"] && Lease.isHeld("one", in: folder.path))
    _ = consume lease
    #expect(folder.names.isEmpty && !Lease.isHeld("one", in: folder.path))
  }
}
