// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import ImgtoolCore
import ImgtoolTesting
import Logging
import RunflowBackend
import RunflowServer
import Synchronization
import Testing

@testable import ImgtoolRuntime

extension Guarantees {
  /// A callback says only what a read of the run confirms: posted over HTTP to the route, the check of the signature and
  /// the conductor of a service, while an order waits on a clock that never wakes it by itself.
  @Suite struct CallbackTrust {
    static let cases = CallbackCase.all(flips: Trial.count(2000, 60), replays: Trial.count(1000, 30))

    @Test func nothingThatIsPostedDoesMoreThanALookAtTheRun() async throws {
      let times = Mutex<[Duration]>([])
      let counts = try await Trial.each(Self.cases) { one in
        try await Self.play(one) { time in times.withLock { $0.append(time) } }
      }
      Trial.print("A callback says only what a GET confirms", counts)
      let sorted = times.withLock { $0.sorted() }
      func share(_ share: Int) -> Duration { sorted.isEmpty ? .zero : sorted[(sorted.count - 1) * share / 100] }
      Trial.print("A callback: from the first byte to 200", [("of 100, the 50th", share(50)), ("the 99th", share(99))])
    }

    /// Whether a signature is wrong at its beginning or its end makes no difference that could be told from outside.
    @Test func theTimeOfARefusalIsPrinted() throws {
      let webhooks = try RunflowWebhooks(secrets: [Secret(CallbackCase.current)])
      let body = CallbackCase.event("succeeded")
      let digest = CallbackCase.digest(body)
      func wrong(at place: Int) -> String {
        var digits = Array(digest.utf8)
        digits[place] = digits[place] == 48 ? 49 : 48
        return String(decoding: digits, as: UTF8.self)
      }
      let (first, last) = ([wrong(at: 0)], [wrong(at: 63)])
      var times: [[Duration]] = [[], []]
      for round in 0..<Trial.count(20_000, 200) {
        for (kind, signatures) in [first, last].enumerated() {
          let start = ContinuousClock.now
          let event = try? webhooks.verify(body, signatures: signatures)  // refused, which is what is timed
          times[kind].append(ContinuousClock.now - start)
          #expect(event == nil, "round \(round)")
        }
      }
      let medians = times.map { $0.sorted()[$0.count / 2] }
      Trial.print(
        "A refused signature: the median time", [("wrong in the first digit", medians[0]), ("in the last", medians[1])])
    }

    // MARK: one case

    /// A service: what it receives callbacks with, and the journal behind it.
    private struct Receiver: Sendable {
      let conductor: JobConductor
      let webhooks: RunflowWebhooks
      let death: CallbackCase.Death
      let calls = Counter()

      func take(_ body: [UInt8], _ signatures: [String]) async throws {
        let event = try webhooks.verify(body, signatures: signatures)
        let isFirst = calls.next() == 0
        let dead = ImgtoolError(.fault, "Dead.")
        if isFirst, death == .beforeItIsStored { throw dead }
        _ = try await conductor.received(run: event.id, label: event.label, key: event.dedupeKey)
        if isFirst, death == .beforeItIsAnswered { throw dead }
      }
    }

    private final class Counter: Sendable {
      private let count = Mutex(0)
      func next() -> Int {
        count.withLock { count in
          defer { count += 1 }
          return count
        }
      }
    }

    /// - Parameter timed: told how long each callback took that was taken.
    /// - Returns: what came of it.
    private static func play(_ one: CallbackCase, timed: @escaping @Sendable (Duration) -> Void) async throws
      -> String
    {
      let (waiting, night, desk) = (WaitingTests(), WaitingTests.Night(), try Desk())
      defer { desk.fake.stop() }
      desk.fake.state.withLock { $0.work = one.isAtWork ? .max : 0 }
      let conductor = try await waiting.conductor(desk, night.timekeeper)
      let order = Task { try await waiting.order(conductor, desk) }
      defer { order.cancel() }
      await night.isAsleep(1)
      let webhooks = try RunflowWebhooks(secrets: one.secrets.map { Secret($0) })
      let receiver = Receiver(conductor: conductor, webhooks: webhooks, death: one.death)
      let answers = try await deliver(one.deliveries, to: receiver, timed)
      let expected: [Int?] = answers.indices.map { one.answers[min($0, one.answers.count - 1)] }
      let wrong = answers.indices.filter { answers[$0] != expected[$0] }
      #expect(answers.count == one.deliveries.count && wrong.isEmpty, "\(one): \(wrong.prefix(5)) of \(answers.count)")
      if one.delivers { #expect(try await order.value.images.count == 1, "\(one)") }
      // Asked, and told that the run is at work, the order waits again.
      if one.isAtWork, one.asks { await night.isAsleep(2) }
      try await expect(one, conductor.journal, desk)
      guard one.delivers else { return one.news == 0 ? "refused, nothing done" : "taken, nothing changed" }
      // A year later, to another process: the run is not read, and nothing is fetched or bought.
      night.scripted.advance(by: .seconds(31_536_000))
      let later = try await waiting.conductor(desk, night.timekeeper)
      let last = try #require(one.deliveries.last)
      _ = try await deliver([last], to: Receiver(conductor: later, webhooks: webhooks, death: .none), timed)
      try await expect(one, later.journal, desk)
      return "taken, the order is delivered"
    }

    /// What is in the journal, and what the service saw.
    private static func expect(_ one: CallbackCase, _ journal: Journal, _ desk: Desk) async throws {
      let news = try await journal.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM callbacks") ?? 0 }
      #expect(news == one.news, "\(one)")
      let jobs = try await journal.jobs()
      #expect(jobs.map(\.phase) == [one.delivers ? .fetched : .submitted], "\(one)")
      let (posts, reads, downloads) = desk.fake.state.withLock { ($0.posts, $0.reads, $0.downloads) }
      #expect(posts == 1 && downloads == (one.delivers ? 1 : 0), "\(one): \(posts) requests, \(downloads) downloads")
      if one.news == 0 || !one.asks { #expect(reads == 0, "\(one): the run was read \(reads) times") }
    }

    /// Posts to a listener, one after the other.
    private static func deliver(
      _ deliveries: [RawDelivery], to receiver: Receiver, _ timed: @escaping @Sendable (Duration) -> Void
    ) async throws -> [Int?] {
      let (addresses, found) = AsyncStream<String>.makeStream()
      let quiet = Logger(label: "callbacks") { _ in SwiftLogNoOpLogHandler() }
      let listener = CallbackListener(port: 0, path: "/callbacks/runflow", logger: quiet, receive: receiver.take)
      return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
          defer { found.finish() }
          try await listener.run { found.yield($0) }
        }
        defer { tasks.cancelAll() }
        let address = await addresses.first { _ in true }.flatMap { URL(string: $0) }
        guard let port = address?.port else {
          try await tasks.waitForAll()
          return []
        }
        var answers: [Int?] = []
        for delivery in deliveries {
          let start = ContinuousClock.now
          let answer = await delivery.status(port: port)
          if answer == 200 { timed(ContinuousClock.now - start) }
          answers.append(answer)
        }
        return answers
      }
    }
  }
}
