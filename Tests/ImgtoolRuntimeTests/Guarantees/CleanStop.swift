// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

extension Guarantees {
  /// The program itself, told to end at any moment of an order: it ends soon, and the next one pays for nothing twice.
  @Suite(.enabled(if: BuiltProgram.imgtool != nil, "imgtool is not built")) struct CleanStop {
    @Test func aSignalAtAnyMomentEndsSoonAndLosesNothing() async throws {
      let seeds = (0..<UInt64(Trial.count(200, 4))).map { Trial.seed &+ $0 }
      let slowest = Mutex(Duration.zero)
      let counts = try await Trial.each(seeds) { seed in
        let (ending, took) = try await Self.stop(seed)
        slowest.withLock { $0 = max($0, took) }
        return ending
      }
      Trial.print("A clean stop: SIGTERM at random moments", counts)
      Trial.print("A clean stop: the slowest", [("from the signal to the end", slowest.withLock { $0 })])
      #expect(slowest.withLock { $0 } <= .seconds(25))
    }

    /// - Returns: where the job stood, and how long the program went on after the signal.
    private static func stop(_ seed: UInt64) async throws -> (String, Duration) {
      let command = PaidCommandTests()
      let (fake, folder) = (try FakeRunflow(), try command.folder())
      defer { fake.stop() }
      var dice = Dice(seed: seed)
      // So many requests are let through, then so many microseconds: from the start of the program to the first polls.
      let requests = Int.random(in: 0...6, using: &dice)
      let moment = UInt32.random(in: 0...UInt32.random(in: 1...100_000, using: &dice), using: &dice)
      fake.state.withLock { $0.work = .max }
      let signalled = Mutex(ContinuousClock.now)
      let stopped = try await command.run(PaidCommandTests.order, fake, in: folder) { process in
        let end = ContinuousClock.now + .seconds(60)
        while fake.state.withLock({ $0.seen.count }) < requests, ContinuousClock.now < end { usleep(500) }
        usleep(moment)
        signalled.withLock { $0 = .now }
        kill(process, SIGTERM)
      }
      let took = ContinuousClock.now - signalled.withLock { $0 }
      // Before its handler stands, a program ends by the signal itself.
      #expect([130, -SIGTERM].contains(stopped.code), "seed \(seed): \(stopped)")
      // What decodes for it is killed by the kernel when the program ends, which takes its moment.
      let patience = ContinuousClock.now + .seconds(20)
      while !orphans(in: folder).isEmpty, ContinuousClock.now < patience { usleep(1000) }
      #expect(orphans(in: folder) == [], "seed \(seed)")
      let place = JournalFolder(folder.path("state/imgtool/journal"))
      var phase = "no journal"
      if FileManager.default.fileExists(atPath: place.database) {
        let jobs = try await Journal.open(place, timekeeper: .system()).jobs()
        phase = jobs.first?.phase.rawValue ?? "no job"
        #expect(jobs.count <= 1, "seed \(seed)")
        if let job = jobs.first, job.phase.mayHaveCost {
          #expect(stopped.text.contains(job.id), "seed \(seed): \(stopped) does not name \(job.id)")
        }
      }
      #expect(!folder.names.contains { $0.hasSuffix(".part") || $0.hasPrefix("tmp/") }, "seed \(seed): \(folder.names)")
      fake.state.withLock { $0.work = 0 }
      let again = try await command.run(PaidCommandTests.order, fake, in: folder)
      // The fake's picture is one pixel: paid for, fetched, and not what was ordered.
      #expect(again.code == ImgtoolError.Kind.postflight.exitCode, "seed \(seed): \(again)")
      let (posts, runs) = fake.state.withLock { ($0.posts, $0.runs.count) }
      #expect(posts == 1 && runs == 1, "seed \(seed): \(posts) requests, \(runs) runs, stopped at \(phase)")
      return ("stopped at \(phase), delivered by the next", took)
    }

    /// Processes that still work in a folder.
    private static func orphans(in folder: TestFolder) -> [String] {
      let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int($0) != nil }
      return numbers.filter { number in
        let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(number)/cwd")  // gone meanwhile
        return place == folder.path
      }
    }
  }
}
