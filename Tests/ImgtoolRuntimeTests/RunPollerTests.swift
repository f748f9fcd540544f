// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import RunflowBackend
import Synchronization
import Testing

@testable import ImgtoolRuntime

/// Many waiting runs read by one list, over the real client and a scripted service.
@Suite(.timeLimit(.minutes(5))) struct RunPollerTests {
  /// A service with so many runs, each labelled and numbered.
  final class Service: Sendable {
    struct State: Sendable {
      /// What lists and single records say of a run's status, by number; "running" where nothing is given.
      var listed: @Sendable (Int) -> String = { _ in "running" }
      var read: @Sendable (Int) -> String = { _ in "running" }
      /// The label a list gives a run; nothing for a run the list does not have.
      var label: @Sendable (Int) -> String? = { RunPollerTests.label($0) }
      /// What every list is answered with instead.
      var instead: TransportAnswer?
      var isDown = false
      var lists = 0
      var reads: [Int] = []
    }

    let state = Mutex(State())
    let count: Int

    init(_ count: Int) { self.count = count }

    var transport: ScriptedTransport { ScriptedTransport { try self.answer($0) } }

    private func answer(_ request: TransportRequest) throws -> TransportAnswer {
      try state.withLock { state in
        if state.isDown {
          state.lists += 1
          throw TransportFailure(.refused, mayHaveArrived: false, "Down.")
        }
        let path = request.address.path
        guard path.hasPrefix("/v1/runs?") else {
          let number = Int(path.split(separator: "?")[0].split(separator: "-").last ?? "") ?? -1
          state.reads.append(number)
          return .json(RunPollerTests.record(number, state.read(number), RunPollerTests.label(number)))
        }
        state.lists += 1
        if let instead = state.instead { return instead }
        var query: [String: String] = [:]
        for pair in path.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
          let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
          query[parts[0]] = parts.last
        }
        let (limit, first) = (Int(query["limit"] ?? "") ?? 50, Int(query["pq"] ?? "0") ?? 0)
        #expect(limit <= 500 && query["q"] == nil)
        // The newest come first: the highest numbers.
        let items = (0..<count).reversed().dropFirst(first).prefix(limit).compactMap { number in
          state.label(number).map { RunPollerTests.record(number, state.listed(number), $0) }
        }
        let next = first + limit < count ? "\"\(first + limit)\"" : "null"
        return .json(#"{"items":[\#(items.joined(separator: ","))],"next":\#(next)}"#)
      }
    }
  }

  static func label(_ number: Int) -> String { RunReference(UInt64(number), 7).label }

  static func record(_ number: Int, _ status: String, _ label: String) -> String {
    let output = status == "succeeded" ? #"{"outputs":[{"url":"https://x.test/\#(number)"}]}"# : "null"
    let cost = status == "running" ? "null" : "\"0.12\""
    let minute = String(format: "%02d:%02d", number / 60 % 60, number % 60)
    return #"{"id":"run-\#(number)","client_ref":"\#(label)","status_code":"\#(status)","output":\#(output),"#
      + #""cost":\#(cost),"created_at":"2026-09-18T\#(String(format: "%02d", number / 3600)):\#(minute)Z"}"#
  }

  static func run(_ number: Int) -> RemoteRun {
    RemoteRun(id: "run-\(number)", label: label(number), status: .running, statusText: "queued")
  }

  func operation() throws -> any RemoteOperation {
    let configuration = try RunflowConfiguration(key: Secret("rf_live_CANARY0123456789"))
    let catalog = try OperationCatalog(try RunflowBackend.operations(configuration))
    return try #require(try catalog.operation(named: "runflow.skin-fix") as? any RemoteOperation)
  }

  /// Reads runs all at once and gives what was learned of each.
  func read(
    _ numbers: some Sequence<Int>, by poller: RunPoller, looks: Int = 0
  ) async throws -> [Int: ReadOutcome] {
    let operation = try operation()
    return await withTaskGroup(of: (Int, ReadOutcome).self) { group in
      for number in numbers {
        group.addTask {
          (number, await poller.read(Self.run(number), label: Self.label(number), looks: looks, by: operation))
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }

  func status(_ outcome: ReadOutcome?) -> RemoteRun.Status? {
    if case .run(let run) = outcome { run.status } else { nil }
  }

  /// A clock whose sleeps end once so many have asked, so that one list is for all of them.
  func poller(_ service: Service, clock: ScriptedClock = ScriptedClock(pace: .milliseconds(200))) -> RunPoller {
    RunPoller(over: service.transport, timekeeper: clock.timekeeper)
  }

  @Test func aThousandWaitingRunsAreReadByAFewLists() async throws {
    let service = Service(1000)
    service.state.withLock { $0.listed = { $0 % 3 == 0 ? "succeeded" : "running" } }
    let told = try await read(0..<1000, by: poller(service))
    #expect(told.count == 1000)
    for (number, outcome) in told {
      guard case .run(let run) = outcome else {
        Issue.record("\(number): \(outcome)")
        continue
      }
      #expect(run.id == "run-\(number)" && run.status == (number % 3 == 0 ? .succeeded : .running))
      #expect(run.results.map(\.address) == (number % 3 == 0 ? ["https://x.test/\(number)"] : []))
    }
    let (lists, reads) = service.state.withLock { ($0.lists, $0.reads.count) }
    #expect(lists <= 8 && reads < RunPoller.fewest, "\(lists) lists, \(reads) reads")
  }

  @Test func aRunThatIsNotListedIsReadByItself() async throws {
    let service = Service(40)
    service.state.withLock { state in
      state.label = { $0 == 17 ? nil : Self.label($0) }
      state.read = { _ in "succeeded" }
    }
    let told = try await read(0..<40, by: poller(service))
    #expect(status(told[17]) == .succeeded && status(told[16]) == .running)
    #expect(service.state.withLock { $0.reads } == [17])
  }

  /// The ids are ours, the labels are not: by a byte, by case, or by having none.
  @Test func whatAListSaysOfOthersChangesNothing() async throws {
    let service = Service(30)
    service.state.withLock { state in
      state.listed = { _ in "succeeded" }
      state.label = { [Self.label($0).dropLast() + "x", Self.label($0).uppercased(), "", Self.label($0 + 1)][$0 % 4] }
    }
    let told = try await read(0..<30, by: poller(service))
    #expect(told.values.allSatisfy { status($0) == .running })
    #expect(service.state.withLock { $0.reads.sorted() } == Array(0..<30))
  }

  @Test(arguments: ["failed", "errored", "canceled", "cancelled", "partial_succeeded"])
  func anEndThatIsNoSuccessIsReadFromTheRunsOwnRecord(_ status: String) async throws {
    let service = Service(20)
    service.state.withLock { $0.listed = { $0 == 3 ? status : "running" } }
    let told = try await read(0..<20, by: poller(service))
    #expect(told.values.allSatisfy { self.status($0) == .running })
    #expect(service.state.withLock { $0.reads } == [3])
  }

  @Test func aListThatDoesNotKeepUpHoldsNoResultBack() async throws {
    let service = Service(10)
    service.state.withLock { $0.read = { _ in "succeeded" } }
    let (poller, looks) = (poller(service), RunPoller.ownLook)
    #expect(try await read(0..<10, by: poller, looks: looks - 2).values.allSatisfy { status($0) == .running })
    #expect(try await read(0..<10, by: poller, looks: looks - 1).values.allSatisfy { status($0) == .succeeded })
  }

  @Test func whileTheServiceIsDownOneRequestIsForAll() async throws {
    let service = Service(200)
    service.state.withLock { $0.isDown = true }
    for outcome in try await read(0..<200, by: poller(service)).values {
      guard case .unavailable = outcome else {
        Issue.record("\(outcome)")
        continue
      }
    }
    #expect(service.state.withLock { $0.lists } <= 8)
    let patient = Service(20)
    let wish = try #require(HTTPField.Name("Retry-After"))
    patient.state.withLock { $0.instead = TransportAnswer(status: .tooManyRequests, fields: [wish: "7"]) }
    for outcome in try await read(0..<20, by: poller(patient)).values {
      guard case .unavailable(_, .seconds(7)?) = outcome else {
        Issue.record("\(outcome)")
        continue
      }
    }
    #expect(patient.state.withLock { $0.reads.isEmpty })
  }

  @Test(arguments: [(200, "<html>"), (200, "{}"), (404, ""), (422, "{}"), (403, ""), (500, "")])
  func aListThatIsNoneIsLeftAloneForAWhile(_ status: Int, _ body: String) async throws {
    let (service, clock) = (Service(20), ScriptedClock(pace: .milliseconds(200)))
    service.state.withLock { $0.instead = .bytes(Array(body.utf8), status: status) }
    let poller = poller(service, clock: clock)
    for round in 1...2 {
      #expect(try await read(0..<20, by: poller).values.allSatisfy { self.status($0) == .running })
      #expect(service.state.withLock { ($0.lists) } == 1, "round \(round)")
    }
    #expect(service.state.withLock { $0.reads.count } == 40)
    #expect(poller.together(.milliseconds(2130), by: try operation()) == .milliseconds(2130))
    clock.advance(by: RunPoller.distrust)
    service.state.withLock { $0.instead = nil }
    _ = try await read(0..<20, by: poller)
    #expect(service.state.withLock { ($0.lists) } == 2 && service.state.withLock { $0.reads.count } == 40)
  }

  @Test(arguments: [0, 1, 250, 499, 500, 1234])
  func pausesEndTogetherAndNeverEarly(_ start: Int) throws {
    let clock = ScriptedClock(pace: .zero)
    clock.advance(by: .milliseconds(start))
    let (poller, operation) = (poller(Service(0), clock: clock), try operation())
    let now = clock.timekeeper.now()
    for pause in stride(from: 500, through: 12_000, by: 37).map({ Duration.milliseconds($0) }) {
      let together = poller.together(pause, by: operation)
      #expect(together >= pause && together < pause + RunPoller.moment)
      let end = (now + together) / RunPoller.moment
      #expect(end == end.rounded(), "\(now) \(pause)")
    }
    #expect(poller.together(.milliseconds(499), by: operation) == .milliseconds(499))
  }

  @Test func fewRunsAreReadByThemselves() async throws {
    let service = Service(RunPoller.fewest)
    _ = try await read(0..<(RunPoller.fewest - 1), by: poller(service))
    #expect(service.state.withLock { $0.lists == 0 && $0.reads.count == RunPoller.fewest - 1 })
  }

  @Test func whoeverIsWithdrawnWaitsNoLonger() async throws {
    let answer = SharedAnswer<Int>()
    let waiting = (0..<10).map { _ in Task { await answer.value() } }
    for task in waiting.prefix(5) { task.cancel() }
    for task in waiting.prefix(5) { #expect(await task.value == nil) }
    answer.tell(7)
    for task in waiting.dropFirst(5) { #expect(await task.value == 7) }
    #expect(await answer.value() == 7)
  }

  /// Through the conductor: everything as always, in far fewer requests.
  @Test func ordersThatWaitTogetherAreReadTogether() async throws {
    let (desk, orders) = (try Desk(pace: .milliseconds(20)), 60)
    desk.fake.state.withLock { state in
      state.balance = "1000"
      state.work = 3
    }
    let conductor = try await desk.conductor()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<orders {
        group.addTask { try await desk.process(number: UInt8(number), by: conductor).images.count }
      }
      for try await images in group { #expect(images == 1) }
    }
    let state = desk.fake.state.withLock { $0 }
    #expect(state.posts == orders && state.runs.count == orders && state.lists > 0)
    #expect(state.reads + state.lists < orders, "\(state.reads) reads and \(state.lists) lists")
    #expect(try await conductor.journal.jobs([.done]).count == orders)
  }
}
