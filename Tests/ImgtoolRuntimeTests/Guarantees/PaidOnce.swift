// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

extension Guarantees {
  /// Exactly one paid run for each order, whatever the network does and wherever the process dies.
  @Suite struct PaidOnce {
    /// One order: what its requests meet, what the service is like, and at which of the moments passed it dies.
    struct Story: Sendable, CustomStringConvertible {
      var faults: [RequestFault]
      var lag = Duration.seconds(2)
      var lateness = Duration.seconds(20)
      var searchDownUntil = Duration.zero
      var ignoresFilter = true
      var holds = false
      /// Whether the picture goes inside the request.
      var isInline = false
      /// Dies the first so many times that the point is reached.
      var point: (KillPoint, times: Int)?
      /// Or at these of all the points reached, counted over all processes.
      var deaths: Set<Int> = []
      var seed: UInt64?

      var description: String {
        "\(faults), lag \(lag), late \(lateness), search down \(searchDownUntil), "
          + "\(point.map { "dies \($0.times)× at \($0.0)" } ?? "dies at \(deaths.sorted())")"
          + (seed.map { ", seed \($0)" } ?? "")
      }
    }

    /// Every fault × every point; each story dies once, and every third story twice.
    static let matrix = RequestFault.all.indices.flatMap { fault in
      KillPoint.allCases.indices.map { point in
        Story(
          faults: [RequestFault.all[fault]],
          isInline: (fault + point) % 2 == 0,
          point: (KillPoint.allCases[point], times: (fault + point) % 3 == 0 ? 2 : 1))
      }
    }

    static func random(_ seed: UInt64) -> Story {
      var dice = Dice(seed: seed)
      func whole(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &dice) }
      let faults = (0..<whole(0...3)).compactMap { _ in RequestFault.all.randomElement(using: &dice) }
      var story = Story(faults: faults)
      story.lag = .seconds(whole(0...9))
      story.lateness = .seconds(whole(0...45))
      story.searchDownUntil = .seconds(whole(0...200))
      story.ignoresFilter = Bool.random(using: &dice)
      story.holds = Bool.random(using: &dice)
      story.deaths = Set((0..<whole(0...4)).map { _ in whole(0...14) })
      story.seed = seed
      story.isInline = seed % 2 == 0
      return story
    }

    @Test func everyFaultAtEveryDeathPaysOnce() async throws {
      let stories = Trial.part(Self.matrix, 46)
      Trial.print("Paid once: faults × deaths", try await Trial.each(stories) { try await Self.play($0) })
    }

    @Test func noRandomHistoryPaysTwiceOrLosesAResult() async throws {
      let seeds = (0..<UInt64(Trial.count(2000, 40))).map { Trial.seed &* 1_000_003 &+ $0 }
      Trial.print("Paid once: random histories", try await Trial.each(seeds) { try await Self.play(Self.random($0)) })
    }

    /// Plays a story until nothing happens any more by itself.
    ///
    /// - Returns: how it ended.
    static func play(_ story: Story) async throws -> String {
      var desk = try Desk()
      if story.isInline { desk.largestInline = ByteCount(1000) }
      desk.options.unknown = story.holds ? .hold : .resubmit
      let clock = desk.clock
      desk.fake.state.withLock { state in
        state.now = { clock.elapsed }
        state.searchLag = story.lag
        state.lateness = story.lateness
        state.searchDownUntil = story.searchDownUntil
        state.ignoresFilter = story.ignoresFilter
      }
      defer { desk.fake.stop() }
      let network = FaultyNetwork(desk.fake, story.faults)
      let kill = killer(story)
      var ending: String?
      var processes = 0
      while ending == nil, processes < 40 {
        processes += 1
        do {
          let conductor = try await desk.conductor(kill: kill, over: network)
          let outcome = try await desk.process(by: conductor)
          let picture = outcome.images.first.flatMap { if case .file(let path) = $0.bytes { path } else { nil } }
          let isWhole = picture.flatMap { FileManager.default.contents(atPath: $0) } == Data(FakeRunflow.picture)
          #expect(isWhole, "\(story): another result")
          ending = "delivered"
        } catch is KillSwitch.Killed {
        } catch let error as ImgtoolError {
          if error.context["phase"] == "held" { ending = "held, nothing bought" }
          if error.context["phase"] == "rejected" { ending = "refused, nothing bought" }
          if ending == nil, error.retry != .later { ending = "lost: \(error)" }
        }
      }
      let runs = desk.fake.state.withLock { $0.runs.count }
      let journal = try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper)
      let jobs = try await journal.jobs()
      #expect(runs == (ending == "delivered" ? 1 : 0), "\(story): \(runs) runs, \(ending ?? "no end")")
      #expect(ending != nil && ending?.hasPrefix("lost") == false, "\(story): \(ending ?? "no end") in \(processes)")
      #expect(jobs.count == 1, "\(story): \(jobs.map(\.phase))")
      #expect(jobs.allSatisfy { $0.phase != .held || $0.state.reason?.isEmpty == false }, "\(story): no reason")
      if ending == "delivered" {
        #expect(jobs.first?.phase == .done, "\(story): \(jobs.map(\.phase))")
        let spent = try await journal.costs().spent
        #expect(spent == .cents(55), "\(story): \(spent)")
      }
      if runs > 1 { return "PAID \(runs) TIMES" }
      return runs == 1 && ending != "delivered" ? "PAID AND NOT DELIVERED" : ending ?? "NO END"
    }

    private static func killer(_ story: Story) -> KillSwitch {
      if let (point, times) = story.point { return KillPointTests.dies(at: point, times: times).0 }
      let passed = Mutex(0)
      return KillSwitch { _ in
        let number = passed.withLock { passed in
          defer { passed += 1 }
          return passed
        }
        if story.deaths.contains(number) { throw KillSwitch.Killed() }
      }
    }
  }
}
