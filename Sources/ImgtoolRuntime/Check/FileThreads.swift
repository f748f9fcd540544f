// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A few threads for reading files, so that a slow disk never holds up Swift's pool.
///
/// A task executor (Swift Evolution 0417): work is handed over with `withTaskExecutorPreference`.
public final class FileThreads: TaskExecutor {
  /// Twice the cores, because such threads mostly wait; started at the first use, ended never.
  public static let shared = FileThreads(count: 2 * ProcessInfo.processInfo.activeProcessorCount)

  private let queue = JobQueue()

  /// Starts `count` threads; they end when the last reference is dropped.
  public init(count: Int) {
    for number in 0..<max(1, count) {
      let queue = queue
      let thread = Thread {
        while let (job, executor) = queue.take() { job.runSynchronously(on: executor) }
      }
      thread.name = "imgtool-file-\(number)"
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  deinit { queue.close() }

  public func enqueue(_ job: consuming ExecutorJob) {
    queue.add(UnownedJob(job), asUnownedTaskExecutor())
  }
}

/// Jobs that wait for a thread; everything mutable is guarded by `condition`.
private final class JobQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var jobs: [(UnownedJob, UnownedTaskExecutor)] = []
  private var first = 0
  private var isClosed = false

  func add(_ job: UnownedJob, _ executor: UnownedTaskExecutor) {
    condition.lock()
    jobs.append((job, executor))
    condition.signal()
    condition.unlock()
  }

  /// The next job; nothing once the queue is closed and empty.
  func take() -> (UnownedJob, UnownedTaskExecutor)? {
    condition.lock()
    defer { condition.unlock() }
    while first == jobs.count, !isClosed { condition.wait() }
    guard first < jobs.count else { return nil }
    let job = jobs[first]
    first += 1
    if first == jobs.count || first > 1024 {
      jobs.removeFirst(first)
      first = 0
    }
    return job
  }

  func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }
}
