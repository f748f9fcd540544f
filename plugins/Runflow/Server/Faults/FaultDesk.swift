// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The faults waiting to be played; exists only where the configuration says `hasFaults`.
package final class FaultDesk: Sendable {
  private let rules = Mutex<[FaultRule]>([])

  package init() {}

  /// Puts rules in place of all there were.
  package func set(_ news: [FaultRule]) { rules.withLock { $0 = news } }

  /// Adds rules behind those there are.
  package func add(_ news: [FaultRule]) { rules.withLock { $0 += news } }

  /// The rules still to be played.
  package var json: JSON { .array(rules.withLock { $0.map(\.json) }) }

  /// The fault for one event: the first rule for it counts the event, and plays when its turn has come.
  package func take(_ event: String, path: String) -> FaultRule? {
    rules.withLock { rules in
      let isRoute = event != "run" && !event.hasPrefix("callback")
      for at in rules.indices {
        let rule = rules[at]
        guard rule.on == event || (rule.on == "*" && isRoute), rule.match.map(path.contains) ?? true else { continue }
        if rule.skip > 0 {
          rules[at].skip -= 1
          return nil
        }
        if let times = rule.times {
          if times <= 1 { rules.remove(at: at) } else { rules[at].times = times - 1 }
          if times == 0 { return nil }
        }
        return rule
      }
      return nil
    }
  }
}
