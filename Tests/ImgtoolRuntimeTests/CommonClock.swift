// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Synchronization

/// A clock for many clients at once: when all of them sleep, it moves on to the first that has to wake.
///
/// So time passes for all alike, and none of it while anybody is at work.
final class CommonClock: Sendable {
  private struct Sleeper {
    let end: Duration
    let wake: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now = Duration.zero
    var clients = 0
    var sleepers: [Int: Sleeper] = [:]
    var asleep = 0
    var draws: UInt64 = 0
  }

  private let state = Mutex(State())

  var now: Duration { state.withLock { $0.now } }

  /// Counts clients in before the first of them begins.
  func join(_ clients: Int) { state.withLock { $0.clients += clients } }

  /// Takes one out, who is at work no more.
  func leave() { wake { $0.clients -= 1 } }

  func sleep(_ pause: Duration) async throws {
    let number = state.withLock { state in
      state.asleep += 1
      return state.asleep
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        wake { $0.sleepers[number] = Sleeper(end: $0.now + pause, wake: continuation) }
      }
    } onCancel: {
      state.withLock { $0.sleepers.removeValue(forKey: number) }?.wake.resume(throwing: CancellationError())
    }
  }

  /// Changes who sleeps, and moves on where nobody is awake.
  private func wake(_ change: (inout State) -> Void) {
    let woken = state.withLock { state in
      change(&state)
      guard state.sleepers.count >= state.clients, let next = state.sleepers.values.map(\.end).min() else {
        return [Sleeper]()
      }
      state.now = max(state.now, next)
      let due = state.sleepers.filter { $0.value.end <= state.now }
      for number in due.keys { state.sleepers[number] = nil }
      return Array(due.values)
    }
    for sleeper in woken { sleeper.wake.resume() }
  }

  /// The clock as the runtime takes it; chance is a fixed sequence.
  var timekeeper: Timekeeper {
    Timekeeper(
      now: { self.now },
      wallMilliseconds: { 1_790_000_000_000 + Int64(self.now / .milliseconds(1)) },
      sleep: { try await self.sleep($0) },
      chance: {
        self.state.withLock { state in
          // The golden ratio's multiples are spread evenly (Knuth, TAOCP 3, §6.4).
          state.draws &+= 0x9e37_79b9_7f4a_7c15
          return Double(state.draws >> 11) / Double(1 << 53)
        }
      })
  }
}
