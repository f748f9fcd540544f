// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// How long to wait before a harmless request is tried again: full jitter under a doubling limit.
package struct RetryRules: Sendable, Hashable {
  package var base = Duration.milliseconds(500)
  package var cap = Duration.seconds(20)
  /// Tries in all, the first included.
  package var tries = 5
  /// The longest a server's own wish is heeded.
  package var longestWish = Duration.seconds(300)

  package init() {}

  /// - Parameter tries: how often the request has been tried, at least 1.
  /// - Returns: nothing when it is not to be tried again.
  package func pause(after tries: Int, wish: Duration? = nil, dice: inout Dice) -> Duration? {
    guard tries < self.tries else { return nil }
    var limit = base
    for _ in 1..<max(1, tries) where limit < cap { limit = limit * 2 }
    let pause = dice.upTo(min(limit, cap))
    guard let wish, wish >= .zero, wish <= longestWish else { return pause }
    return wish + dice.upTo(base)
  }
}

/// What all requests of one client together may spend on repetition, so that an outage does not become a storm.
///
/// 500 tokens; a retry takes 5, after a timeout 10, and a success gives back what its retries took.
package final class RetryBudget: Sendable {
  private let tokens: Mutex<Int>
  private let most: Int

  package init(tokens most: Int = 500) {
    self.most = most
    tokens = Mutex(most)
  }

  /// Takes the price of one retry; nothing when too little is left.
  package func withdraw(afterTimeout: Bool) -> Int? {
    let price = afterTimeout ? 10 : 5
    return tokens.withLock { left in
      guard left >= price else { return nil }
      left -= price
      return price
    }
  }

  /// Gives tokens back after a success; 1 where nothing had been taken.
  package func refund(_ taken: Int) { tokens.withLock { $0 = min(most, $0 + max(1, taken)) } }

  package var left: Int { tokens.withLock { $0 } }
  /// Whether too little is left for any retry: nothing new that costs money should start before the service has
  /// answered something.
  package var isEmpty: Bool { left < 5 }
}
