// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime
import ImgtoolTesting
import LocalBackend
import Logging
import RunflowBackend
import RunflowServer
import ServiceLifecycle
import Testing

@testable import PictureService

/// The example service as its users meet it, over HTTP, against a Runflow served beside it.
@Suite(.timeLimit(.minutes(5))) struct PictureServiceTests {
  static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  static let key = "rf_live_EXAMPLE0000000000"

  /// A running service and what can be asked of it.
  struct Visitor: Sendable {
    let base: String
    let service: PictureService
    let runflow: String

    func ask(_ method: HTTPRequest.Method, _ url: String, _ body: [UInt8]? = nil, _ fields: HTTPFields = [:])
      async throws -> (status: Int, body: [UInt8])
    {
      let address = WebAddress(url)
      var request = TransportRequest(method, try #require(address))
      request.fields = fields
      if let body { request.body = .bytes(body) }
      let answer = try await HTTPTransport(allowsLoopback: true).send(request)
      return (answer.status.code, answer.body)
    }

    func post(_ path: String, _ body: [UInt8], _ fields: HTTPFields = [:]) async throws -> (status: Int, body: [UInt8])
    {
      try await ask(.post, base + path, body, fields)
    }

    func get(_ path: String) async throws -> (status: Int, body: [UInt8]) { try await ask(.get, base + path) }

    /// What the service answered to the callback of the only run; waits for the delivery, which is nobody's turn.
    func answersToCallbacks() async throws -> [Int] {
      let key = [HTTPField(name: .authorization, value: "Bearer \(PictureServiceTests.key)")]
      func list(_ path: String) async throws -> Any {
        try JSONSerialization.jsonObject(
          with: Data(try await ask(.get, runflow + path, nil, HTTPFields(key)).body))
      }
      let runs = try #require((try await list("/v1/runs?limit=2") as? [String: Any])?["items"] as? [[String: Any]])
      let run = try #require(runs.first?["id"] as? String)
      while true {
        let deliveries = try #require(try await list("/v1/runs/\(run)/callback") as? [[String: Any]])
        let attempts = deliveries.compactMap { $0["attempts"] as? [[String: Any]] }.joined()
        if !attempts.isEmpty { return attempts.compactMap { $0["status_code"] as? Int } }
        await Task.yield()
      }
    }

    /// What the served Runflow has charged.
    func charged() async throws -> Money {
      let client = RunflowClient(
        try RunflowConfiguration(base: runflow, key: Secret(PictureServiceTests.key)),
        over: HTTPTransport(allowsLoopback: true))
      return .cents(100_000) - (try #require(try await client.balance()))
    }
  }

  /// Runs the service on a folder, beside a Runflow that really recomposes pictures.
  func visiting<Value: Sendable>(
    _ folder: TestFolder, _ body: @escaping @Sendable (Visitor) async throws -> Value
  ) async throws -> Value {
    let pool = SharedPool()
    let catalog = try OperationCatalog(LocalBackend.operations(pool: pool))
    var configuration = ServerConfiguration(data: folder.path("runflow"))
    (configuration.port, configuration.drainTime) = (0, .zero)
    (configuration.allowsPrivate, configuration.allowsLoopbackCallbacks) = (true, true)
    let runflow = try RunflowServer(
      configuration: configuration, catalog: catalog,
      work: RunWork { order in
        var values = ["fill": "mirror"]
        for name in ["aspect_ratio", "resolution"] { values[name] = order.parameters.text(name) }
        let picture = PreparedImage(
          bytes: .file(path: order.input), facts: try Probe.facts(ofFile: order.input), isOriginal: true)
        return try await order.operation.perform(
          picture, try Parameters(values, for: order.operation.parameters), in: order.context)
      }, logger: Self.quiet)
    let port = try FreePort.find()
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      let group = ServiceGroup(configuration: .init(services: [runflow], logger: Self.quiet))
      tasks.addTask { try? await group.run() }  // ends cancelled
      defer { tasks.cancelAll() }
      let base = try await runflow.baseURL()
      let service = try await PictureService(
        folder: folder.path("service"),
        runflow: try RunflowConfiguration(
          base: base, key: Secret(Self.key), callback: "http://127.0.0.1:\(port)/callbacks/runflow"),
        webhooks: try RunflowWebhooks(secrets: [Secret(try await secret(at: base))]), dailyBudget: .cents(10_00))
      let (ready, isReady) = AsyncStream<Void>.makeStream()
      let application = Application(
        router: service.router(),
        configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
        onServerRunning: { _ in isReady.finish() }, logger: Self.quiet)
      tasks.addTask {
        defer { isReady.finish() }
        try? await application.run()  // ends cancelled
      }
      for await _ in ready {}
      return try await body(Visitor(base: "http://127.0.0.1:\(port)", service: service, runflow: base))
    }
  }

  /// A signing secret made at the served Runflow.
  private func secret(at base: String) async throws -> String {
    let address = WebAddress(base + "/v1/callback-secrets")
    var request = TransportRequest(.post, try #require(address))
    request.fields = [.authorization: "Bearer \(Self.key)", .contentType: "application/json"]
    request.body = .bytes(Array(#"{"label":"test"}"#.utf8))
    let answer = try await HTTPTransport(allowsLoopback: true).send(request).body
    let object = try #require(try JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any])
    return try #require(object["plain_secret"] as? String)
  }

  static let picture = SamplePictures.scene(PixelSize(clamping: 300, 200)).png()

  @Test func aPictureIsTakenInPaidForOnceAndHandedOut() async throws {
    try await visiting(try TestFolder()) { visitor in
      let taken = try await visitor.post("/pictures?ratio=1:1&res=1K", Self.picture)
      #expect(taken.status == 202)
      let id = try JSONDecoder().decode(Receipt.self, from: Data(taken.body)).id
      await visitor.service.orders.wait(for: id)
      let state = try JSONDecoder().decode(
        OrderState.self, from: Data(try await visitor.get("/pictures/\(id)").body))
      #expect(state.stage == .done && state.cost == "$0.55", "\(state)")
      let image = try await visitor.get("/pictures/\(id)/image")
      #expect(image.status == 200 && image.body.prefix(2) == [0xff, 0xd8])
      #expect(try await visitor.charged() == .cents(55))

      #expect(try await visitor.answersToCallbacks() == [200])

      // The same picture for somebody else is the same order: it is not bought again.
      let again = try await visitor.post("/pictures?ratio=1:1&res=1K", Self.picture)
      let other = try JSONDecoder().decode(Receipt.self, from: Data(again.body)).id
      await visitor.service.orders.wait(for: other)
      #expect(await visitor.service.orders.state(of: other)?.cost == "$0.00")
      #expect(try await visitor.charged() == .cents(55))
    }
  }

  @Test(arguments: ["cut", "empty", "text", "small"])
  func whatIsNotFitToBeSentCostsNothing(_ kind: String) async throws {
    let bytes: [UInt8] =
      switch kind {
      case "cut": Array(Self.picture.dropLast(300))
      case "empty": []
      case "text": Array("GIF89a is a format".utf8)
      default: SamplePictures.scene(PixelSize(clamping: 20, 20)).png()
      }
    try await visiting(try TestFolder()) { visitor in
      for path in ["/check", "/pictures?ratio=1:1&res=1K"] {
        let answer = try await visitor.post(path, bytes)
        let verdict = try JSONDecoder().decode(Verdict.self, from: Data(answer.body))
        #expect(answer.status == 422 && !verdict.findings.isEmpty, "\(kind) \(path) \(answer)")
      }
      #expect(try await visitor.charged() == .zero)
    }
  }

  @Test func callbacksWithoutTheRightSignatureAreTurnedAway() async throws {
    try await visiting(try TestFolder()) { visitor in
      let body = Array(#"{"event":"run.completed","run_id":"a","status":"succeeded"}"#.utf8)
      #expect(try await visitor.post("/callbacks/runflow", body).status == 401)
      let name = try #require(HTTPField.Name("Runflow-Signature"))
      let forged = String(repeating: "0", count: 64)
      #expect(try await visitor.post("/callbacks/runflow", body, [name: forged]).status == 401)
      #expect(try await visitor.get("/pictures/nobody").status == 404)
      #expect(try await visitor.post("/pictures?ratio=wide", Self.picture).status == 400)
    }
  }

  @Test func whatAProcessLeftUnfinishedIsFinishedByTheNext() async throws {
    let folder = try TestFolder()
    // What a process leaves that is killed right after it gave out the id.
    let id = UUID().uuidString.lowercased()
    let place = folder.path("service/pictures/\(id)")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try Data(Self.picture).write(to: URL(fileURLWithPath: place + "/input"))
    try JSONEncoder().encode(FrameOrder(ratio: "4:5", tier: "1K"))
      .write(to: URL(fileURLWithPath: place + "/order.json"))
    try await visiting(folder) { visitor in
      try await visitor.service.orders.start()
      await visitor.service.orders.wait(for: id)
      #expect(await visitor.service.orders.state(of: id)?.stage == .done)
      #expect(try await visitor.charged() == .cents(55))
    }
  }
}
