// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// An answer that is fetched once and waited for by many; whoever is cancelled waits no longer.
final class SharedAnswer<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var waiting: [Int: CheckedContinuation<Value?, Never>] = [:]
    var count = 0
  }

  private let state = Mutex(State())

  /// Waits for the answer.
  ///
  /// - Returns: nothing where the task was cancelled first.
  func value() async -> Value? {
    let number = state.withLock { state in
      state.count += 1
      return state.count
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          // The handler may have run before there was anybody to wake.
          guard state.value == nil, !Task.isCancelled else { return (true, state.value) }
          state.waiting[number] = continuation
          return (false, nil)
        }
        if isOver.0 { continuation.resume(returning: isOver.1) }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: nil)
    }
  }

  /// Tells everybody; once.
  func tell(_ value: Value) {
    let waiting = state.withLock { state in
      state.value = value
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for continuation in waiting { continuation.resume(returning: value) }
  }
}
