// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import RunflowBackend
import Synchronization
import Testing

@testable import ImgtoolRuntime

/// One order on one folder, given by one process after another.
struct Desk {
  var folder: TestFolder
  var fake: FakeRunflow
  let clock: ScriptedClock
  var options = ConductorOptions()
  /// Nothing goes inside a request unless a test wants that: an upload is the longer way.
  var largestInline = ByteCount(0)

  /// - Parameter pace: how long a wait really takes; for several processes that wait for each other.
  init(_ faults: [FakeRunflow.PostFault] = [], pace: Duration = .zero) throws {
    clock = ScriptedClock(pace: pace)
    folder = try TestFolder()
    fake = try FakeRunflow(faults)
  }

  func operations() throws -> OperationCatalog {
    try OperationCatalog(
      try RunflowBackend.operations(
        RunflowConfiguration(
          base: fake.base, key: Secret("rf_live_CANARY0123456789"), largestInline: largestInline)))
  }

  /// One process: opens the journal, gives the order, hands the result over.
  func process(
    _ parameters: [String: String] = ["aspect_ratio": "1:1", "resolution": "1K"], patience: Duration? = nil,
    kill: KillSwitch = .none
  ) async throws -> OperationOutcome {
    try await process(parameters, patience: patience, by: try await conductor(kill: kill))
  }

  /// What a process orders with; as it opens its own journal, it is a process of its own to everybody else.
  func conductor(
    kill: KillSwitch = .none, budget: RetryBudget = RetryBudget(), over transport: (any Transport)? = nil
  ) async throws -> JobConductor {
    JobConductor(
      journal: try await Journal.open(folder.journal, timekeeper: clock.timekeeper),
      transport: transport ?? HTTPTransport(allowsLoopback: true), timekeeper: clock.timekeeper, options: options,
      budget: budget, kill: kill)
  }

  /// - Parameter number: which of many pictures it is.
  func process(
    _ parameters: [String: String] = ["aspect_ratio": "1:1", "resolution": "1K"], number: UInt8 = 0,
    patience: Duration? = nil, by conductor: JobConductor
  ) async throws -> OperationOutcome {
    let operation = try operations().operation(named: "runflow.smart-resize")
    let scratch = folder.path("scratch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    // Another first colour of the palette is another picture.
    var picture = FakeRunflow.picture
    picture[13] = number
    let input = PreparedImage(
      bytes: .memory(picture), facts: ImageFacts(format: .gif, storedSize: PixelSize(clamping: 1, 1)),
      isOriginal: true)
    let outcome = try await operation.perform(
      input, try Parameters(parameters, for: operation.parameters),
      in: OperationContext(
        encoding: EncodeOptions(format: .webp), scratch: scratch, deadline: patience.map { .now + $0 },
        conductor: conductor))
    try conductor.kill.at(.finishing)
    try await conductor.journal.finish(try #require(outcome.details["job"]), output: "/out", passed: true)
    return outcome
  }
}

extension Desk {
  /// Another process that carries on with a job.
  func resume(_ id: String, sendsAgain: Bool = false) async throws {
    let journal = try await Journal.open(folder.journal, timekeeper: clock.timekeeper)
    let conductor = JobConductor(
      journal: journal, transport: HTTPTransport(allowsLoopback: true), timekeeper: clock.timekeeper)
    _ = try await conductor.resume(id, in: try operations(), sendsAgain: sendsAgain)
  }
}

@Suite(.timeLimit(.minutes(10))) struct KillPointTests {
  /// Dies the first so many times that a point is reached.
  static func dies(at point: KillPoint, times: Int) -> (KillSwitch, @Sendable () -> Int) {
    let deaths = Mutex(0)
    let kill = KillSwitch { reached in
      let isDeath = deaths.withLock { deaths in
        guard reached == point, deaths < times else { return false }
        deaths += 1
        return true
      }
      if isDeath { throw KillSwitch.Killed() }
    }
    return (kill, { deaths.withLock { $0 } })
  }

  @Test(arguments: KillPoint.allCases, [false, true])
  func aProcessMayDieAnywhereAndTheRunIsPaidOnce(_ point: KillPoint, loses: Bool) async throws {
    for (times, isInline) in [(1, false), (1, true), (2, false)] {
      var desk = try Desk(loses ? [.lostReply] : [])
      if isInline { desk.largestInline = ByteCount(1000) }
      let (kill, deaths) = Self.dies(at: point, times: times)
      var outcome: OperationOutcome?
      var processes = 0
      while outcome == nil, processes < 5 {
        processes += 1
        do { outcome = try await desk.process(kill: kill) } catch is KillSwitch.Killed {
        } catch let error as ImgtoolError where error.context["phase"] == "held" {
          // Two intents of which nobody can say that they did not leave: a third request is a person's decision.
          #expect(point == .intentDurable && times == 2 && desk.fake.state.withLock { $0.posts } == 0)
          try await desk.resume(try #require(error.context["job"]), sendsAgain: true)
        }
      }
      let (runs, posts) = desk.fake.state.withLock { ($0.runs.count, $0.posts) }
      #expect(runs == 1, "\(point) \(loses): \(runs) runs, \(posts) requests")
      let path = try #require(
        outcome?.images.first.flatMap { if case .file(let path) = $0.bytes { path } else { nil } })
      #expect(FileManager.default.contents(atPath: path) == Data(FakeRunflow.picture))
      let journal = try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper)
      let jobs = try await journal.jobs()
      #expect(jobs.count == 1 && jobs.first?.phase == .done && jobs.first?.passed == true, "\(point)")
      #expect(try await journal.costs().spent == .cents(55))
      #expect((desk.fake.state.withLock { $0.uploads } == 0) == isInline)
      if times == 1 {
        print(
          "\(point.rawValue)\t\(loses ? "reply lost" : "-")\t\(isInline ? "inline" : "uploaded")\tdeaths \(deaths())\t"
            + "processes \(processes)\truns \(runs)")
      }
      desk.fake.stop()
    }
  }
}
