// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import ImgtoolRuntime

extension Turns {
  /// Waits for a turn and works.
  func taking<Value>(_ work: () async throws -> Value) async throws -> Value {
    let turn = try await take()
    defer { turn.end() }
    return try await work()
  }
}

@Suite(.timeLimit(.minutes(1))) struct TurnsTests {
  final class Load: Sendable {
    let state = Mutex((now: 0, most: 0, all: 0))
  }

  @Test func noMoreWorkAtOnceThanThereAreTurnsAndEverybodyComesUp() async throws {
    let (turns, load) = (Turns(3), Load())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<100 {
        group.addTask {
          try await turns.taking {
            load.state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.all + 1) }
            await Task.yield()
            load.state.withLock { $0.now -= 1 }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(load.state.withLock { $0.most <= 3 && $0.now == 0 && $0.all == 100 })
  }

  /// Many are withdrawn while they wait or as their turn comes: no turn is lost.
  @Test func whoeverIsWithdrawnLosesNoTurn() async throws {
    struct Failed: Error {}
    let turns = Turns(2)
    for round in 0..<50 {
      let tasks = (0..<20).map { number in
        Task {
          try await turns.taking {
            await Task.yield()
            if number == 7 { throw Failed() }
          }
        }
      }
      for task in tasks.suffix(15 - round % 10) { task.cancel() }
      for task in tasks { _ = await task.result }
    }
    let first = Task { try await turns.taking { try await Task.sleep(for: .seconds(3600)) } }
    #expect(try await turns.taking { 7 } == 7)
    first.cancel()
    _ = await first.result
    #expect(try await turns.taking { try await turns.taking { 8 } } == 8)
  }

  /// It was given to a waiter that is gone; nobody could work any more.
  @Test func aTurnThatComesAsItsWaiterIsWithdrawnIsPassedOn() async throws {
    let turns = Turns(1)
    for _ in 0..<3_000 {
      let (isIn, mayLeave) = (SharedAnswer<Bool>(), SharedAnswer<Bool>())
      let holder = Task {
        try await turns.taking {
          isIn.tell(true)
          _ = await mayLeave.value()
        }
      }
      _ = await isIn.value()
      let waiter = Task { try await turns.taking {} }
      await Task.yield()
      async let withdrawn: Void = waiter.cancel()
      mayLeave.tell(true)
      await withdrawn
      _ = await (holder.result, waiter.result)
    }
    #expect(try await turns.taking { 7 } == 7)
  }

  @Test func aTurnIsGivenBackOnceAndAlsoByWhoeverForgetsIt() async throws {
    let turns = Turns(1)
    let first = try await turns.take()
    first.end()
    first.end()
    try await forget(turns)
    let waiting = Task { try await turns.taking { 7 } }
    #expect(try await waiting.value == 7)
    // One and no more: the second end of the first turn gave nothing back.
    let only = try await turns.take()
    let second = Task { try await turns.taking {} }
    await Task.yield()
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    only.end()
  }

  private func forget(_ turns: Turns) async throws { _ = try await turns.take() }
}
