// SPDX-License-Identifier: Apache-2.0
import Dispatch

extension Workers {
  /// Two threads of the system.
  ///
  /// The caller waits for them: it runs on a thread of the pool or of its own, never on one of Swift's.
  static func pair(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) -> Workers {
    Workers(
      pair: { first, second in DispatchQueue.concurrentPerform(iterations: 2) { $0 == 0 ? first() : second() } },
      isCancelled: isCancelled, progress: progress)
  }
}
