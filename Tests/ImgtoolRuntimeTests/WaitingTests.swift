// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import ImgtoolCore
import ImgtoolTesting
import RunflowBackend
import Synchronization
import Testing

@testable import ImgtoolRuntime

@Suite(.timeLimit(.minutes(10))) struct WaitingTests {
  /// A clock on which sleep never ends by itself; tells when somebody sleeps.
  final class Night: Sendable {
    let sleepers = Mutex(0)
    let scripted = ScriptedClock()

    var timekeeper: Timekeeper {
      Timekeeper(
        now: scripted.timekeeper.now, wallMilliseconds: scripted.timekeeper.wallMilliseconds,
        sleep: { _ in
          self.sleepers.withLock { $0 += 1 }
          try await Task.sleep(for: .seconds(3600))
        }, chance: scripted.timekeeper.chance)
    }

    func isAsleep(_ times: Int) async { while sleepers.withLock({ $0 }) < times { await Task.yield() } }
  }

  func order(_ conductor: JobConductor, _ desk: Desk) async throws -> OperationOutcome {
    let operation = try desk.operations().operation(named: "runflow.skin-fix")
    let input = PreparedImage(
      bytes: .memory(FakeRunflow.picture), facts: ImageFacts(format: .gif, storedSize: PixelSize(clamping: 1, 1)),
      isOriginal: true)
    let scratch = desk.folder.path("scratch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    return try await operation.perform(
      input, try Parameters([:], for: operation.parameters),
      in: OperationContext(
        encoding: EncodeOptions(format: .webp), scratch: scratch, conductor: conductor))
  }

  func conductor(_ desk: Desk, _ timekeeper: Timekeeper) async throws -> JobConductor {
    JobConductor(
      journal: try await Journal.open(desk.folder.journal, timekeeper: timekeeper),
      transport: HTTPTransport(allowsLoopback: true), timekeeper: timekeeper)
  }

  @Test func aCallbackWakesTheJobBeforeTheNextPoll() async throws {
    let (desk, night) = (try Desk(), Night())
    desk.fake.state.withLock { $0.work = 0 }
    let conductor = try await conductor(desk, night.timekeeper)
    let work = Task { try await order(conductor, desk) }
    await night.isAsleep(1)
    let run = try #require(desk.fake.state.withLock { $0.runs.first?.id })
    #expect(try await conductor.received(run: run, label: nil, key: "\(run):succeeded"))
    #expect(try await work.value.images.count == 1)
    #expect(try await !conductor.received(run: run, label: nil, key: "\(run):succeeded"))
    #expect(desk.fake.state.withLock { $0.posts } == 1)
  }

  @Test func aCallbackSettlesARequestWhoseAnswerWasLost() async throws {
    let (desk, night) = (try Desk([.lostReply]), Night())
    desk.fake.state.withLock { $0.work = 0 }
    let conductor = try await conductor(desk, night.timekeeper)
    let work = Task { try await order(conductor, desk) }
    await night.isAsleep(1)
    let made = try #require(desk.fake.state.withLock { $0.runs.first })
    #expect(try await conductor.received(run: made.id, label: made.label, key: "k"))
    await night.isAsleep(2)
    conductor.hint(made.id)
    #expect(try await work.value.images.count == 1)
  }

  @Test func aHintForNobodyDoesNothing() async throws {
    let desk = try Desk()
    let conductor = try await conductor(desk, desk.clock.timekeeper)
    #expect(try await conductor.received(run: "nobody", label: "nothing", key: "x"))
    #expect(desk.fake.state.withLock { $0.seen.isEmpty })
  }

  @Test func aWithdrawnJobKeepsItsRunAndIsFinishedLater() async throws {
    let (desk, night) = (try Desk(), Night())
    do {
      let conductor = try await conductor(desk, night.timekeeper)
      let work = Task { try await order(conductor, desk) }
      await night.isAsleep(1)
      work.cancel()
      await #expect { try await work.value } throws: {
        let error = $0 as? ImgtoolError
        return error?.kind == .cancelled && error?.context["run"] != nil
      }
    }
    let later = try await conductor(desk, desk.clock.timekeeper)
    let job = try #require(try await later.journal.jobs().first)
    #expect(job.phase == .submitted)
    #expect(try await later.resume(job.id, in: try desk.operations()).images.count == 1)
    #expect(desk.fake.state.withLock { $0.posts } == 1)
  }

  /// The disk is full from the first page, the second, and so on, until there is room enough.
  @Test func aFullDiskStopsSpendingAndLosesNothing() async throws {
    for room in 0..<6 {
      let desk = try Desk()
      var problem: ImgtoolError?
      do {
        let conductor = try await conductor(desk, desk.clock.timekeeper)
        try await conductor.journal.queue.writeWithoutTransaction { database in
          let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
          try database.execute(sql: "PRAGMA max_page_count = \(pages + room)")
          // What is free inside the file is used up first.
          try database.execute(sql: "CREATE TABLE ballast (x BLOB)")
        }
        _ = try await order(conductor, desk)
      } catch let error as ImgtoolError {
        problem = error
      } catch is DatabaseError {
        continue
      }
      let (posts, runs) = desk.fake.state.withLock { ($0.posts, $0.runs.count) }
      let later = try await conductor(desk, desk.clock.timekeeper)
      if problem != nil {
        #expect(problem?.kind == .storage && problem?.message.contains(desk.folder.path) == true)
        let intents = try await later.journal.jobs().filter { $0.state.sent > 0 }.count
        #expect(posts <= intents, "room \(room): a request without an intent")
      }
      #expect(try await order(later, desk).images.count == 1)
      #expect(desk.fake.state.withLock { $0.runs.count } == 1, "room \(room): \(runs) runs before")
    }
  }

  @Test func anImageElsewhereIsProbedByItsBeginning() async throws {
    let address = try #require(WebAddress("https://img.test/a.gif"))
    let whole = ScriptedTransport { _ in .bytes(FakeRunflow.picture, status: 206) }
    #expect(try await RemoteProbe.facts(of: address, over: whole)?.format == .gif)
    #expect(whole.requests.first?.reach == .publicOnly)
    let half = ScriptedTransport { _ in .bytes(Array(FakeRunflow.picture.prefix(4)), status: 206) }
    #expect(try await RemoteProbe.facts(of: address, over: half) == nil)
    for answer in [TransportAnswer.bytes([], status: 404), .bytes(Array("<html>".utf8))] {
      await #expect(throws: ImgtoolError.self) {
        try await RemoteProbe.facts(of: address, over: ScriptedTransport { _ in answer })
      }
    }
  }
}
