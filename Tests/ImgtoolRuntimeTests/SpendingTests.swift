// SPDX-License-Identifier: Apache-2.0

import Foundation
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
