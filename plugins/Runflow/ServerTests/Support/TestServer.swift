// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Foundation
import ImgtoolCore
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle

@testable import RunflowServer

/// What a test wants of its server besides the usual.
struct ServerSetup: Sendable {
  var operations: [any ImageOperation] = [StubOperation.resize(), StubOperation.skinFix()]
  var time = ScriptedTime()
  var names: [String: String] = [:]
  var configure: @Sendable (inout ServerConfiguration) -> Void = { _ in }
  var reached: @Sendable (Foreman.Step, String) async throws -> Void = { _, _ in }
  var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  /// A folder to take up; nothing for a fresh one that is removed afterwards.
  var folder: String?
}

/// A fresh folder, removed afterwards.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
  let folder = NSTemporaryDirectory() + "runflow-server-" + UUID().uuidString
  defer {
    // What is left in the temporary folder is the system's to remove.
    try? FileManager.default.removeItem(atPath: folder)
  }
  return try await body(folder)
}

/// A server on a port of its own, running while `body` does.
func withServer<Value: Sendable>(
  _ setup: ServerSetup = ServerSetup(), _ body: @escaping @Sendable (TestClient) async throws -> Value
) async throws -> Value {
  if let folder = setup.folder { return try await serve(setup, in: folder, body) }
  return try await withFolder { try await serve(setup, in: $0, body) }
}

private func serve<Value: Sendable>(
  _ setup: ServerSetup, in folder: String, _ body: @escaping @Sendable (TestClient) async throws -> Value
) async throws -> Value {
  var configuration = ServerConfiguration(data: folder)
  configuration.port = 0
  setup.configure(&configuration)
  let logger = setup.logger
  let server = try RunflowServer(
    configuration: configuration, catalog: try OperationCatalog(setup.operations), models: nil, work: plainWork,
    logger: logger, surroundings: setup.time.surroundings(names: setup.names), reached: setup.reached)
  let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
  return try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try await group.run() }
    do {
      let value = try await body(TestClient(base: try await server.baseURL()))
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return value
    } catch {
      await group.triggerGracefulShutdown()
      throw error
    }
  }
}

/// An answer as it came.
struct Reply: Sendable {
  let status: Int
  let headers: HTTPHeaders
  let bytes: [UInt8]

  /// The body as JSON; null where it is none.
  var json: JSON { (try? JSONReader.read(bytes)) ?? .null }  // compared by the test
  func header(_ name: String) -> String? { headers.first(name: name) }
  var code: String? { json["code"]?.text }
}

/// A caller of the server: any HTTP, nothing of this project's client.
struct TestClient: Sendable {
  let base: String
  var token: String? = "rf_live_EXAMPLE0000000000"

  func send(
    _ method: String, _ path: String, _ body: JSON? = nil, headers: [(String, String)] = [], bytes: [UInt8]? = nil
  ) async throws -> Reply {
    var request = HTTPClientRequest(url: path.hasPrefix("http") ? path : base + path)
    request.method = HTTPMethod(rawValue: method)
    if let token, !path.hasPrefix("http") { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if body != nil { request.headers.add(name: "Content-Type", value: "application/json") }
    for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
    if let payload = bytes ?? body?.bytes { request.body = .bytes(ByteBuffer(bytes: payload)) }
    // No test waits for this: without it a server that says nothing would hold up all the others for ever.
    let response = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
    let collected = try await response.body.collect(upTo: 64 << 20)
    return Reply(
      status: Int(response.status.code), headers: response.headers, bytes: Array(collected.readableBytesView))
  }

  func get(_ path: String) async throws -> Reply { try await send("GET", path) }
  func post(_ path: String, _ body: JSON? = nil, key: String? = nil) async throws -> Reply {
    try await send("POST", path, body, headers: key.map { [("Idempotency-Key", $0)] } ?? [])
  }

  /// The client with another key.
  func with(token: String?) -> TestClient { TestClient(base: base, token: token) }

  /// Sets the rules of the fault desk.
  func faults(_ rules: JSON...) async throws {
    let reply = try await send("PUT", "/_faults", .array(rules))
    guard reply.status == 200 else { throw ImgtoolError(.fault, "The fault desk refused: \(reply.json.compact)") }
  }

  /// Reads a run until it is over.
  func finished(_ id: String) async throws -> JSON {
    for _ in 0..<20_000 {
      let run = try await get("/v1/runs/\(id)").json
      if let state = run["status_code"]?.text.flatMap(RunStatus.init(rawValue:)), state.isTerminal { return run }
      await Task.yield()
    }
    throw ImgtoolError(.timeout, "The run did not end.")
  }

  /// Uploads bytes and gives back the reference.
  func upload(_ bytes: [UInt8], name: String = "a.png", type: String = "image/png") async throws -> String {
    let session = try await post(
      "/v1/asset-uploads", ["filename": .string(name), "mime_type": .string(type), "size_bytes": JSON(bytes.count)])
    guard let id = session.json["asset_id"]?.text, let url = session.json["upload_url"]?.text else {
      throw ImgtoolError(.fault, "No upload session: \(session.json.compact)")
    }
    let put = try await send("PUT", url, headers: [("Content-Type", type)], bytes: bytes)
    guard put.status == 200 else { throw ImgtoolError(.fault, "The upload was refused: \(put.status)") }
    _ = try await post("/v1/asset-uploads/\(id)/confirmations", [:])
    return "runflow://assets/\(id)"
  }

  /// The body of a smart-resize run.
  func order(_ image: String, ref: String? = nil, callback: String? = nil, metadata: JSON = .null) -> JSON {
    [
      "input": ["image_url": .string(image), "aspect_ratio": "4:5", "resolution": "2K"], "client_ref": JSON(ref),
      "callback_url": JSON(callback), "metadata": metadata,
    ]
  }
}

/// Where smart-resize runs are made.
let resizeRuns = "/v1/models/runflow/smart-resize/runs"
