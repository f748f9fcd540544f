// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Logging

/// Carries out queued runs, so many at a time, oldest first; who waits for a slow host keeps nobody from work.
///
/// The database is the truth; the queue in memory is only an order of ids, made anew at each start.
actor Foreman {
  /// The steps of one run at which a test may stop the world.
  enum Step: String, Sendable, CaseIterable {
    case claimed, fetched, performed, stored, settled
  }

  private let bench: RunBench
  private let store: Store
  private let book: RunBook
  private let now: @Sendable () -> Timestamp
  private let logger: Logger
  private let announce: @Sendable ([String]) async -> Void
  private let reached: @Sendable (Step, String) async throws -> Void
  private var waiting: [String] = []
  private var first = 0
  private var working: [String: Task<Void, Never>] = [:]
  private var places: Places<CheckedContinuation<Void, Never>>
  private var cancelled: Set<String> = []
  private var isStopped = true
  private var idle: [CheckedContinuation<Void, Never>] = []

  /// - Parameter limit: runs at work at the same time.
  /// - Parameter mostOut: runs out for their inputs at the same time.
  /// - Parameter announce: told the deliveries that a settled run left behind.
  /// - Parameter reached: called at each step of a run; throwing leaves everything as a killed process would.
  init(
    bench: RunBench, store: Store, book: RunBook, now: @escaping @Sendable () -> Timestamp, limit: Int, mostOut: Int,
    logger: Logger,
    announce: @escaping @Sendable ([String]) async -> Void,
    reached: @escaping @Sendable (Step, String) async throws -> Void = { _, _ in }
  ) {
    self.bench = bench
    self.store = store
    self.book = book
    self.now = now
    places = Places(limit: limit, mostOut: mostOut)
    self.logger = logger
    self.announce = announce
    self.reached = reached
  }

  /// Takes up what the database says is unfinished, and begins to work.
  func start() async throws {
    let book = book
    let queued = try await store.write { db in try book.recover(in: db) }
    isStopped = false
    add(queued)
  }

  /// Runs waiting or being worked on.
  var load: Int { waiting.count - first + working.count }

  /// Queues runs that are in the database.
  func add(_ ids: [String]) {
    waiting += ids
    startMore()
  }

  /// Stops work on a run that was cancelled in the database.
  func cancel(_ id: String) {
    guard let task = working[id] else { return }
    cancelled.insert(id)
    task.cancel()
  }

  /// Begins no more, waits for what is being worked on, and after `time` interrupts and gives it back.
  func stop(within time: Duration, sleep: @escaping @Sendable (Duration) async throws -> Void) async {
    isStopped = true
    guard !working.isEmpty else { return }
    let alarm = Task {
      try await sleep(time)
      self.interrupt()
    }
    await withCheckedContinuation { idle.append($0) }
    alarm.cancel()
  }

  private func interrupt() { for task in working.values { task.cancel() } }

  /// Fetches without a place at the bench, which is taken again before anything else is done.
  private func away(_ fetch: @Sendable () async throws -> [UInt8]) async throws -> [UInt8] {
    guard places.leave() else { return try await fetch() }
    startMore()
    let result: Result<[UInt8], any Error>
    do { result = .success(try await fetch()) } catch { result = .failure(error) }
    await withCheckedContinuation { back in
      places.comeBack(back)
      startMore()
    }
    // The run may have been cancelled while it waited for its place.
    try Task.checkCancellation()
    return try result.get()
  }

  private func startMore() {
    while let back = places.returning() { back.resume() }
    while !isStopped, first < waiting.count, places.begin() {
      let id = waiting[first]
      first += 1
      if first > 1024 {
        waiting.removeFirst(first)
        first = 0
      }
      working[id] = Task {
        await self.carryOut(id)
        self.finished(id)
      }
    }
  }

  private func finished(_ id: String) {
    working[id] = nil
    places.end()
    cancelled.remove(id)
    startMore()
    guard working.isEmpty else { return }
    for continuation in idle { continuation.resume() }
    idle = []
  }

  private func carryOut(_ id: String) async {
    do {
      let (book, time) = (book, now())
      guard let run = try await store.write({ db in try book.claim(id, now: time, in: db) }) else { return }
      try await reached(.claimed, id)
      guard run.attempts <= RunBook.maximumAttempts else {
        return try await settle(
          id, .failed(code: "WORKER_LOST", message: "The server stopped during this run, repeatedly.", stage: "execute")
        )
      }
      try await work(on: run)
    } catch is Halt {
      // A test stopped the world here.
    } catch {
      logger.error("A run could not be recorded.", metadata: ["run": "\(id)", "error": "\(type(of: error))"])
    }
  }

  private func work(on run: RunRow) async throws {
    let ending: RunBook.Ending
    do {
      ending = try await bench.work(
        on: run, reached: { [reached] step in try await reached(step, run.id) },
        fetching: { fetch in try await self.away(fetch) })
    } catch let halt as Halt {
      throw halt
    } catch  where Task.isCancelled || error is CancellationError {
      if cancelled.contains(run.id) { return }
      return try await giveBack(run.id)
    } catch {
      ending = RunBench.ending(for: error)
    }
    try await settle(run.id, ending)
  }

  private func settle(_ id: String, _ ending: RunBook.Ending) async throws {
    let (book, time, store) = (book, now(), store)
    // A cancelled task's transaction would be rolled back; the end of a run must be recorded all the same.
    let deliveries = try await Task { try await store.write { db in try book.settle(id, ending, now: time, in: db) } }
      .value
    try await reached(.settled, id)
    if let deliveries { await announce(deliveries) } else { await bench.discard(id) }
  }

  private func giveBack(_ id: String) async throws {
    let (book, store) = (book, store)
    // For the same reason not in the cancelled task.
    try await Task { try await store.write { db in try book.giveBack(id, in: db) } }.value
  }
}

/// Thrown by tests to leave a run as a killed process would.
package struct Halt: Error, Sendable {
  package init() {}
}
