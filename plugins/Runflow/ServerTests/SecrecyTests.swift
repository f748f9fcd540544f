// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Logging
import Synchronization
import Testing

@testable import RunflowServer

@Suite struct SecrecyTests {
  @Test func noKeySecretOrSignatureIsLogged() async throws {
    let log = Transcript()
    var setup = ServerSetup()
    setup.configure = { $0.hasFaults = true }
    setup.logger = Logger(label: "server") { _ in CapturingHandler(transcript: log) }
    setup.operations = [StubOperation.resize { _, _, _ in throw ImgtoolError(.storage, "The disk is full.") }]
    let secrets = try await withServer(setup) { client in
      let canary = client.with(token: "rf_live_CANARY77")
      let plain = try await canary.post("/v1/callback-secrets").json["plain_secret"]?.text ?? ""
      let order = canary.order(try await canary.upload([1]), callback: "http://127.0.0.1:1/?token=CALLBACKCANARY")
      let made = try await canary.post(resizeRuns, order, key: "k")
      let run = try await canary.finished(made.json["id"]?.text ?? "")
      let url = run["input"]?["image_url"]?.text ?? ""
      _ = try await canary.get(url)
      _ = try await canary.get("/v1/nothing?key=rf_live_CANARY77")
      try await client.faults(["on": "getRun", "do": "drop_after"])
      _ = try? await canary.get("/v1/runs/x")  // dropped
      return ["CANARY77", "CALLBACKCANARY", plain, "X-Amz-Signature"]
    }
    #expect(!log.text.isEmpty)
    for secret in secrets { #expect(!log.text.contains(secret), "\(secret.prefix(6))… is in the log") }
  }
}

/// Everything that was logged, as one text.
private final class Transcript: Sendable {
  private let state = Mutex("")
  var text: String { state.withLock { $0 } }
  func add(_ line: String) { state.withLock { $0 += line + "\n" } }
}

/// Keeps every line at every level.
private struct CapturingHandler: LogHandler {
  let transcript: Transcript
  var metadata = Logger.Metadata()
  var logLevel = Logger.Level.trace

  init(transcript: Transcript) { self.transcript = transcript }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    transcript.add("\(event.message) \(metadata) \(event.metadata ?? [:])")
  }
}
