// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Hummingbird
import ImgtoolCore
import NIOCore
import NIOHTTP1
import Testing

@testable import RunflowServer

@Suite struct FaultTests {
  private static var faulty: ServerSetup {
    var setup = ServerSetup()
    setup.configure = { $0.hasFaults = true }
    return setup
  }

  /// Runs `body` with rules set, an order that works, and its reference.
  private static func with(
    _ rules: JSON..., body: @escaping @Sendable (TestClient, JSON) async throws -> Void
  ) async throws {
    try await withServer(faulty) { client in
      let order = client.order(try await client.upload(Pictures.png(width: 4, height: 4)), ref: "app:1")
      let reply = try await client.send("PUT", "/_faults", .array(rules))
      #expect(reply.status == 200)
      try await body(client, order)
    }
  }

  private static func made(_ client: TestClient) async throws -> Int {
    try await client.get("/v1/runs?q=client_ref.EQ:'app:1'").json["items"]?.items?.count ?? -1
  }

  @Test func aReplyIsLostAfterTheRunWasCreated() async throws {
    try await Self.with(["on": "createRun", "do": "drop_after"]) { client, order async throws in
      await #expect(throws: (any Error).self) { try await client.post(resizeRuns, order) }
      #expect(try await Self.made(client) == 1)
    }
  }

  @Test func aConnectionIsDroppedBeforeAnythingWasDone() async throws {
    try await Self.with(["on": "createRun", "do": "drop_before"]) { client, order async throws in
      await #expect(throws: (any Error).self) { try await client.post(resizeRuns, order) }
      #expect(try await Self.made(client) == 0)
    }
  }

  @Test func aBurstOf5xxEnds() async throws {
    try await Self.with(["on": "createRun", "do": "status", "status": 503, "times": 2]) { client, order async throws in
      #expect(try await client.post(resizeRuns, order).status == 503)
      #expect(try await client.post(resizeRuns, order).status == 503)
      #expect(try await client.post(resizeRuns, order).status == 201)
      #expect(try await Self.made(client) == 1)
    }
  }

  @Test func a500ComesAfterTheRunWasCreated() async throws {
    try await Self.with(["on": "createRun", "do": "status_after", "status": 500]) { client, order async throws in
      #expect(try await client.post(resizeRuns, order, key: "k").status == 500)
      #expect(try await Self.made(client) == 1)
      #expect(try await client.post(resizeRuns, order, key: "k").status == 201)
      #expect(try await Self.made(client) == 1)
    }
  }

  @Test func a429ComesWithAndWithoutRetryAfter() async throws {
    try await Self.with(
      ["on": "createRun", "do": "status", "status": 429, "retry_after": "7"],
      ["on": "createRun", "do": "status", "status": 429]
    ) { client, order in
      let first = try await client.post(resizeRuns, order)
      #expect(first.code == "RATE_LIMITED")
      #expect(first.header("Retry-After") == "7")
      #expect(try await client.post(resizeRuns, order).header("Retry-After") == nil)
      #expect(try await client.post(resizeRuns, order).status == 201)
    }
  }

  @Test func aDownloadBreaksOff() async throws {
    try await Self.with(["on": "download", "do": "cut", "bytes": 20]) { client, order in
      let run = try await client.finished(try await client.post(resizeRuns, order).json["id"]?.text ?? "")
      let url = run["output"]?["outputs"]?[0]?["url"]?.text ?? ""
      await #expect(throws: (any Error).self) { try await client.get(url) }
      #expect(try await client.get(url).bytes == Pictures.png(width: 4, height: 3))
    }
  }

  @Test(arguments: ["stall", "silent_before", "silent_after"])
  func aServerSaysNoMore(action: String) async throws {
    try await Self.with(["on": "getRun", "do": .string(action)]) { client, order in
      let id = try await client.post(resizeRuns, order).json["id"]?.text ?? ""
      var request = HTTPClientRequest(url: client.base + "/v1/runs/\(id)")
      request.headers.add(name: "Authorization", value: "Bearer rf_live_x")
      let asked = request
      await #expect(throws: (any Error).self) {
        try await Deadline.within(.milliseconds(100)) {
          let response = try await HTTPClient.shared.execute(asked, timeout: .seconds(20))
          _ = try await response.body.collect(upTo: 1 << 20)
        }
      }
      #expect(try await client.get("/v1/runs/\(id)").status == 200)
    }
  }

  @Test func aSlowBodyArrivesInTheEnd() async throws {
    let setup = Self.faulty
    try await withServer(setup) { client in
      try await client.faults(["on": "getBalance", "do": "slow", "bytes": 16, "milliseconds": 1000])
      let reply = try await client.get("/v1/billing/balance")
      #expect(reply.json["balance"] == "1000.00")
      #expect(setup.time.sleeps.count == (reply.bytes.count + 15) / 16)
    }
  }

  @Test func htmlAndOtherBodiesComeInPlaceOfJSON() async throws {
    try await Self.with(
      ["on": "createRun", "do": "html"], ["on": "createRun", "do": "body", "body": "{\"id\":"],
      ["on": "createRun", "do": "body", "body": "{\"id\":7}", "content_type": "text/plain"],
      ["on": "createRun", "do": "body", "fill": 10_000]
    ) { client, order in
      let page = try await client.post(resizeRuns, order)
      #expect(page.status == 200)
      #expect(page.header("Content-Type") == "text/html")
      #expect(try await client.post(resizeRuns, order).bytes == Array("{\"id\":".utf8))
      let other = try await client.post(resizeRuns, order)
      #expect(other.json["id"] == 7)
      #expect(other.header("Content-Type") == "text/plain")
      #expect(try await client.post(resizeRuns, order).bytes.count == 10_000)
      #expect(try await Self.made(client) == 4)
    }
  }

  @Test func aWrongContentTypeIsPutOnADownload() async throws {
    try await Self.with(["on": "download", "do": "content_type", "content_type": "image/webp"]) { client, order in
      let run = try await client.finished(try await client.post(resizeRuns, order).json["id"]?.text ?? "")
      let reply = try await client.get(run["output"]?["outputs"]?[0]?["url"]?.text ?? "")
      #expect(reply.header("Content-Type") == "image/webp")
      #expect(reply.bytes == Pictures.png(width: 4, height: 3))
    }
  }

  @Test func urlsOfAnAnswerAreAlreadyPast() async throws {
    try await Self.with { client, order in
      let id = try await client.post(resizeRuns, order).json["id"]?.text ?? ""
      _ = try await client.finished(id)
      try await client.faults(["on": "getRun", "do": "expired_urls"])
      let old = try await client.get("/v1/runs/\(id)").json["output"]?["outputs"]?[0]?["url"]?.text ?? ""
      let reply = try await client.get(old)
      #expect(reply.status == 403)
      #expect(reply.code == "URL_EXPIRED")
      let fresh = try await client.get("/v1/runs/\(id)").json["output"]?["outputs"]?[0]?["url"]?.text ?? ""
      #expect(try await client.get(fresh).status == 200)
    }
  }

  @Test func membersAreMergedOverAnAnswer() async throws {
    try await Self.with(
      ["on": "getRun", "do": "merge", "merge": ["status_code": "warming_up", "brand_new": [1]]],
      ["on": "createUpload", "do": "merge", "merge": ["upload_url": "http://storage.example.com/x"]]
    ) { client, order in
      let id = try await client.post(resizeRuns, order).json["id"]?.text ?? ""
      let odd = try await client.get("/v1/runs/\(id)").json
      #expect(odd["status_code"] == "warming_up")
      #expect(odd["brand_new"] == [1])
      #expect(odd["id"]?.text == id)
      let upload = try await client.post(
        "/v1/asset-uploads", ["filename": "a", "mime_type": "image/png", "size_bytes": 1])
      #expect(upload.json["upload_url"] == "http://storage.example.com/x")
    }
  }

  @Test func redirectsLeadElsewhere() async throws {
    try await withReceiver { other in
      try await Self.with(
        ["on": "getRun", "do": "redirect", "status": 307, "location": .string(other.base + "/x")]
      ) { client, _ in
        let plain = HTTPClient(
          eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))
        let response = try await plain.execute(HTTPClientRequest(url: client.base + "/v1/runs/x"), timeout: .seconds(5))
        #expect(response.status.code == 307)
        #expect(response.headers.first(name: "Location") == other.base + "/x")
        try await plain.shutdown()
      }
    }
  }

  @Test func listsForgetTheirFilter() async throws {
    try await Self.with(["on": "listRuns", "do": "ignore_filter"]) { client, order in
      _ = try await client.post(resizeRuns, order)
      let path = "/v1/runs?q=client_ref.EQ:'nobody'"
      #expect(try await client.get(path).json["items"]?.items?.count == 1)
      #expect(try await client.get(path).json["items"]?.items?.count == 0)
    }
  }

  @Test func runsFailAreHeldAndSucceedInPart() async throws {
    try await Self.with(
      ["on": "run", "do": "fail", "code": "MODEL_UNAVAILABLE", "message": "No worker.", "stage": "dispatch"],
      ["on": "run", "do": "partial"], ["on": "run", "do": "hold", "match": "smart-resize"]
    ) { client, order in
      let failed = try await client.finished(try await client.post(resizeRuns, order).json["id"]?.text ?? "")
      #expect(failed["failure_code"] == "MODEL_UNAVAILABLE")
      #expect(failed["failure_message"] == "No worker.")
      let partial = try await client.finished(try await client.post(resizeRuns, order).json["id"]?.text ?? "")
      #expect(partial["status_code"] == "partial_succeeded")
      let held = try await client.post(resizeRuns, order).json["id"]?.text ?? ""
      var state: String?
      for _ in 0..<10_000 where state != "running" {
        state = try await client.get("/v1/runs/\(held)").json["status_code"]?.text
      }
      #expect(state == "running")
      let cancelled = try await client.with(token: "rf_svc_ops").post("/v1/admin/runs/\(held)/cancellation")
      #expect(cancelled.json["status_code"] == "canceled")
    }
  }

  @Test func callbacksAreDuplicatedReorderedAndWronglySigned() async throws {
    try await withReceiver { receiver in
      try await Self.with { client, order in
        let secret = try await client.post("/v1/callback-secrets").json["plain_secret"]?.text ?? ""
        let calling = order.merged(with: ["callback_url": .string(receiver.base)])
        try await client.faults(["on": "callback", "do": "duplicate"])
        _ = try await client.post(resizeRuns, calling)
        let twice = await receiver.next(2)
        #expect(twice.map(\.body).first == twice.map(\.body).last)
        try await client.faults(["on": "callback", "do": "reorder"])
        let first = try await client.post(resizeRuns, calling).json["id"]?.text ?? ""
        _ = try await client.finished(first)
        let second = try await client.post(resizeRuns, calling).json["id"]?.text ?? ""
        let both = await receiver.next(2)
        #expect(Set(both.compactMap { try? JSONReader.read($0.body)["run_id"]?.text }) == [first, second])
        try await client.faults(
          ["on": "callbackSignature", "do": "wrong_signature"], ["on": "callbackSignature", "do": "unsigned"])
        for _ in 0..<3 { _ = try await client.post(resizeRuns, calling) }
        let signatures = await receiver.next(3).map { received in
          received.header("Runflow-Signature").map { $0 == HMACDigest.hex(received.body, key: Array(secret.utf8)) }
        }
        #expect(signatures.filter { $0 == true }.count == 1)
        #expect(signatures.filter { $0 == false }.count == 1)
        #expect(signatures.filter { $0 == nil }.count == 1)
      }
    }
  }

  /// A rule that does less than was meant would let a test pass that tests nothing.
  @Test(
    arguments: [
      (["on": "createRun", "do": "status", "staus": 503], "staus"),
      (["on": "createRun", "do": "delay", "ms": 10], "ms"),
      (["on": "createRun", "do": "drop_after", "Times": 2], "Times"),
      (["on": "createRun", "do": "status", "status": 99], "status"),
      (["on": "createRun", "do": "status", "status": "503"], "status"),
      (["on": "createRun", "do": "drop_after", "times": "twice"], "times"),
      (["on": "createRun", "do": "drop_after", "skip": -1], "skip"),
      (["on": "createRun", "do": "merge", "merge": [1]], "merge"),
      (["on": 7, "do": "status"], "on"),
    ] as [(JSON, String)])
  func aRuleThatIsMisunderstoodIsA422(_ rule: JSON, _ member: String) async throws {
    try await withServer(Self.faulty) { client in
      let reply = try await client.send("PUT", "/_faults", [rule])
      #expect(reply.status == 422, "\(rule.compact)")
      #expect(reply.json["errors"]?[0]?["loc"]?[1]?.text == member, "\(reply.json.compact)")
      #expect(try await client.get("/_faults").json == [])
    }
  }

  @Test func theDeskShowsAddsAndClears() async throws {
    try await withServer(Self.faulty) { client in
      try await client.faults(["on": "*", "do": "status", "status": 500, "skip": 1, "times": .null])
      #expect(try await client.get("/v1/health").status == 200)
      #expect(try await client.get("/v1/health").status == 500)
      #expect(try await client.get("/v1/runs").status == 500)
      #expect(try await client.get("/_faults").json[0]?["do"] == "status")
      #expect(try await client.send("DELETE", "/_faults").status == 204)
      #expect(try await client.get("/v1/runs").status == 200)
      #expect(try await client.post("/_faults", ["on": "x", "do": "explode"]).status == 422)
      #expect(try await client.post("/_faults", ["do": "status"]).status == 422)
    }
  }
}
