// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import RunflowServer

@Suite struct BatchTests {
  private static let path = "/v1/models/runflow/skin-fix/batches"
  private static let image: JSON = "data:image/png;base64,iVBORw0KGgo="

  private static func finished(_ client: TestClient, _ id: String) async throws -> JSON {
    for _ in 0..<20_000 {
      let batch = try await client.get("/v1/batches/\(id)").json
      if batch["completed_at"]?.isNull == false { return batch }
    }
    throw ImgtoolError(.timeout, "The batch did not end.")
  }

  @Test func aBatchIsItsRunsTogether() async throws {
    try await withServer { client in
      let made = try await client.post(
        Self.path,
        [
          "input": [
            ["image_url": Self.image, "client_ref": "sku-1"], ["image_url": Self.image, "client_ref": "sku-2"],
          ],
          "metadata": ["shoot": "s-9"],
        ])
      #expect(made.status == 201)
      #expect(made.json["items_total"] == 2)
      #expect(made.json["items"]?[1]?["client_ref"] == "sku-2")
      let id = try #require(made.json["id"]?.text)
      let batch = try await Self.finished(client, id)
      #expect(batch["status_code"] == "succeeded")
      #expect(batch["items_succeeded"] == 2)
      #expect(batch["cost"] == "0.24")
      #expect(batch["metadata"] == ["shoot": "s-9"])
      let items = try await client.get("/v1/batches/\(id)/items?limit=1").json
      #expect(items["items"]?.items?.count == 1)
      #expect(items["next"]?.text != nil)
      let item = items["items"]?[0]
      #expect(item?["run"]?["batch_id"]?.text == id)
      #expect(
        try await client.get("/v1/batches/\(id)/items/\(item?["id"]?.text ?? "")").json["run_id"] == item?["run_id"])
      #expect(try await client.get("/v1/runs/\(item?["run_id"]?.text ?? "")").json["client_ref"] == "sku-1")
      #expect(try await client.get("/v1/batches").json["items"]?.items?.count == 1)
    }
  }

  @Test func someFailuresMakeAPartialSuccessAndOnlySuccessIsPaid() async throws {
    let count = Counter()
    var setup = ServerSetup()
    setup.configure = { $0.workers = 1 }
    setup.operations = [
      StubOperation("local.skin-fix", count: count) { _, _, _ in
        if count.value == 1 { throw ImgtoolError(.input, "The file is broken.") }
        return OperationOutcome(images: [.init(.memory(Pictures.png(width: 2, height: 2)))])
      }
    ]
    try await withServer(setup) { client in
      let made = try await client.post(Self.path, ["input": [["image_url": Self.image], ["image_url": Self.image]]])
      let batch = try await Self.finished(client, made.json["id"]?.text ?? "")
      #expect(batch["status_code"] == "partial_succeeded")
      #expect(batch["items_failed"] == 1)
      #expect(batch["cost"] == "0.12")
      #expect(try await client.get("/v1/billing/balance").json["balance"] == "999.88")
    }
  }

  @Test func creditIsAllOrNothing() async throws {
    var setup = ServerSetup()
    setup.configure = { $0.openingBalance = .cents(23) }
    try await withServer(setup) { client in
      let two = try await client.post(Self.path, ["input": [["image_url": Self.image], ["image_url": Self.image]]])
      #expect(two.status == 402)
      #expect(two.code == "INSUFFICIENT_CREDIT")
      #expect(try await client.get("/v1/runs").json["items"] == [])
      #expect(try await client.post(Self.path, ["input": [["image_url": Self.image]]]).status == 201)
    }
  }

  @Test func badItemsAreNamedByTheirPlace() async throws {
    try await withServer { client in
      let reply = try await client.post(Self.path, ["input": [["image_url": Self.image], [:], 3]])
      #expect(reply.json["errors"]?[0]?["loc"] == ["body", "input", "1", "image_url"])
      #expect(reply.json["errors"]?[1]?["loc"] == ["body", "input", "2"])
      #expect(try await client.post(Self.path, ["input": []]).status == 422)
      #expect(try await client.post(Self.path, ["items": [["input": [:]]]]).status == 422)
      let many = JSON.array(Array(repeating: ["image_url": Self.image], count: 101))
      #expect(try await client.post(Self.path, ["input": many]).status == 422)
    }
  }

  @Test func aBatchCallsBackOnceWhenItIsOver() async throws {
    try await withReceiver { receiver in
      try await withServer { client in
        let made = try await client.post(
          Self.path,
          ["input": [["image_url": Self.image], ["image_url": Self.image]], "callback_url": .string(receiver.base)])
        let received = try #require(await receiver.next(1).first)
        let body = try JSONReader.read(received.body)
        #expect(body["event"] == "batch.succeeded")
        #expect(body["batch_id"] == made.json["id"])
        #expect(body["output"]?["total"] == 2)
        #expect(body["output"]?["succeeded"] == 2)
      }
    }
  }
}
