// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Synchronization

/// Runs two closures, at the same time where it can, and returns when both are done.
package typealias PairRunner =
  @Sendable (_ first: @escaping @Sendable () -> Void, _ second: @escaping @Sendable () -> Void) -> Void

/// How a long computation is run: on one or two threads, watched and stoppable.
///
/// The result never depends on it. The engine itself starts no thread and waits for none.
package struct Workers: Sendable {
  let pair: PairRunner
  let isCancelled: @Sendable () -> Bool
  let progress: @Sendable (Double) -> Void

  /// - Parameters:
  ///   - pair: Where two closures may run at once; one after the other by default.
  ///   - isCancelled: Asked at least once per level and strip, from the threads of `pair`.
  ///   - progress: Told the share done, 0…1, never falling, from the threads of `pair`.
  package init(
    pair: @escaping PairRunner = { first, second in
      first()
      second()
    }, isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) {
    self.pair = pair
    self.isCancelled = isCancelled
    self.progress = progress
  }

  /// The same, with its progress reported as a part of a larger whole.
  func part(from start: Double, share: Double) -> Workers {
    let progress = progress
    return Workers(pair: pair, isCancelled: isCancelled) { progress(start + share * $0) }
  }

  /// - Throws: `.cancelled` once the caller has withdrawn the work.
  func check() throws(ImgtoolError) {
    if isCancelled() { throw ImgtoolError(.cancelled, "The picture was withdrawn while it was being worked on.") }
  }

  /// Runs two computations as a pair and hands back both results, or the first one's error before the second's.
  func both<A: Sendable, B: Sendable>(
    _ first: @escaping @Sendable () throws(ImgtoolError) -> A,
    _ second: @escaping @Sendable () throws(ImgtoolError) -> B
  ) throws(ImgtoolError) -> (A, B) {
    let a = Slot<A>()
    let b = Slot<B>()
    pair({ a.fill(first) }, { b.fill(second) })
    return (try a.take(), try b.take())
  }
}

/// Where a closure that ran elsewhere leaves its result.
private final class Slot<Value: Sendable>: Sendable {
  private let held = Mutex<Result<Value, ImgtoolError>?>(nil)

  func fill(_ body: () throws(ImgtoolError) -> Value) {
    let result: Result<Value, ImgtoolError>
    do throws(ImgtoolError) {
      result = .success(try body())
    } catch {
      result = .failure(error)
    }
    held.withLock { $0 = result }
  }

  func take() throws(ImgtoolError) -> Value {
    guard let result = held.withLock({ $0 }) else {
      throw ImgtoolError(.fault, "A pair of computations came back before both were done.")
    }
    return try result.get()
  }
}

/// Adds up what several computations have done into one rising share.
final class Tally: Sendable {
  private let done = Mutex(0.0)
  private let total: Double
  private let report: @Sendable (Double) -> Void

  init(total: Double, report: @escaping @Sendable (Double) -> Void) {
    self.total = max(total, 1)
    self.report = report
  }

  func add(_ amount: Double) {
    // Told while held, so that two threads cannot report out of order; the closure only notes a number.
    done.withLock {
      $0 += amount
      report(min(1, $0 / total))
    }
  }
}
