// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Carries ids from inside a transaction to what happens once it is durable.
final class Handover: Sendable {
  private let ids = Mutex<[String]>([])

  func put(_ news: [String]) { ids.withLock { $0 = news } }

  /// The ids, once.
  func take() -> [String] {
    ids.withLock { ids in
      defer { ids = [] }
      return ids
    }
  }
}
