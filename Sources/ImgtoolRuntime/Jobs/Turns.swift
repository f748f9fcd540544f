// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Lets so many work at once, the others in the order in which they came: a counting semaphore for tasks.
final class Turns: Sendable {
  private struct State {
    var free: Int
    var waiting: [SharedAnswer<Bool>] = []
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(free: count)) }

  /// One of those who work; over at its `end`, or where nobody holds it any more.
  final class Turn: Sendable {
    private let turns: Mutex<Turns?>

    fileprivate init(_ turns: Turns) { self.turns = Mutex(turns) }

    deinit { end() }

    func end() { turns.withLock { $0.take() }?.pass() }
  }

  /// Waits for a turn.
  ///
  /// - Throws: `CancellationError` where the task is cancelled before its turn.
  func take() async throws -> Turn {
    try await wait()
    return Turn(self)
  }

  private func wait() async throws {
    let turn: SharedAnswer<Bool>? = state.withLock { state in
      guard state.free == 0 else {
        state.free -= 1
        return nil
      }
      let turn = SharedAnswer<Bool>()
      state.waiting.append(turn)
      return turn
    }
    guard let turn, await turn.value() == nil else { return }
    // Whoever is withdrawn leaves the queue; a turn that came at the same moment is for the next.
    let isQueued = state.withLock { state in
      let place = state.waiting.firstIndex { $0 === turn }
      if let place { state.waiting.remove(at: place) }
      return place != nil
    }
    if !isQueued { pass() }
    throw CancellationError()
  }

  private func pass() {
    let next: SharedAnswer<Bool>? = state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.tell(true)
  }
}
