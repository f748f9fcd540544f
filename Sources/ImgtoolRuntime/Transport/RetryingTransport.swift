// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
package import ImgtoolCore
internal import Synchronization

/// Sends again what may be sent again: after network failures, 429 and 5xx, within the shared budget.
package final class RetryingTransport: Transport {
  private let inner: any Transport
  private let rules: RetryRules
  private let budget: RetryBudget
  private let timekeeper: Timekeeper
  private let dice: Mutex<Dice>

  package init(
    _ inner: any Transport, rules: RetryRules = RetryRules(), budget: RetryBudget, timekeeper: Timekeeper
  ) {
    self.inner = inner
    self.rules = rules
    self.budget = budget
    self.timekeeper = timekeeper
    dice = Mutex(Dice(seed: UInt64(timekeeper.chance() * Double(UInt64.max >> 12))))
  }

  package func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
    try await repeating(request) { inner throws(TransportFailure) in
      let answer = try await inner.send(request)
      return (answer, answer)
    }
  }

  package func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
    try await repeating(request) { inner throws(TransportFailure) in
      let download = try await inner.download(request, to: path)
      guard case .refused(let answer) = download else { return (download, nil) }
      return (download, answer)
    }
  }

  private func repeating<Value>(
    _ request: TransportRequest,
    _ attempt: (any Transport) async throws(TransportFailure) -> (Value, TransportAnswer?)
  ) async throws(TransportFailure) -> Value {
    guard request.isRepeatable else { return try await attempt(inner).0 }
    var tries = 0
    var taken = 0
    while true {
      tries += 1
      do {
        let (value, answer) = try await attempt(inner)
        guard let answer, answer.status.code == 429 || answer.status.code >= 500 else {
          budget.refund(taken)
          return value
        }
        let isTimeout = answer.status.code == 504
        guard let pause = pause(tries, answer.retryAfter, isTimeout, &taken) else { return value }
        try await sleep(pause)
      } catch {
        guard error.isTransient, let pause = pause(tries, nil, error.cause == .timeout, &taken) else { throw error }
        try await sleep(pause)
      }
    }
  }

  private func pause(_ tries: Int, _ wish: Duration?, _ isTimeout: Bool, _ taken: inout Int) -> Duration? {
    guard let pause = dice.withLock({ rules.pause(after: tries, wish: wish, dice: &$0) }),
      let price = budget.withdraw(afterTimeout: isTimeout)
    else { return nil }
    taken += price
    return pause
  }

  private func sleep(_ pause: Duration) async throws(TransportFailure) {
    do {
      try await timekeeper.sleep(pause)
    } catch {
      throw TransportFailure(.cancelled, mayHaveArrived: true, "The request was withdrawn between two tries.")
    }
  }
}
