// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import RunflowServer

@Suite struct IdempotencyTests {
  @Test func theSameKeyAndBodyAreTheSameRun() async throws {
    let count = Counter()
    var setup = ServerSetup()
    setup.operations = [StubOperation.resize(count: count)]
    try await withServer(setup) { client in
      let order = client.order(try await client.upload([1]))
      let first = try await client.post(resizeRuns, order, key: "k1")
      let second = try await client.post(resizeRuns, order, key: "k1")
      #expect(second.status == 201)
      #expect(first.bytes == second.bytes)
      _ = try await client.finished(first.json["id"]?.text ?? "")
      #expect(try await client.get("/v1/runs").json["items"]?.items?.count == 1)
      #expect(count.value == 1)
    }
  }

  @Test func theSameKeyWithAnotherBodyIsAConflict() async throws {
    try await withServer { client in
      let image = try await client.upload([1])
      _ = try await client.post(resizeRuns, client.order(image, ref: "a"), key: "k")
      let other = try await client.post(resizeRuns, client.order(image, ref: "b"), key: "k")
      #expect(other.status == 409)
      #expect(other.code == "CONFLICT")
    }
  }

  @Test func withoutAKeyEveryCallIsAnotherRun() async throws {
    try await withServer { client in
      let order = client.order(try await client.upload([1]), ref: "same")
      let ids = [
        try await client.post(resizeRuns, order).json["id"], try await client.post(resizeRuns, order).json["id"],
      ]
      #expect(ids[0] != ids[1])
    }
  }

  @Test func duplicatesInFlightWaitAndFindTheFirstAnswer() async throws {
    try await withServer { client in
      let order = client.order(try await client.upload([1]))
      let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
        for _ in 0..<20 { group.addTask { try await client.post(resizeRuns, order, key: "one") } }
        return try await group.reduce(into: [[UInt8]]()) { $0.append($1.bytes) }
      }
      #expect(Set(replies).count == 1)
      #expect(try await client.get("/v1/runs").json["items"]?.items?.count == 1)
    }
  }

  @Test func afterADayTheKeyIsForgotten() async throws {
    let setup = ServerSetup()
    try await withServer(setup) { client in
      let order = client.order(try await client.upload([1]))
      let first = try await client.post(resizeRuns, order, key: "k").json["id"]
      setup.time.advance(seconds: 86_000)
      #expect(try await client.post(resizeRuns, order, key: "k").json["id"] == first)
      setup.time.advance(seconds: 1000)
      #expect(try await client.post(resizeRuns, order, key: "k").json["id"] != first)
    }
  }

  @Test func anAnswerThatIsReplayedNamesAddressesThatAreGood() async throws {
    let setup = ServerSetup()
    try await withServer(setup) { client in
      let upload: JSON = ["filename": "a.png", "mime_type": "image/png", "size_bytes": 3]
      let first = try await client.post("/v1/asset-uploads", upload, key: "k").json
      setup.time.advance(seconds: 10_000)
      let again = try await client.post("/v1/asset-uploads", upload, key: "k").json
      #expect(again["asset_id"] == first["asset_id"] && again["upload_url"] != first["upload_url"])
      let old = try await client.send(
        "PUT", first["upload_url"]?.text ?? "", headers: [("Content-Type", "image/png")], bytes: [1, 2, 3])
      #expect(old.code == "URL_EXPIRED")
      let put = try await client.send(
        "PUT", again["upload_url"]?.text ?? "", headers: [("Content-Type", "image/png")], bytes: [1, 2, 3])
      #expect(put.status == 200)

      let order = client.order("data:image/png;base64,iVBORw0KGgo=")
      _ = try await client.post(resizeRuns, order, key: "r")
      setup.time.advance(seconds: 10_000)
      let run = try await client.post(resizeRuns, order, key: "r").json
      #expect(try await client.get(run["input"]?["image_url"]?.text ?? "").status == 200)
    }
  }

  @Test func aRefusedRequestMayBeCorrectedUnderItsKey() async throws {
    try await withServer { client in
      let image = try await client.upload([1])
      #expect(try await client.post(resizeRuns, ["input": [:]], key: "k").status == 422)
      #expect(try await client.post(resizeRuns, client.order(image), key: "k").status == 201)
    }
  }

  @Test func everyPostHonoursTheKey() async throws {
    try await withServer { client in
      let upload: JSON = ["filename": "a.png", "mime_type": "image/png", "size_bytes": 3]
      let session = try await client.post("/v1/asset-uploads", upload, key: "k")
      #expect(session.bytes == (try await client.post("/v1/asset-uploads", upload, key: "k")).bytes)
      let secret = try await client.post("/v1/callback-secrets", ["label": "a"], key: "k")
      #expect(secret.bytes == (try await client.post("/v1/callback-secrets", ["label": "a"], key: "k")).bytes)
      #expect(try await client.get("/v1/callback-secrets").json["items"]?.items?.count == 1)
      let batch: JSON = ["input": [["image_url": "data:image/png;base64,iVBORw0KGgo="]]]
      let path = "/v1/models/runflow/skin-fix/batches"
      #expect(
        try await client.post(path, batch, key: "k").bytes == (try await client.post(path, batch, key: "k")).bytes)
      #expect(try await client.post(path, batch, key: String(repeating: "k", count: 256)).status == 422)
    }
  }
}
