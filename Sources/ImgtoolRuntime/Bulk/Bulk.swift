// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Works through a long list on own threads, in batches, with bounded memory.
///
/// Batches are pulled one at a time, worked on by `workers` threads, and handed over by one thread at a time: in the
/// order of the list, or as they are done. A worker waits when it is more than `window` batches ahead.
package struct Bulk: Sendable {
  package var workers: Int
  package var batchSize = 32
  package var isOrdered = true
  private let window = 64

  package init(workers: Int, isOrdered: Bool = true) {
    self.workers = max(1, workers)
    self.isOrdered = isOrdered
  }

  /// Runs to the end of the walk, or until `emit` answers false or `stop` is set.
  ///
  /// Blocks the calling thread: never call it on Swift's pool.
  ///
  /// - Parameter work: turns a batch into a result; called on several threads.
  /// - Parameter emit: takes results one at a time, with the share of the list produced so far where that is known;
  ///   false stops the run.
  package func run<Output: Sendable>(
    over walk: consuming FileWalk, stop: StopFlag, work: @escaping @Sendable ([String]) -> Output,
    emit: @escaping @Sendable (Output, Double?) -> Bool
  ) {
    let line = Line<Output>(walk: walk, window: window)
    let (batchSize, isOrdered) = (batchSize, isOrdered)
    let step: @Sendable () -> Void = {
      while !stop.isSet, let (number, paths) = line.pull(batchSize) {
        let output = work(paths)
        line.deliver(output, number, isOrdered: isOrdered) { if !emit($0, $1) { stop.set() } }
      }
      line.wake()
    }
    let others = (1..<max(workers, 1)).map { startThread("imgtool-bulk-\($0)", step) }
    step()
    others.forEach { $0.wait() }
  }
}

/// A flag that any thread may set once.
package final class StopFlag: Sendable {
  private let state = Atomic<Bool>(false)

  package init() {}

  package var isSet: Bool { state.load(ordering: .relaxed) }
  package func set() { state.store(true, ordering: .relaxed) }
}

/// The shared end of a run: where batches come from and where results go.
///
/// Everything mutable is guarded by `condition`.
private final class Line<Output: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let window: Int
  private var walk: FileWalk
  private var pulled = 0
  private var delivered = 0
  private var isDelivering = false
  private var waiting: [Int: Output] = [:]
  private var isAtEnd = false

  init(walk: consuming FileWalk, window: Int) {
    self.walk = walk
    self.window = window
  }

  func pull(_ size: Int) -> (Int, [String])? {
    condition.lock()
    defer { condition.unlock() }
    while pulled - delivered >= window, !isAtEnd { condition.wait() }
    guard !isAtEnd else { return nil }
    var paths: [String] = []
    paths.reserveCapacity(size)
    while paths.count < size, let path = walk.next() { paths.append(path) }
    if paths.count < size { isAtEnd = true }
    guard !paths.isEmpty else { return nil }
    pulled += 1
    return (pulled - 1, paths)
  }

  /// Takes one result; the thread that finds the next one in order hands over all that are ready.
  func deliver(_ output: Output, _ number: Int, isOrdered: Bool, emit: (Output, Double?) -> Void) {
    condition.lock()
    waiting[number] = output
    if isDelivering {
      condition.unlock()
      return
    }
    isDelivering = true
    while let key = isOrdered ? delivered : waiting.keys.first, let ready = waiting.removeValue(forKey: key) {
      let share = walk.share
      condition.unlock()
      emit(ready, share)
      condition.lock()
      delivered += 1
      condition.broadcast()
    }
    isDelivering = false
    condition.unlock()
  }

  /// Lets every waiting worker find the end.
  func wake() {
    condition.lock()
    isAtEnd = true
    condition.broadcast()
    condition.unlock()
  }
}

/// Starts a named thread; the semaphore is signalled when its body has returned.
private func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) -> DispatchSemaphore {
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    body()
    done.signal()
  }
  thread.name = name
  thread.stackSize = 1 << 20
  thread.start()
  return done
}
