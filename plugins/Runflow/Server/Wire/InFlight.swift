// SPDX-License-Identifier: Apache-2.0

/// Lets one request per idempotency key through at a time; later ones wait and then find its answer.
actor InFlight {
  private var queues: [IdempotencyKey: [CheckedContinuation<Void, Never>]] = [:]

  /// Waits until nobody else has the key.
  ///
  /// Pair with `leave`.
  func enter(_ key: IdempotencyKey) async {
    guard queues[key] != nil else {
      queues[key] = []
      return
    }
    await withCheckedContinuation { queues[key]?.append($0) }
  }

  /// Lets the next one in.
  func leave(_ key: IdempotencyKey) {
    guard var queue = queues[key], !queue.isEmpty else {
      queues[key] = nil
      return
    }
    let next = queue.removeFirst()
    queues[key] = queue
    next.resume()
  }
}
