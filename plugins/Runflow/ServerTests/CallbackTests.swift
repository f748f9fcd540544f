// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import ImgtoolCore
import Testing

@testable import RunflowServer

@Suite struct CallbackTests {
  private static func deliveries(_ client: TestClient, _ id: String, count: Int = 1) async throws -> [JSON] {
    for _ in 0..<20_000 {
      let found = try await client.get("/v1/runs/\(id)/callback").json.items ?? []
      if found.count == count, found.allSatisfy({ $0["completed_at"]?.isNull == false }) { return found }
    }
    throw ImgtoolError(.timeout, "The delivery did not end.")
  }

  @Test func aCallbackIsSignedOverItsRawBytesAndKept() async throws {
    try await withReceiver { receiver in
      try await withServer { client in
        let secret = try await client.post("/v1/callback-secrets", ["label": "mac-build-2026"]).json
        let plain = try #require(secret["plain_secret"]?.text)
        #expect(plain.hasPrefix("whsec_"))
        #expect(secret["is_current"] == true)
        let made = try await client.post(
          resizeRuns,
          client.order(
            try await client.upload([1]), callback: receiver.base + "/hook",
            metadata: ["title": "Düne 砂", "n": .number("1.50")]))
        let id = try #require(made.json["id"]?.text)
        let received = try #require(await receiver.next(1).first)
        #expect(received.path == "/hook")
        #expect(received.header("Runflow-Signature") == HMACDigest.hex(received.body, key: Array(plain.utf8)))
        #expect(received.header("Runflow-Request-Id")?.isEmpty == false)
        let body = try JSONReader.read(received.body)
        #expect(
          body.members?.map(\.name) == [
            "event", "run_id", "status", "output", "duration_ms", "created_at", "completed_at", "metadata",
          ])
        #expect(body["event"] == "run.completed")
        #expect(body["run_id"]?.text == id)
        #expect(body["status"] == "succeeded")
        #expect(body["created_at"]?.text?.hasSuffix("+00:00") == true)
        #expect(body["metadata"]?.compact == "{\"title\":\"Düne 砂\",\"n\":1.50}")
        let delivery = try await Self.deliveries(client, id)[0]
        #expect(delivery["status_code"] == "delivered")
        #expect(delivery["payload_bytes"]?.text.map { Array($0.utf8) } == received.body)
        #expect(delivery["attempts"]?[0]?["status_code"] == 200)
        #expect(delivery["signing_secret_id"] == secret["id"])
      }
    }
  }

  @Test func withoutASecretThereIsNoSignature() async throws {
    try await withReceiver { receiver in
      try await withServer { client in
        _ = try await client.post(resizeRuns, client.order(try await client.upload([1]), callback: receiver.base))
        #expect(await receiver.next(1).first?.header("Runflow-Signature") == nil)
      }
    }
  }

  @Test func threeAttemptsAreMadeOneAndTwoSecondsApart() async throws {
    let setup = ServerSetup()
    try await withReceiver { _, _ in
      Response(status: .serviceUnavailable)
    } _: { receiver in
      try await withServer(setup) { client in
        let made = try await client.post(
          resizeRuns, client.order(try await client.upload([1]), callback: receiver.base))
        let delivery = try await Self.deliveries(client, made.json["id"]?.text ?? "")[0]
        #expect(await receiver.next(3).count == 3)
        #expect(delivery["status_code"] == "failed")
        #expect(delivery["attempt_count"] == 3)
        #expect(delivery["failure_reason_code"] == "HTTP_STATUS")
        // The clock moves a microsecond a look, so a wait is a hair under its second.
        #expect(setup.time.sleeps.map { Int(($0 / .milliseconds(100)).rounded()) } == [10, 20])
      }
    }
  }

  @Test(arguments: [400, 404, 302, 410])
  func anAnswerBelow500IsNotRepeated(status: Int) async throws {
    try await withReceiver { _, _ in
      Response(status: .init(code: status))
    } _: { receiver in
      try await withServer { client in
        let made = try await client.post(
          resizeRuns, client.order(try await client.upload([1]), callback: receiver.base))
        let delivery = try await Self.deliveries(client, made.json["id"]?.text ?? "")[0]
        #expect(delivery["status_code"] == "failed")
        #expect(delivery["attempt_count"] == 1)
      }
    }
  }

  @Test func aReceiverThatIsDownIsTriedThreeTimes() async throws {
    try await withServer { client in
      // Port 1 is never listened on.
      let made = try await client.post(
        resizeRuns, client.order(try await client.upload([1]), callback: "http://127.0.0.1:1/"))
      let delivery = try await Self.deliveries(client, made.json["id"]?.text ?? "")[0]
      #expect(delivery["attempt_count"] == 3)
      #expect(delivery["failure_reason_code"] == "NETWORK")
    }
  }

  @Test func redeliveryIsComposedAfreshAndOnlyWhenOver() async throws {
    try await withReceiver { receiver in
      let setup = ServerSetup()
      try await withServer(setup) { client in
        let made = try await client.post(
          resizeRuns, client.order(try await client.upload([1]), callback: receiver.base))
        let id = made.json["id"]?.text ?? ""
        let first = try #require(await receiver.next(1).first)
        _ = try await Self.deliveries(client, id)
        setup.time.advance(seconds: 60)
        let again = try await client.post("/v1/runs/\(id)/callback-redeliveries")
        #expect(again.status == 201)
        #expect(again.json["is_automatic"] == false)
        let second = try #require(await receiver.next(1).first)
        #expect(second.body != first.body)
        #expect(try JSONReader.read(second.body)["run_id"]?.text == id)
        #expect(try await Self.deliveries(client, id, count: 2).count == 2)
        let silent = try await client.post(resizeRuns, client.order(try await client.upload([1])))
        _ = try await client.finished(silent.json["id"]?.text ?? "")
        let none = try await client.post("/v1/runs/\(silent.json["id"]?.text ?? "")/callback-redeliveries")
        #expect(none.status == 422)
        #expect(none.json["errors"]?[0]?["type"] == "conflict")
      }
    }
  }

  @Test func secretsRotate() async throws {
    try await withReceiver { receiver in
      try await withServer { client in
        let old = try await client.post("/v1/callback-secrets", ["label": "old"]).json
        let new = try await client.post("/v1/callback-secrets", ["label": "new"]).json
        #expect(new["is_current"] == false)
        let id = new["id"]?.text ?? ""
        #expect(try await client.get("/v1/callback-secrets/\(id)").json["plain_secret"] == nil)
        let promoted = try await client.send("PATCH", "/v1/callback-secrets/\(id)", ["is_current": true]).json
        #expect(promoted["is_current"] == true)
        let nonsense = try await client.send("PATCH", "/v1/callback-secrets/\(id)", ["is_current": [:]])
        #expect(nonsense.status == 422)
        #expect(promoted["label"] == "new")
        let list = try await client.get("/v1/callback-secrets?sort_by=created_at:asc").json["items"]?.items ?? []
        #expect(list.map { $0["is_current"] } == [false, true])
        _ = try await client.post(resizeRuns, client.order(try await client.upload([1]), callback: receiver.base))
        let received = try #require(await receiver.next(1).first)
        let key = Array((new["plain_secret"]?.text ?? "").utf8)
        #expect(received.header("Runflow-Signature") == HMACDigest.hex(received.body, key: key))
        #expect(try await client.send("DELETE", "/v1/callback-secrets/\(old["id"]?.text ?? "")").status == 204)
        #expect(try await client.get("/v1/callback-secrets").json["items"]?.items?.count == 1)
      }
    }
  }

  @Test func callbacksToPrivateHostsAreRefused() async throws {
    try await withServer { client in
      for url in ["http://10.0.0.1/", "https://169.254.169.254/", "http://example.com@127.0.0.1/", "ftp://127.0.0.1/"] {
        let reply = try await client.post(resizeRuns, client.order(try await client.upload([1]), callback: url))
        #expect(reply.status == 422, "\(url)")
      }
    }
    var setup = ServerSetup()
    setup.configure = { $0.allowsLoopbackCallbacks = false }
    try await withServer(setup) { client in
      let reply = try await client.post(
        resizeRuns, client.order(try await client.upload([1]), callback: "https://127.0.0.1/"))
      #expect(reply.status == 422)
    }
  }

  @Test(arguments: [
    (
      #"{"event":"run.completed","run_id":"01995f3a-7c10-7b42-9d55-2f6a1c0e8b11","status":"succeeded"}"#,
      "ec28d281e941330a23ae855cf4ab20e4bfa43e4f99c142b69b0292e0a33180e5"
    ),
    (
      #"{"event": "run.completed", "run_id": "01995f3a-7c10-7b42-9d55-2f6a1c0e8b11", "status": "succeeded"}"#,
      "a77ef55e68bb89e65298891fe00386fa2e9229b845e73a06665ab5d288e9252e"
    ),
    (
      #"{"metadata":{"title":"Düne 砂"},"run_id":"01995f3a-7c10-7b42-9d55-2f6a1c0e8b11"}"#,
      "a845d56f14eb41fedcd33e2c3ebe5812aefde177a622d03173adf8c3e96ad7c0"
    ),
  ])
  func signaturesAreThoseOfTheVectors(body: String, digest: String) {
    #expect(HMACDigest.hex(Array(body.utf8), key: Array("whsec_TESTONLY_7f3c2a9b5d1e4086".utf8)) == digest)
  }

  @Test func theBytesOfACallbackAreThoseOfTheVector() throws {
    let metadata: JSON = ["job": "j-204", "page": 4]
    let run = RunRow(
      id: "01995f3b-02de-7c91-8a07-5f0b9b6f4d22", organisation: "o", model: "m", modelID: "m", status: "failed",
      input: "{}", output: nil, metadata: metadata.compact, clientRef: nil, callbackURL: "x", requestID: "r",
      batchID: nil, sequenceIndex: nil, price: 0, cost: 0, attempts: 1,
      createdAt: try #require(Timestamp("2026-09-18T09:15:00.500000Z")).microseconds, startedAt: 1,
      completedAt: try #require(Timestamp("2026-09-18T09:15:08.623000Z")).microseconds, failureCode: "X",
      failureMessage: nil, failureStage: nil)
    let signer = URLSigner(key: [1], now: { Timestamp(microseconds: 0) }, base: { "http://127.0.0.1" })
    let composer = CallbackComposer(renderer: RecordRenderer(signer: signer, shapes: [:]), random: { 1 })
    let bytes = composer.body(of: run).bytes
    #expect(bytes.count == 255)
    #expect(
      HMACDigest.hex(bytes, key: Array("whsec_TESTONLY_7f3c2a9b5d1e4086".utf8))
        == "1aa5605436e8d37e6dfcf3e1cd01022d78bae694b07f5e0e1f176c2e0efc6b68")
  }
}
