// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

extension Guarantees {
  /// A request whose answer was lost is a state of its own, and nothing is sent while that is being looked into.
  @Suite struct SettleWindow {
    struct Combination: Sendable, CustomStringConvertible {
      let fault: RequestFault
      let lateness: Int
      let lag: Int
      var description: String { "\(fault), made after \(lateness) s, seen \(lag) s later" }
    }

    /// 6 ambiguous answers × 5 moments of the run's making × 3 lags of the search.
    static let combinations = [
      "reset, made later", "silent, made later", "500 late", "502 late", "503 late", "504 late",
    ].flatMap { name in
      RequestFault.all.filter { $0.description == name }.flatMap { fault in
        [0, 1, 5, 20, 50].flatMap { late in
          [0, 2, 10].map { Combination(fault: fault, lateness: late, lag: $0) }
        }
      }
    }

    func desk(_ combination: Combination) throws -> Desk {
      let desk = try Desk()
      let clock = desk.clock
      desk.fake.state.withLock { state in
        state.now = { clock.elapsed }
        state.lateness = .seconds(combination.lateness)
        state.searchLag = .seconds(combination.lag)
        state.ignoresFilter = true
      }
      return desk
    }

    @Test func nothingIsSentAgainWhileTheWindowIsOpen() async throws {
      let combinations = Trial.part(Self.combinations, 12)
      #expect(Self.combinations.count == 90)
      let counts = try await Trial.each(combinations) { combination in
        let desk = try desk(combination)
        defer { desk.fake.stop() }
        let network = FaultyNetwork(desk.fake, [combination.fault])
        _ = try await desk.process(by: try await desk.conductor(over: network))
        let (arrivals, runs) = desk.fake.state.withLock { ($0.arrivals.map(\.at), $0.runs) }
        let first = try #require(arrivals.first)
        let early = arrivals.dropFirst().filter { $0 < first + .seconds(60) }
        #expect(early.isEmpty, "\(combination): sent again after \(early)")
        // What shows after the window cannot be waited for; what shows before its end is.
        let isSeen = combination.lateness + combination.lag < 60
        #expect(!isSeen || (arrivals.count == 1 && runs.count == 1), "\(combination): \(arrivals.count) requests")
        let journal = try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper)
        let adopted = try #require(try await journal.jobs().first?.state.run?.id)
        #expect(adopted == runs.first?.id, "\(combination): adopted \(adopted)")
        return arrivals.count == 1 ? "adopted, no request more" : "sent again after the window"
      }
      Trial.print("The settle window: faults × lateness × lag", counts)
    }

    /// Whoever asks before the window is over is told that it is not known, never that it failed.
    @Test func theAnswerIsUnknownAndNeverFailed() async throws {
      let combinations = Trial.part(Self.combinations.filter { $0.lateness + $0.lag >= 20 }, 6)
      let counts = try await Trial.each(combinations) { combination in
        let desk = try desk(combination)
        defer { desk.fake.stop() }
        let network = FaultyNetwork(desk.fake, [combination.fault])
        do {
          _ = try await desk.process(patience: .seconds(6), by: try await desk.conductor(over: network))
          Issue.record("\(combination): there was an answer after 6 s")
        } catch let error as ImgtoolError {
          #expect(error.kind == .timeout && error.retry == .later, "\(combination): \(error)")
          #expect(error.context["phase"] == "unknown", "\(combination): \(error.context)")
        }
        #expect(desk.fake.state.withLock { $0.posts } == 1, "\(combination)")
        return "unknown"
      }
      Trial.print("The settle window: what is said meanwhile", counts)
    }
  }
}
