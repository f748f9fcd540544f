// SPDX-License-Identifier: Apache-2.0

/// The places at the bench: who may begin, who may leave for a while, and who comes back first.
///
/// A run at work has a place. One that is out for its input has none, and gets one again before a new run does.
struct Places<Waiter> {
  /// Runs at work at the same time.
  let limit: Int
  /// Runs out at the same time, those included that wait to come back: they hold what they fetched.
  let mostOut: Int
  private(set) var taken = 0
  private(set) var out = 0
  private var back: [Waiter] = []

  init(limit: Int, mostOut: Int) {
    self.limit = max(1, limit)
    self.mostOut = max(0, mostOut)
  }

  /// Takes a place for a new run; false where none is free.
  mutating func begin() -> Bool {
    guard taken < limit else { return false }
    taken += 1
    return true
  }

  /// Gives up a place for a while; false where it has to be kept, because enough are out.
  mutating func leave() -> Bool {
    guard out < mostOut else { return false }
    (taken, out) = (taken - 1, out + 1)
    return true
  }

  /// Asks for a place again.
  mutating func comeBack(_ waiter: Waiter) { back.append(waiter) }

  /// The first of those who asked, once there is a place for it.
  mutating func returning() -> Waiter? {
    guard !back.isEmpty, begin() else { return nil }
    out -= 1
    return back.removeFirst()
  }

  /// Gives up a place for good.
  mutating func end() { taken -= 1 }
}
