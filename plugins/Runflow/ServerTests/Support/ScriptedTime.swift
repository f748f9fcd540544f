// SPDX-License-Identifier: Apache-2.0
import RunflowServer
import Synchronization

/// A clock that stands still but for sleeps, which end at once and move it.
final class ScriptedTime: Sendable {
  private struct State {
    var now: Timestamp
    var sleeps: [Duration] = []
    var random: UInt64 = 0x9E37_79B9_7F4A_7C15
  }

  private let state: Mutex<State>

  /// - Parameter start: as in a record, "2026-09-18T09:14:02.118000Z".
  init(_ start: String = "2026-09-18T09:14:02.118000Z") {
    state = Mutex(State(now: Timestamp(start) ?? Timestamp(microseconds: 0)))
  }

  var sleeps: [Duration] { state.withLock { $0.sleeps } }

  func advance(seconds: Int64) { state.withLock { $0.now = $0.now.adding(seconds: seconds) } }

  /// Surroundings with this clock, a repeatable generator (xorshift64), and names resolved by a table.
  func surroundings(names: [String: String] = [:]) -> Surroundings {
    Surroundings(
      now: {
        self.state.withLock { state in
          // Two records never share a microsecond.
          state.now = Timestamp(microseconds: state.now.microseconds + 1)
          return state.now
        }
      },
      sleep: { duration in
        try Task.checkCancellation()
        self.state.withLock { state in
          state.sleeps.append(duration)
          let micros = duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
          state.now = Timestamp(microseconds: state.now.microseconds + micros)
        }
        await Task.yield()
      },
      random: {
        self.state.withLock { state in
          state.random ^= state.random << 13
          state.random ^= state.random >> 7
          state.random ^= state.random << 17
          return state.random
        }
      },
      resolve: { host in (IPAddress(names[host] ?? host)).map { [$0] } ?? [] })
  }
}
