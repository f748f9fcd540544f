// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Glibc
import ImgtoolCore
import ImgtoolTesting
import RunflowBackend
import Synchronization
import Testing

@testable import ImgtoolRuntime

/// Many orders at once, on one journal.
@Suite(.timeLimit(.minutes(10))) struct SpendingTests {
  /// 100 orders, 16 at a time, two processes on one journal, money for 10, and a crash in the middle.
  @Test func aBudgetForTenLetsTenRequestsOut() async throws {
    var desk = try Desk(pace: .milliseconds(1))
    desk.fake.state.withLock { $0.balance = "1000" }
    desk.options.dailyBudget = .cents(550)
    // Both die when the fifth answer is in memory only, and with them everything that is under way.
    let answers = Mutex(0)
    let crash = KillSwitch { point in
      let isDead = answers.withLock { answers in
        if point == .answered { answers += 1 }
        return answers >= 5
      }
      if isDead { throw KillSwitch.Killed() }
    }
    try await everyOrder(of: 100, on: desk, kills: [crash, crash])
    #expect(answers.withLock { $0 } >= 5)
    // Everything is ordered again, by processes that live.
    try await everyOrder(of: 100, on: desk, kills: [.none, .none])
    let (posts, runs) = desk.fake.state.withLock { ($0.posts, $0.runs.count) }
    let journal = try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper)
    // An intent of which nobody knows whether it left takes its share of the budget for good.
    let unsure = try await journal.jobs([.intent, .unknown]).count
    #expect(posts + unsure == 10 && runs == posts, "\(posts) requests, \(runs) runs, \(unsure) unsure")
    // What the journal says was spent is the invoice of the service.
    let costs = try await journal.costs()
    Trial.print(
      "A budget for 10: 100 orders, 16 workers, 2 processes, a crash",
      [("requests", posts), ("runs", runs), ("intents of which nobody knows", unsure), ("spent", costs.spent)])
    #expect(costs.spent == Money(microdollars: 550_000 * runs) && costs.spent + costs.open == .cents(550), "\(costs)")
  }

  /// Four processes with money for one stand before their transactions, because a stranger has the file: only what is
  /// looked at inside of a transaction can tell which of them came first.
  @Test func theBudgetIsReservedInTheTransactionThatWritesTheIntent() async throws {
    let (tools, folder) = (JournalTests(), try TestFolder())
    var jobs: [(journal: Journal, intent: JobRecord)] = []
    for number in 0..<4 {
      let journal = try await tools.open(folder)
      guard case .taken(let job) = try await journal.claim(try tools.record("\(number)", UInt64(number)), again: false)
      else {
        Issue.record("not taken")
        return
      }
      jobs.append((journal, tools.intended(job)))
    }
    let arrived = DispatchSemaphore(value: 0)
    for (journal, _) in jobs {
      try await journal.queue.writeWithoutTransaction { database in
        database.trace { if "\($0)".hasPrefix("BEGIN IMMEDIATE") { arrived.signal() } }
      }
    }
    let (held, holding) = AsyncStream.makeStream(of: Void.self)
    let (stranger, count) = (try Journal.connect(folder.journal.database), jobs.count)
    stranger.asyncWriteWithoutTransaction { database in
      do {
        try database.inTransaction(.immediate) {
          holding.finish()
          // Less than SQLite waits for the file.
          for _ in 0..<count where arrived.wait(timeout: .now() + 4) == .timedOut { Issue.record("nobody comes") }
          return .rollback
        }
      } catch {
        Issue.record(error)
        holding.finish()
      }
    }
    for await _ in held {}
    let all = jobs
    let sent = try await withThrowingTaskGroup(of: Int.self) { group in
      for (journal, intent) in all {
        group.addTask {
          do {
            _ = try await journal.save(intent, budget: .cents(55))
            return 1
          } catch let error as ImgtoolError where error.kind == .budget {
            return 0
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sent == 1, "\(sent) requests for the price of one")
    #expect(try await jobs[0].journal.costs().open == .cents(55))
  }

  /// Orders by the program itself, two processes at a time, all of them killed when half of the money is spent.
  @Test(.enabled(if: BuiltProgram.imgtool != nil, "imgtool is not built"))
  func aBudgetHoldsForProcessesThatShareAJournal() async throws {
    let (orders, most) = (Trial.count(100, 6), Trial.count(10, 2))
    try await ServedRunflowTests.served { counter in
      for number in 0..<orders {
        let picture = SamplePictures.scene(PixelSize(clamping: 600, 400 + number))
        try counter.folder.write(picture.png(), as: "\(number).png")
      }
      let alive = Mutex<Set<pid_t>>([])
      let budget = Money(microdollars: 550_000 * most)
      @Sendable func order(_ number: Int) async throws -> String {
        let words = [
          "resize", "--backend", "runflow", "--ratio", "1:1", "--res", "1K", "--budget-per-day",
          budget.decimal, "--force", "-o", "out-\(number).png", "\(number).png",
        ]
        let process = Mutex<pid_t>(0)
        let said = try await PaidCommandTests().run(
          words, at: counter.base, in: counter.folder, log: "said-\(number)"
        ) { id in
          process.withLock { $0 = id }
          alive.withLock { _ = $0.insert(id) }
        }
        alive.withLock { _ = $0.remove(process.withLock { $0 }) }
        switch said.code {
        // The picture is one pixel: paid for, fetched, and not what was ordered.
        case ImgtoolError.Kind.postflight.exitCode: return "paid for"
        case ImgtoolError.Kind.budget.exitCode: return "kept back"
        case -SIGKILL: return "killed"
        default: return "\(said)"
        }
      }
      async let crash: Void = {
        while try await counter.books().runs < (most + 1) / 2 { await Task.yield() }
        for process in alive.withLock({ $0 }) { kill(process, SIGKILL) }
      }()
      let first = try await Trial.each(Array(0..<orders), atOnce: 2) { try await order($0) }
      try await crash
      let second = try await Trial.each(Array(0..<orders), atOnce: 2) { try await order($0) }
      let (runs, charged) = try await counter.books()
      let place = JournalFolder(counter.folder.path("state/imgtool/journal"))
      let journal = try await Journal.open(place, timekeeper: .system())
      let unsure = try await journal.jobs([.intent, .unknown]).count
      let costs = try await journal.costs()
      let title = "A budget for \(most): \(orders) orders by processes, 2 at a time, killed half-way"
      Trial.print("\(title), the first time", first)
      Trial.print("\(title), the second time", second)
      Trial.print(
        "\(title), in the end",
        [("runs", runs), ("intents of which nobody knows", unsure), ("charged", charged), ("spent", costs.spent)])
      let endings = Set(first.keys).union(second.keys)
      #expect(endings.isSubset(of: ["paid for", "kept back", "killed"]), "\(first) \(second)")
      #expect(runs + unsure == most, "\(runs) runs, \(unsure) unsure")
      #expect(charged == costs.spent, "\(charged) charged, \(costs)")
      #expect(costs.spent + costs.open == budget, "\(costs)")
    }
  }

  /// Every order once, 16 at a time, by two processes in turn; refusals for want of money and deaths are no failures.
  private func everyOrder(of count: Int, on desk: Desk, kills: [KillSwitch]) async throws {
    var conductors: [JobConductor] = []
    for kill in kills { conductors.append(try await desk.conductor(kill: kill)) }
    let processes = conductors
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<16 {
        group.addTask {
          for number in stride(from: worker, to: count, by: 16) {
            do {
              _ = try await desk.process(number: UInt8(number), by: processes[number % processes.count])
            } catch is KillSwitch.Killed {
            } catch let error as ImgtoolError where error.kind == .budget {}
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// An empty budget keeps orders back for as long as the service fails, and not for ever.
  @Test func nothingIsBoughtWhileTheServiceIsFailing() async throws {
    let desk = try Desk()
    let conductor = try await desk.conductor(budget: RetryBudget(tokens: 4))
    desk.fake.state.withLock { $0.outage = { _, _ in .answer(503, []) } }
    await #expect { try await desk.process(by: conductor) } throws: { ($0 as? ImgtoolError)?.kind == .busy }
    #expect(desk.fake.state.withLock { $0.seen } == ["GET /v1/billing/balance"])
    desk.fake.state.withLock { $0.outage = { _, _ in nil } }
    #expect(try await desk.process(by: conductor).images.count == 1)
    #expect(desk.fake.state.withLock { $0.posts } == 1)
  }
}
