// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Who may run next: first in, first out, under a budget of bytes.
///
/// Pure; the pool holds it under its lock.
struct Admission<Work> {
  /// Why work is not taken.
  enum Refusal: Equatable {
    case full, tooLarge, closed
  }

  struct Waiting {
    let id: ObjectIdentifier
    let cost: ByteCount
    let work: Work
  }

  let threads: Int
  let budget: ByteCount
  /// How many may wait when every thread is taken.
  let queueLimit: Int
  private(set) var isClosed = false
  private(set) var running = 0
  private(set) var runningCost = ByteCount(0)
  private var waiting: [Waiting] = []
  /// The cost of everything finished since memory was last given back.
  private var finishedCost = 0

  init(threads: Int, budget: ByteCount, queueLimit: Int) {
    self.threads = threads
    self.budget = budget
    self.queueLimit = queueLimit
  }

  var waitingCount: Int { waiting.count }

  /// Puts work at the end of the queue, or says why not.
  ///
  /// At most `threads + queueLimit` pieces are inside, so a refusal does not depend on how fast a thread wakes.
  mutating func enqueue(_ work: Work, id: ObjectIdentifier, cost: ByteCount) -> Refusal? {
    if isClosed { return .closed }
    if cost > budget { return .tooLarge }
    if waiting.count + running >= threads + queueLimit { return .full }
    waiting.append(Waiting(id: id, cost: cost, work: work))
    return nil
  }

  /// Starts the oldest piece if its cost fits beside what runs; nothing overtakes it.
  mutating func next() -> Work? {
    guard let first = waiting.first, first.cost.bytes <= budget.bytes - runningCost.bytes else { return nil }
    waiting.removeFirst()
    running += 1
    runningCost = ByteCount(runningCost.bytes + first.cost.bytes)
    return first.work
  }

  /// Gives back what a finished piece held.
  mutating func finished(cost: ByteCount) {
    running -= 1
    runningCost = ByteCount(runningCost.bytes - cost.bytes)
    finishedCost = min(finishedCost, Int.max / 2) + min(cost.bytes, Int.max / 2)
  }

  /// Whether nothing runs or waits, and enough was done since the last time for giving memory back to be worth it.
  mutating func takesBreath() -> Bool {
    guard running == 0, waiting.isEmpty, finishedCost >= Self.breath.bytes else { return false }
    finishedCost = 0
    return true
  }

  /// Measured over 2,000 pictures: 356 MB resident when idle, 79 MB after giving memory back.
  static var breath: ByteCount { .mebibytes(256) }

  /// Takes waiting work out of the queue; nothing when it runs or is done.
  mutating func withdraw(_ id: ObjectIdentifier) -> Work? {
    guard let place = waiting.firstIndex(where: { $0.id == id }) else { return nil }
    return waiting.remove(at: place).work
  }

  /// Takes no more work and gives back what waits.
  mutating func close() -> [Work] {
    isClosed = true
    defer { waiting = [] }
    return waiting.map(\.work)
  }
}

extension Admission: Sendable where Work: Sendable {}
extension Admission.Waiting: Sendable where Work: Sendable {}
