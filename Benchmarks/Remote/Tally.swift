// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Which runs are in flight, or over without ever having been; tells when that is all of them.
final class Tally: Sendable {
  private struct State {
    var missing: Set<Int>
    var isWaiting: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  init(of runs: Int) { state = Mutex(State(missing: Set(0..<runs))) }

  func note(_ run: Int) {
    let waiting = state.withLock { state in
      state.missing.remove(run)
      defer { if state.missing.isEmpty { state.isWaiting = nil } }
      return state.missing.isEmpty ? state.isWaiting : nil
    }
    waiting?.resume()
  }

  /// Waits for the last one; for one waiter.
  func isFull() async {
    await withCheckedContinuation { continuation in
      let isFull = state.withLock { state in
        if !state.missing.isEmpty { state.isWaiting = continuation }
        return state.missing.isEmpty
      }
      if isFull { continuation.resume() }
    }
  }
}
