// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolPixels

@Suite struct PoolTests {
  /// A door the bodies of a test stand before until it is opened; blocking is allowed on the pool's own threads.
  private final class Door: Sendable {
    private let isOpen = Monitor(false)
    private let waiting = Atomic(0)

    func open() { isOpen.change { $0 = true } }
    func pass() {
      waiting.add(1, ordering: .sequentiallyConsistent)
      isOpen.wait { $0 ? () : nil }
    }
    /// How many have come to the door.
    var arrived: Int { waiting.load(ordering: .sequentiallyConsistent) }
  }

  /// Something that happens once.
  private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .sequentiallyConsistent) }
    func set() { value.store(true, ordering: .sequentiallyConsistent) }
  }

  /// What ran, in order.
  private final class Order: Sendable {
    let numbers = Mutex<[Int]>([])
  }

  private func pool(threads: Int = 1, memory: Int = 1000, queue: Int = 10) throws -> VipsPool {
    try VipsPool(VipsPool.Limits(threads: threads, memory: ByteCount(memory), queue: queue), name: "test-own")
  }

  /// Lets other tasks run until something holds; the test's time limit ends a wait for nothing.
  private func until(_ holds: () -> Bool) async { while !holds() { await Task.yield() } }

  @Test func aBodyRunsOnAThreadOfThePoolAndGivesItsValueBack() async throws {
    let pool = try pool(threads: 2)
    let (value, name) = try await pool.run(cost: ByteCount(1)) { _ in (6 * 7, currentThreadName()) }
    #expect(value == 42)
    #expect(name.hasPrefix("test-own-"))
    await pool.shutdown()
  }

  @Test func whatABodyThrowsComesBackAsItIs() async throws {
    let pool = try pool()
    await #expect(throws: ImgtoolError(.input, "no picture")) {
      try await pool.run(cost: ByteCount(1)) { _ in throw ImgtoolError(.input, "no picture") }
    }
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func workRunsInTheOrderItCame() async throws {
    let pool = try pool()
    let door = Door()
    let order = Order()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.run(cost: ByteCount(1)) { _ in door.pass() } }
      await until { door.arrived == 1 }
      for number in 0..<8 {
        group.addTask {
          try await pool.run(cost: ByteCount(1)) { _ in order.numbers.withLock { $0.append(number) } }
        }
        await until { pool.load.waiting == number + 1 }
      }
      door.open()
      try await group.waitForAll()
    }
    #expect(order.numbers.withLock { $0 } == Array(0..<8))
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func theBudgetHoldsWorkBackThoughAThreadIsFree() async throws {
    let pool = try pool(threads: 2, memory: 100)
    let door = Door()
    async let first: Void = pool.run(cost: ByteCount(60)) { _ in door.pass() }
    await until { door.arrived == 1 }
    async let second: Void = pool.run(cost: ByteCount(60)) { _ in door.pass() }
    await until { pool.load.waiting == 1 }
    #expect(pool.load.running == 1)
    door.open()
    _ = try await (first, second)
    await expectKind(.limit) { try await pool.run(cost: ByteCount(101)) { _ in } }
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func aFullQueueIsBusy() async throws {
    let pool = try pool(queue: 1)
    let door = Door()
    async let first: Void = pool.run(cost: ByteCount(1)) { _ in door.pass() }
    await until { door.arrived == 1 }
    async let second: Void = pool.run(cost: ByteCount(1)) { _ in }
    await until { pool.load.waiting == 1 }
    do {
      try await pool.run(cost: ByteCount(1)) { _ in }
      Issue.record("the queue is not full")
    } catch let error as ImgtoolError {
      #expect(error.kind == .busy && error.retry == .later)
    }
    door.open()
    _ = try await (first, second)
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func waitingWorkCanBeWithdrawn() async throws {
    let pool = try pool()
    let door = Door()
    let hasRun = Flag()
    async let first: Void = pool.run(cost: ByteCount(1)) { _ in door.pass() }
    await until { door.arrived == 1 }
    let second = Task { try await pool.run(cost: ByteCount(1)) { _ in hasRun.set() } }
    await until { pool.load.waiting == 1 }
    second.cancel()
    await expectKind(.cancelled) { try await second.value }
    #expect(pool.load.waiting == 0)
    door.open()
    try await first
    await pool.shutdown()
    #expect(!hasRun.isSet)
  }

  @Test(.timeLimit(.minutes(1))) func aTaskCancelledBeforehandRunsNothing() async throws {
    let pool = try pool()
    let hasRun = Flag()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      try await pool.run(cost: ByteCount(1)) { _ in hasRun.set() }
    }
    task.cancel()
    await expectKind(.cancelled) { try await task.value }
    #expect(!hasRun.isSet)
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func waitingWorkEndsAtItsDeadline() async throws {
    let pool = try pool()
    let door = Door()
    async let first: Void = pool.run(cost: ByteCount(1)) { _ in door.pass() }
    await until { door.arrived == 1 }
    await expectKind(.timeout) {
      try await pool.run(cost: ByteCount(1), deadline: .now + .milliseconds(5)) { _ in }
    }
    #expect(pool.load.waiting == 0)
    door.open()
    try await first
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func aDeadlineInThePastIsATimeout() async throws {
    let pool = try pool()
    await expectKind(.timeout) { try await pool.run(cost: ByteCount(1), deadline: .now - .seconds(1)) { _ in } }
    await pool.shutdown()
  }

  /// A computation of many hours: one pixel drawn out to 10 million lines, softened.
  private static func endless(_ thread: borrowing VipsThread) throws {
    let frame = size(1_000_000, 10_000_000)
    let dot = try SamplePictures.plain(size(1, 1), [7]).picture(on: thread)
    _ = try dot.placed(in: frame, at: PixelRect(x: 5, y: 5, size: size(1, 1)), fill: .edge).statistics()
  }

  @Test(.timeLimit(.minutes(1))) func theDeadlineStopsRunningWork() async throws {
    let pool = try pool()
    await expectKind(.timeout) {
      try await pool.run(cost: ByteCount(1), deadline: .now + .milliseconds(30)) { try Self.endless($0) }
    }
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func cancellingStopsRunningWork() async throws {
    let pool = try pool()
    let begun = Flag()
    let task = Task {
      try await pool.run(cost: ByteCount(1)) { thread in
        begun.set()
        try Self.endless(thread)
      }
    }
    await until { begun.isSet }
    task.cancel()
    await expectKind(.cancelled) { try await task.value }
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func theDeadlineStopsALongDecode() async throws {
    let file = try await SamplePictures.plain(size(1, 1), [9, 9, 9]).encodedStretched(to: size(6000, 6000))
    let pool = try pool()
    await expectKind(.timeout) {
      try await pool.run(cost: ByteCount(1), deadline: .now + .milliseconds(20)) { thread in
        while true { _ = try Picture(opening: .bytes(file), as: .png, on: thread).copiedToMemory() }
      }
    }
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func aLoopOfOnesOwnStopsWhereItChecks() async throws {
    let pool = try pool()
    await expectKind(.timeout) {
      try await pool.run(cost: ByteCount(1), deadline: .now + .milliseconds(5)) { thread in
        while true { try thread.check() }
      }
    }
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func shutdownRefusesWhatWaitsAndEndsEveryThread() async throws {
    let pool = try pool(threads: 1)
    let door = Door()
    async let first: Int = pool.run(cost: ByteCount(1)) { _ in
      door.pass()
      return 1
    }
    await until { door.arrived == 1 }
    let second = Task { try await pool.run(cost: ByteCount(1)) { _ in } }
    await until { pool.load.waiting == 1 }
    async let end: Void = pool.shutdown()
    await expectKind(.cancelled) { try await second.value }
    door.open()
    #expect(try await first == 1)
    await end
    #expect(pool.liveThreads == 0)
    await expectKind(.cancelled) { try await pool.run(cost: ByteCount(1)) { _ in } }
    await pool.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func manyPoolsLeaveNoThreadBehind() async throws {
    for _ in 0..<20 {
      let pool = try VipsPool(VipsPool.Limits(threads: 4), name: "test-leak")
      _ = try await pool.run(cost: ByteCount(1)) {
        try SamplePictures.plain(size(4, 4), [1]).picture(on: $0).samples8()
      }
      await pool.shutdown()
      #expect(pool.liveThreads == 0)
    }
  }

  @Test(.timeLimit(.minutes(1))) func lettingGoOfAPoolEndsItsThreads() async throws {
    var pool: VipsPool? = try VipsPool(VipsPool.Limits(threads: 3), name: "test-gone")
    let core = try #require(pool).core
    pool = nil
    await until { core.liveThreads == 0 }
  }

  @Test func aPoolUsedFromManyTasksGivesEveryoneTheirOwnAnswer() async throws {
    let answers = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
      for number in 0..<64 {
        group.addTask {
          let sum = try await onPixels { thread in
            let sample = SamplePictures.plain(size(9, 5), [UInt8(number)])
            return try sample.picture(on: thread).resized(to: size(18, 10)).samples8().reduce(0) { $0 + Int($1) }
          }
          return (number, sum)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.count == 64 && answers.allSatisfy { $0.1 == $0.0 * 180 })
  }
}

/// The name the kernel has for the calling thread; "test-own-" everywhere but on Linux.
private func currentThreadName() -> String {
  #if os(Linux)
    let text = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
    return text.trimmingCharacters(in: .newlines)
  #else
    return "test-own-"
  #endif
}

extension SamplePicture {
  /// A large PNG of this picture drawn out, made without drawing every pixel in Swift.
  func encodedStretched(to size: PixelSize) async throws -> [UInt8] {
    try await onPixels { thread in
      try self.picture(on: thread).placed(in: size, at: PixelRect(x: 0, y: 0, size: self.size), fill: .edge)
        .encoded(EncodeOptions(format: .png, compression: 1))
    }
  }
}
