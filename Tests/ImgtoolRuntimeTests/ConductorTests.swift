// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import ImgtoolPixels
import ImgtoolTesting
import RunflowBackend
import Synchronization
import Testing

@testable import ImgtoolRuntime

@Suite(.timeLimit(.minutes(10))) struct ConductorTests {
  func problem(_ body: () async throws -> OperationOutcome) async -> ImgtoolError? {
    do {
      _ = try await body()
      return nil
    } catch {
      return error as? ImgtoolError
    }
  }

  func jobs(_ desk: Desk) async throws -> [JobRecord] {
    try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper).jobs()
  }

  @Test func theSameOrderAgainCostsNothingAndAnotherDoes() async throws {
    var desk = try Desk()
    let first = try await desk.process()
    let second = try await desk.process()
    #expect(first.cost == .cents(55) && second.cost == .zero && second.details["reused"] == "true")
    #expect(second.images.count == 1 && first.images.count == 1 && first.details["seed"] == "7")
    _ = try await desk.process(["aspect_ratio": "1:1", "resolution": "2K"])
    #expect(desk.fake.state.withLock { $0.posts } == 2)
    desk.options.again = true
    #expect(try await desk.process().cost == .cents(55))
    #expect(desk.fake.state.withLock { $0.posts } == 3)
    let keys = desk.fake.state.withLock { $0.runs.map(\.key) }
    #expect(Set(keys).count == 3 && keys.allSatisfy { $0.utf8.count == 36 })
    #expect(desk.fake.state.withLock { $0.keysSeenAtStorage } == 0)
  }

  @Test func resultsThatWereLostOnThisDiskAreFetchedAgainAndNotPaidAgain() async throws {
    let desk = try Desk()
    let first = try await desk.process()
    let path = desk.folder.journal.results(of: try #require(first.details["job"])) + "/result-0"
    try FileManager.default.removeItem(atPath: path)
    _ = try await desk.process()
    #expect(desk.fake.state.withLock { ($0.posts) } == 1)
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test(arguments: [400, 401, 402, 403, 404, 413, 422])
  func aRefusalCostsNothingAndSaysSo(_ status: Int) async throws {
    let desk = try Desk([.status(status, creates: false)])
    let kinds: [Int: ImgtoolError.Kind] = [
      400: .usage, 401: .credentials, 402: .budget, 403: .credentials, 404: .unsupported, 413: .limit, 422: .usage,
    ]
    let error = await problem { try await desk.process() }
    #expect(error?.kind == kinds[status] && error?.context["phase"] == "rejected")
    #expect(try await jobs(desk).first?.charge == .zero)
    // A refused order may be given again.
    _ = try await desk.process()
    #expect(desk.fake.state.withLock { $0.runs.count } == 1)
  }

  /// The key is refused before anything is uploaded, or at the upload; once it is right, the same job goes on.
  @Test(arguments: ["/v1/billing/balance", "/v1/asset-uploads"])
  func aJobRefusedBeforeItsRequestSaysWhyAndGoesOnWhenItIsGivenAgain(_ path: String) async throws {
    let desk = try Desk()
    desk.fake.state.withLock {
      $0.outage = { _, asked in
        asked == path ? .json(#"{"code":"UNAUTHORIZED","message":"No such key."}"#, status: 401) : nil
      }
    }
    let error = await problem { try await desk.process() }
    #expect(error?.kind == .credentials)
    let refused = try #require(try await jobs(desk).first)
    #expect(refused.phase == .planned && refused.state.reason == error?.message && refused.charge == .zero)
    let resumed = await problem {
      try await desk.resume(refused.id)
      return OperationOutcome(images: [])
    }
    #expect(resumed?.kind == .usage && resumed?.message.contains("No such key.") == true)
    desk.fake.state.withLock { $0.outage = { _, _ in nil } }
    _ = try await desk.process()
    let done = try await jobs(desk)
    #expect(done.map(\.id) == [refused.id] && done.first?.phase == .done && done.first?.state.reason == nil)
    #expect(desk.fake.state.withLock { $0.posts } == 1)
  }

  @Test func everyAmbiguousAnswerIsSettledWithOneRun() async throws {
    let faults: [FakeRunflow.PostFault] = [
      .lostReply, .cutReply, .html, .status(500, creates: true), .status(502, creates: true),
      .status(504, creates: true), .status(409, creates: true), .status(408, creates: true), .lostRequest,
      .status(500, creates: false), .status(503, creates: false),
    ]
    for fault in faults {
      let desk = try Desk([fault])
      _ = try await desk.process()
      let (runs, posts) = desk.fake.state.withLock { ($0.runs.count, $0.posts) }
      #expect(runs == 1 && posts <= 2, "\(fault): \(runs) runs of \(posts) requests")
      desk.fake.stop()
    }
  }

  @Test func holdingAsksAPersonAndNeverSendsTwice() async throws {
    var desk = try Desk([.lostRequest])
    desk.options.unknown = .hold
    let error = await problem { try await desk.process() }
    #expect(error?.kind == .backend && error?.context["phase"] == "held")
    #expect(desk.fake.state.withLock { $0.posts } == 1)
    #expect(try await jobs(desk).first?.charge == .cents(55))
    // Looking again is no leave to send again; a person's word is.
    let id = try #require(error?.context["job"])
    let still = await problem {
      try await desk.resume(id)
      return OperationOutcome(images: [])
    }
    #expect(still?.context["phase"] == "held" && desk.fake.state.withLock { $0.posts } == 1)
    try await desk.resume(id, sendsAgain: true)
    #expect(desk.fake.state.withLock { $0.posts } == 2 && desk.fake.state.withLock { $0.runs.count } == 1)
  }

  @Test func anOrderFromAnotherServiceIsAnotherOrder() async throws {
    let desk = try Desk()
    let first = try await desk.process()
    var other = desk
    other.fake = try FakeRunflow([])
    _ = try await other.process()
    #expect(desk.fake.state.withLock { $0.posts } == 1 && other.fake.state.withLock { $0.posts } == 1)
    // And a job is not looked for where it was not ordered.
    let id = try #require(first.details["job"])
    let error = await problem {
      try await other.resume(id)
      return OperationOutcome(images: [])
    }
    #expect(error?.kind == .usage)
  }

  @Test func patienceThatIsOverLosesNothing() async throws {
    let desk = try Desk()
    desk.fake.state.withLock { $0.work = 3 }
    let error = await problem { try await desk.process(patience: .seconds(5)) }
    #expect(error?.kind == .timeout && error?.kind.exitCode == 74 && error?.context["run"] != nil)
    let id = try #require(error?.context["job"])
    let journal = try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper)
    let conductor = JobConductor(
      journal: journal, transport: HTTPTransport(allowsLoopback: true), timekeeper: desk.clock.timekeeper)
    let outcome = try await conductor.resume(id, in: try desk.operations())
    #expect(outcome.images.count == 1 && outcome.cost == .cents(55))
    #expect(desk.fake.state.withLock { $0.posts } == 1)
  }

  @Test func aFailedRunIsFreeAndNamesItsReason() async throws {
    let desk = try Desk()
    desk.fake.state.withLock { $0.status = "failed" }
    let error = await problem { try await desk.process() }
    #expect(error?.kind == .backend && error?.message.contains("MODEL_UNAVAILABLE") == true)
    #expect(try await jobs(desk).first?.charge == .zero)
  }

  @Test func expiredAddressesAreRenewed() async throws {
    let desk = try Desk()
    desk.fake.state.withLock { $0.expired = 3 }
    _ = try await desk.process()
    #expect(desk.fake.state.withLock { ($0.downloads) } == 4)
  }

  @Test func whatIsNoImageIsNotTakenForTheResult() async throws {
    let desk = try Desk()
    desk.fake.state.withLock { $0.downloadReply = .answer(200, Array("<html>Sorry</html>".utf8)) }
    let error = await problem { try await desk.process() }
    #expect(error?.kind == .backend && error?.context["phase"] == "terminal")
    desk.fake.state.withLock { $0.downloadReply = nil }
    _ = try await desk.process()
    #expect(desk.fake.state.withLock { $0.posts } == 1)
  }

  @Test func moneyIsGuardedBeforeAnythingIsSent() async throws {
    var desk = try Desk()
    desk.options.maximumCost = .cents(54)
    #expect(await problem { try await desk.process() }?.kind == .budget)
    #expect(desk.fake.state.withLock { $0.seen.isEmpty })
    desk.options.maximumCost = nil
    desk.fake.state.withLock { $0.balance = "0.54" }
    #expect(await problem { try await desk.process() }?.kind == .budget)
    #expect(desk.fake.state.withLock { $0.uploads } == 0)
    desk.fake.state.withLock { $0.balance = "10" }
    desk.options.dailyBudget = .cents(54)
    #expect(await problem { try await desk.process() }?.kind == .budget)
    #expect(desk.fake.state.withLock { $0.posts } == 0 && desk.fake.state.withLock { $0.uploads } == 0)
    desk.options.dailyBudget = .cents(55)
    _ = try await desk.process()
    #expect(await problem { try await desk.process(["aspect_ratio": "1:1", "resolution": "4K"]) }?.kind == .budget)
    #expect(desk.fake.state.withLock { $0.posts } == 1)
  }

  @Test func neitherKeyNorSignedAddressIsWrittenAnywhere() async throws {
    let desk = try Desk([.lostReply])
    let outcome = try await desk.process()
    desk.fake.state.withLock { $0.status = "failed" }
    let error = await problem { try await desk.process(["aspect_ratio": "4:3", "resolution": "1K"]) }
    let journal = try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper)
    var said = "\(outcome) \(String(describing: error)) \(String(decoding: try await journal.export(), as: UTF8.self))"
    for path in try FileManager.default.subpathsOfDirectory(atPath: desk.folder.path) {
      said += String(
        decoding: FileManager.default.contents(atPath: desk.folder.path + "/" + path) ?? Data(), as: UTF8.self)
    }
    #expect(said.contains("runflow.smart-resize"))
    #expect(!said.contains("CANARY") && !said.contains("SECRETSIG"))
  }

  /// A request may hold a picture: it is not written again with every later change, and none leaves it any more.
  @Test func theRequestLeavesTheJournalOnceItsRunIsKnown() async throws {
    var desk = try Desk([.lostReply])
    desk.largestInline = ByteCount(1000)
    for (point, isKept) in [(KillPoint.intentDurable, true), (.unknownDurable, true), (.submittedDurable, false)] {
      let (kill, _) = KillPointTests.dies(at: point, times: 1)
      await #expect(throws: KillSwitch.Killed.self) { try await desk.process(kill: kill) }
      let body = try #require(try await jobs(desk).first).body
      #expect((body?.contains("data:image/gif;base64,R0lGOD") == true) == isKept, "\(point)")
      #expect((body == nil) == !isKept, "\(point)")
    }
    #expect(try await desk.process().images.count == 1)
    #expect(desk.fake.state.withLock { $0.posts == 1 && $0.uploads == 0 && $0.runs.count == 1 })
  }

  /// A small picture needs no upload, which would have noticed.
  @Test(arguments: [false, true])
  func anOrderWithdrawnOrOverdueWhileItIsPreparedIsNotPaid(isWithdrawn: Bool) async throws {
    var desk = try Desk()
    desk.largestInline = ByteCount(1000)
    desk.options.checksBalance = false
    let (order, clock) = (desk, desk.clock)
    let kill = KillSwitch { point in
      guard point == .planned else { return }
      if isWithdrawn { withUnsafeCurrentTask { $0?.cancel() } } else { clock.advance(by: .seconds(3600)) }
    }
    let error = await Task { await problem { try await order.process(patience: .seconds(60), kill: kill) } }.value
    #expect(error?.kind == (isWithdrawn ? .cancelled : .timeout))
    #expect(desk.fake.state.withLock { $0.posts } == 0)
    let job = try #require(try await jobs(desk).first)
    #expect(job.phase == .planned && job.charge == .zero)
    // Given again, it goes on.
    #expect(try await desk.process().images.count == 1)
    #expect(try await jobs(desk).map(\.id) == [job.id])
  }

  @Test(arguments: [0, 1000])
  func noMoreRequestsAreOnTheirWayAtOnceThanThereAreTurns(_ largestInline: Int) async throws {
    var desk = try Desk()
    desk.largestInline = ByteCount(largestInline)
    let network = CountingNetwork(HTTPTransport(allowsLoopback: true))
    let (order, conductor) = (desk, try await desk.conductor(over: network))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<150 {
        group.addTask { _ = try await order.process(number: UInt8(number), by: conductor) }
      }
      try await group.waitForAll()
    }
    #expect(desk.fake.state.withLock { $0.runs.count } == 150)
    let most = network.most
    #expect((2...64).contains(most), "\(most)")
  }

  @Test(arguments: ["smart-resize", "skin-fix"])
  func theOperationsHoldWhatEveryOperationHolds(_ verb: String) async throws {
    let desk = try Desk()
    desk.fake.state.withLock { $0.price = verb == "skin-fix" ? "0.12" : "0.55" }
    let conductor = JobConductor(
      journal: try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper),
      transport: HTTPTransport(allowsLoopback: true), timekeeper: desk.clock.timekeeper)
    let operation = try desk.operations().operation(
      named: try #require(OperationName(backend: "runflow", verb: verb)))
    let suite = OperationConformance(
      operation,
      input: PreparedImage(
        bytes: .memory(FakeRunflow.picture), facts: ImageFacts(format: .png, storedSize: PixelSize(clamping: 1, 1)),
        isOriginal: true),
      parameters: verb == "skin-fix" ? [:] : ["aspect_ratio": "4:5", "resolution": "2K"], conductor: conductor)
    let violations = await suite.violations()
    #expect(violations.isEmpty, "\(violations.joined(separator: " "))")
    #expect(desk.fake.state.withLock { $0.posts } == 1)
  }

  @Test func anImageElsewhereIsPassedOnByItsAddress() async throws {
    let desk = try Desk()
    let conductor = JobConductor(
      journal: try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper),
      transport: HTTPTransport(allowsLoopback: true), timekeeper: desk.clock.timekeeper)
    let catalog = try desk.operations()
    let operation = try catalog.operation(named: "runflow.smart-resize")
    let address = "https://pictures.example/a.jpg"
    let plan = Plan(
      operation: operation.name,
      parameters: try Parameters(
        ["aspect_ratio": "1:1", "resolution": "1K", "image_url": address], for: operation.parameters),
      input: address, output: desk.folder.path("out.jpg"), encoding: EncodeOptions(format: .jpeg),
      knownFacts: ImageFacts(format: .jpeg, storedSize: PixelSize(clamping: 1200, 800)))
    let report = try await Runner(catalog: catalog, pool: SharedPool(), conductor: conductor).run(plan)
    // The fake's picture is one pixel, so it is not what was ordered; it was ordered by address all the same.
    #expect(report.state == .rejected && report.cost == .cents(55))
    #expect(desk.fake.state.withLock { $0.uploads } == 0 && desk.fake.state.withLock { $0.posts } == 1)
  }

  @Test func twoProcessesWithOneOrderShareOneRun() async throws {
    let desk = try Desk(pace: .milliseconds(2))
    let outcomes = try await withThrowingTaskGroup(of: OperationOutcome.self) { group in
      for _ in 0..<4 { group.addTask { try await desk.process() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.count == 4 && desk.fake.state.withLock { $0.posts } == 1)
    #expect(outcomes.count { $0.cost == .cents(55) } == 1)
  }
}

/// Counts the paid requests that are on their way at one moment.
final class CountingNetwork: Transport {
  private let network: any Transport
  private let state = Mutex((now: 0, most: 0))

  init(_ network: any Transport) { self.network = network }

  var most: Int { state.withLock { $0.most } }

  func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
    guard request.method == .post, request.address.path.hasSuffix("/runs") else {
      return try await network.send(request)
    }
    state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
    defer { state.withLock { $0.now -= 1 } }
    return try await network.send(request)
  }

  func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
    try await network.download(request, to: path)
  }
}
