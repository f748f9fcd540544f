// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import Logging
import RunflowBackend
import RunflowServer
import ServiceLifecycle
import Synchronization
import Testing

@testable import ImgtoolRuntime

/// The client against the project's own server, over loopback HTTP.
@Suite(.timeLimit(.minutes(10))) struct ServedRunflowTests {
  /// Does no work but to give a picture back.
  struct Stub: ImageOperation {
    let name: OperationName
    let summary = "Gives a picture back."
    let price = Money.zero
    let parameters: [ParameterSpec]

    func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract {
      OperationContract(
        policy: InputPolicy(), price: price, sends: SendForm(), expects: Expectation(frame: .any))
    }

    func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
      -> OperationOutcome
    {
      OperationOutcome(images: [.init(.memory(FakeRunflow.picture))])
    }
  }

  /// A client of a served Runflow: one order, one process after another.
  struct Counter: Sendable {
    let base: String
    let folder: TestFolder
    var clock = ScriptedClock(pace: .milliseconds(2))
    /// Described models beside the shipped ones.
    var extra: [ModelDescriptor] = []
    /// Where the server reports ends of runs.
    var callback: String?
    /// The largest picture inside a request.
    var largestInline = ByteCount(64 << 10)

    func catalog() throws -> OperationCatalog {
      try OperationCatalog(
        try RunflowBackend.operations(
          RunflowConfiguration(
            base: base, key: Secret("rf_live_EXAMPLE0000000000"), callback: callback, largestInline: largestInline),
          extra: extra))
    }

    func conductor(
      _ options: ConductorOptions = ConductorOptions(), kill: KillSwitch = .none, over transport: (any Transport)? = nil
    ) async throws -> JobConductor {
      JobConductor(
        journal: try await Journal.open(folder.journal, timekeeper: clock.timekeeper),
        transport: transport ?? HTTPTransport(allowsLoopback: true), timekeeper: clock.timekeeper, options: options,
        budget: RetryBudget(), kill: kill)
    }

    func order(_ verb: String = "smart-resize", _ conductor: JobConductor, patience: Duration? = nil) async throws
      -> OperationOutcome
    {
      let operation = try catalog().operation(named: try #require(OperationName(backend: "runflow", verb: verb)))
      let values = verb == "smart-resize" ? ["aspect_ratio": "4:5", "resolution": "2K"] : [:]
      let facts = ImageFacts(
        format: .gif, storedSize: PixelSize(clamping: 1, 1), fileBytes: ByteCount(FakeRunflow.picture.count))
      let scratch = folder.path("scratch-\(UUID().uuidString)")
      try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
      return try await operation.perform(
        PreparedImage(bytes: .memory(FakeRunflow.picture), facts: facts, isOriginal: true),
        try Parameters(values, for: operation.parameters),
        in: OperationContext(
          encoding: EncodeOptions(format: .webp), scratch: scratch, deadline: patience.map { .now + $0 },
          conductor: conductor))
    }

    func raw(_ method: HTTPRequest.Method, _ path: String, _ body: String = "") async throws -> String {
      let address = WebAddress(base + path)
      var request = TransportRequest(method, try #require(address))
      request.fields = [.authorization: "Bearer rf_live_EXAMPLE0000000000", .contentType: "application/json"]
      if !body.isEmpty { request.body = .bytes(Array(body.utf8)) }
      return String(decoding: try await HTTPTransport(allowsLoopback: true).send(request).body, as: UTF8.self)
    }

    func faults(_ rules: String) async throws { _ = try await raw(.put, "/_faults", rules) }

    /// Runs the server knows, and what it has charged.
    func books() async throws -> (runs: Int, charged: Money) {
      let runs = try await raw(.get, "/v1/runs?limit=500&fields=id").components(separatedBy: #""id""#).count - 1
      let client = RunflowClient(
        try RunflowConfiguration(base: base, key: Secret("rf_live_EXAMPLE0000000000")),
        over: HTTPTransport(allowsLoopback: true))
      return (runs, .cents(100_000) - (try #require(try await client.balance())))
    }
  }

  /// Gives the stub's picture back.
  static let stubWork = RunWork { order in
    try await order.operation.perform(
      PreparedImage(
        bytes: .file(path: order.input), facts: ImageFacts(format: .gif, storedSize: PixelSize(clamping: 1, 1)),
        isOriginal: true), order.parameters, in: order.context)
  }

  /// - Parameter models: JSON of what is on offer; the shipped list where nothing is given.
  static func served<Value: Sendable>(
    work: RunWork = stubWork, models: String? = nil, _ body: @escaping @Sendable (Counter) async throws -> Value
  ) async throws -> Value {
    let folder = try TestFolder()
    var configuration = ServerConfiguration(data: folder.path + "/server")
    configuration.port = 0
    configuration.hasFaults = true
    configuration.drainTime = .zero
    let stubs: [any ImageOperation] = [
      Stub(
        name: "local.smart-resize",
        parameters: [ParameterSpec("aspect_ratio", .ratio, ""), ParameterSpec("resolution", .tier, "")]),
      Stub(name: "local.skin-fix", parameters: []), Stub(name: "local.object-removal", parameters: []),
      Stub(name: "local.reference-inpaint", parameters: []), Stub(name: "local.tidy", parameters: []),
    ]
    let logger = Logger(label: "served") { _ in SwiftLogNoOpLogHandler() }
    let server = try RunflowServer(
      configuration: configuration, catalog: try OperationCatalog(stubs),
      models: try models.map { try ServedModel.list(json: Array($0.utf8)) }, work: work, logger: logger)
    let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try? await group.run() }  // ends cancelled
      defer { tasks.cancelAll() }
      return try await body(Counter(base: try await server.baseURL(), folder: folder))
    }
  }

  @Test(arguments: KillPoint.allCases, [false, true])
  func aProcessMayDieAnywhereAndTheServerChargesOnce(_ point: KillPoint, loses: Bool) async throws {
    try await Self.served { counter in
      // Uploaded and inside the request in turn, from point to point and with and without a lost reply.
      var counter = counter
      let place = KillPoint.allCases.firstIndex(of: point) ?? 0
      counter.largestInline = ByteCount((place + (loses ? 1 : 0)) % 2 == 0 ? 0 : 64 << 10)
      if loses { try await counter.faults(#"[{"on":"createRun","do":"drop_after","times":1}]"#) }
      let (kill, deaths) = KillPointTests.dies(at: point, times: 1)
      var outcome: OperationOutcome?
      var processes = 0
      while outcome == nil, processes < 4 {
        processes += 1
        do {
          let conductor = try await counter.conductor(kill: kill)
          let found = try await counter.order("smart-resize", conductor)
          try kill.at(.finishing)
          try await conductor.journal.finish(try #require(found.details["job"]), output: "/out", passed: true)
          outcome = found
        } catch is KillSwitch.Killed {}
      }
      let (runs, charged) = try await counter.books()
      #expect(runs == 1 && charged == .cents(55), "\(point) \(loses): \(runs) runs, \(charged)")
      let path = try #require(
        outcome?.images.first.flatMap { if case .file(let path) = $0.bytes { path } else { nil } })
      #expect(FileManager.default.contents(atPath: path) == Data(FakeRunflow.picture))
      print(
        "served\t\(point.rawValue)\t\(loses ? "reply lost" : "-")\tdeaths \(deaths())\tprocesses \(processes)\t"
          + "runs \(runs)\tcharged \(charged)")
    }
  }

  @Test(arguments: [
    #"{"on":"createRun","do":"drop_before","times":1}"#, #"{"on":"createRun","do":"drop_after","times":1}"#,
    #"{"on":"createRun","do":"status_after","status":502,"times":1}"#,
    #"{"on":"createRun","do":"status","status":500,"times":1}"#,
    #"{"on":"createRun","do":"status","status":503,"times":1}"#,
    #"{"on":"createRun","do":"status","status":429,"times":2}"#,
    #"{"on":"createRun","do":"status","status":429,"retry_after":"3","times":1}"#,
    #"{"on":"createRun","do":"cut","times":1}"#, #"{"on":"createRun","do":"html","times":1}"#,
    #"{"on":"getRun","do":"status","status":503,"times":4}"#, #"{"on":"getRun","do":"html","times":2}"#,
    #"{"on":"getRun","do":"drop_after","times":2}"#, #"{"on":"getRun","do":"cut","times":2}"#,
    #"{"on":"getRun","do":"expired_urls","times":2}"#,
    #"{"on":"getRun","do":"merge","merge":{"status_code":"sparkling","colour":1},"times":2}"#,
  ])
  func everyFaultOfTheServerEndsWithOneRunAndItsResult(_ rule: String) async throws {
    try await Self.served { counter in
      try await counter.faults("[\(rule)]")
      let outcome = try await counter.order("skin-fix", try await counter.conductor())
      let (runs, charged) = try await counter.books()
      #expect(outcome.images.count == 1 && runs == 1 && charged == .cents(12), "\(rule): \(runs) \(charged)")
    }
  }

  @Test func aSearchThatIgnoresTheFilterAdoptsNobodyElsesRun() async throws {
    try await Self.served { counter in
      _ = try await counter.order("skin-fix", try await counter.conductor())
      try await counter.faults(
        #"[{"on":"createRun","do":"drop_after","times":1},{"on":"listRuns","do":"ignore_filter"}]"#)
      let outcome = try await counter.order("smart-resize", try await counter.conductor())
      #expect(outcome.cost == .cents(55) && outcome.details["reused"] == nil)
    }
  }

  @Test func anAnswerOfTheServerIsReadWholeByTheClient() async throws {
    try await Self.served { counter in
      let client = RunflowClient(
        try RunflowConfiguration(base: counter.base, key: Secret("rf_live_EXAMPLE0000000000")),
        over: HTTPTransport(allowsLoopback: true))
      #expect(try await client.isHealthy())
      try await client.checkKey()
      #expect(try await client.balance() == .cents(100_000))
      let asset = try await client.upload(
        .memory(FakeRunflow.picture), size: ByteCount(FakeRunflow.picture.count), name: "a.gif", mediaType: "image/gif")
      #expect(try await client.asset(asset.id).bytes == ByteCount(FakeRunflow.picture.count))
      let batch = try await client.createBatch(
        "runflow/skin-fix",
        inputs: [(["image_url": .text(asset.reference)], "one"), (["image_url": .text(asset.reference)], "two")],
        reference: RunReference(3, 4))
      #expect(batch.items.compactMap(\.label) == ["one", "two"])
      #expect(try await client.items(ofBatch: batch.id).count == 2)
      #expect(try await client.batch(batch.id).id == batch.id)
      #expect(try await !client.models().isEmpty)
    }
  }

  @Test func everyModelTheClientDescribesIsKnownToTheServerWithItsPriceAndItsInputs() throws {
    let served = try ServedModel.shipped()
    #expect(Set(served.map(\.id)) == Set(ModelDescriptor.shipped.map(\.id)))
    for model in ModelDescriptor.shipped {
      let twin = try #require(served.first { $0.id == model.id })
      #expect(twin.price == model.price && twin.verb == model.verb, "\(model.id)")
      #expect(twin.inputs.map(\.name) == model.inputs.map(\.name), "\(model.id)")
      for (input, own) in zip(twin.inputs, model.inputs) where own.kind != .image {
        #expect(input.isRequired == (own.isRequired ?? false), "\(model.id) \(own.name)")
      }
    }
  }

  @Test func aWrongKeyIsSaidToBeOne() async throws {
    try await Self.served { counter in
      let client = RunflowClient(
        try RunflowConfiguration(base: counter.base, key: Secret("sk_wrong_key_0000")),
        over: HTTPTransport(allowsLoopback: true))
      await #expect { try await client.checkKey() } throws: { ($0 as? ImgtoolError)?.kind == .credentials }
    }
  }
}
