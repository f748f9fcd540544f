// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import RunflowServer

@Suite struct RunTests {
  @Test func aRunGivesARealPictureAndIsChargedOnce() async throws {
    try await withServer { client in
      let image = try await client.upload(Pictures.png(width: 8, height: 8))
      let made = try await client.post(
        resizeRuns, client.order(image, ref: "app:1", metadata: ["job": "j-204", "page": 3]))
      #expect(made.status == 201)
      #expect(made.json["status_code"] == "queued")
      #expect(made.json["output"]?.isNull == true)
      let id = try #require(made.json["id"]?.text)
      let run = try await client.finished(id)
      #expect(run["status_code"] == "succeeded")
      #expect(run["cost"] == "0.55")
      #expect(run["metadata"] == ["job": "j-204", "page": 3])
      #expect(run["client_ref"] == "app:1")
      let url = try #require(run["output"]?["outputs"]?[0]?["url"]?.text)
      let picture = try await client.get(url)
      #expect(picture.status == 200)
      #expect(picture.header("Content-Type") == "image/png")
      #expect(picture.bytes == Pictures.png(width: 4, height: 3))
      #expect(try await client.get("/v1/billing/balance").json["balance"] == "999.45")
    }
  }

  @Test func theInputOfARecordIsASignedURLInPlaceOfTheReference() async throws {
    try await withServer { client in
      let bytes = Pictures.png(width: 8, height: 8)
      let made = try await client.post(resizeRuns, client.order(try await client.upload(bytes)))
      let url = try #require(made.json["input"]?["image_url"]?.text)
      #expect(url.hasPrefix(client.base + "/storage/assets/"))
      #expect(try await client.get(url).bytes == bytes)
    }
  }

  @Test func theExamplesOfAModelAreTheRunsOfTheCallerThatSucceeded() async throws {
    var setup = ServerSetup()
    setup.configure = { $0.hasFaults = true }
    try await withServer(setup) { client in
      let model = try await client.get("/v1/models/runflow/smart-resize").json["id"]?.text ?? ""
      #expect(try await client.get("/v1/models/\(model)/examples").json["items"] == [])
      try await client.faults(["on": "run", "do": "fail", "skip": 1])
      let image = try await client.upload(Pictures.png(width: 8, height: 8))
      var ids: [String] = []
      for ref in ["good", "bad"] {
        let made = try await client.post(resizeRuns, client.order(image, ref: ref))
        ids.append(made.json["id"]?.text ?? "")
        _ = try await client.finished(ids.last ?? "")
      }
      let items = try await client.get("/v1/models/\(model)/examples").json["items"]?.items ?? []
      #expect(items.map { $0["id"]?.text } == [ids[0]])
      let example = try await client.get("/v1/models/\(model)/examples/\(ids[0])").json
      #expect(example["cost"] == "0.55" && example["model_id"]?.text == model)
      #expect(example["input"]?["aspect_ratio"] == "4:5")
      #expect(try await client.get(example["output"]?["outputs"]?[0]?["url"]?.text ?? "").status == 200)
      for other in ["\(model)/examples/\(ids[1])", "\(model)/examples/none", "none/examples"] {
        #expect(try await client.get("/v1/models/\(other)").status == 404, "\(other)")
      }
    }
  }

  @Test func aDataURIBecomesAnAsset() async throws {
    try await withServer { client in
      let made = try await client.post(resizeRuns, client.order("data:image/png;base64,iVBORw0KGgo="))
      #expect(made.status == 201)
      let url = try #require(made.json["input"]?["image_url"]?.text)
      #expect(try await client.get(url).bytes == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }
  }

  @Test func seedReachesTheOutput() async throws {
    try await withServer { client in
      let image = try await client.upload(Pictures.png(width: 8, height: 8))
      let made = try await client.post("/v1/models/runflow/skin-fix/runs", ["input": ["image_url": .string(image)]])
      let run = try await client.finished(made.json["id"]?.text ?? "")
      #expect(run["output"]?["seed"] == 7)
      #expect(run["cost"] == "0.12")
    }
  }

  @Test func resultsThatWorkLeavesUnderOneNameStayThoseOfTheirImages() async throws {
    var setup = ServerSetup()
    setup.operations = [
      StubOperation.resize { input, _, context in
        guard case .file(let image) = input.bytes else { return OperationOutcome(images: []) }
        let result = context.scratch + "/out.png"
        let bytes = FileManager.default.contents(atPath: image)
        guard FileManager.default.createFile(atPath: result, contents: bytes) else {
          throw ImgtoolError(.storage, "The result cannot be written.")
        }
        return OperationOutcome(images: [.init(.file(path: result))])
      }
    ]
    try await withServer(setup) { client in
      let pictures = [Pictures.png(width: 4, height: 4), Pictures.png(width: 5, height: 4)]
      let archive = SampleZip(["a.png": pictures[0], "b.png": pictures[1]]).bytes
      let image = try await client.upload(archive, name: "all.zip", type: "application/zip")
      let made = try await client.post(resizeRuns, client.order(image))
      let run = try await client.finished(made.json["id"]?.text ?? "")
      let urls = run["output"]?["outputs"]?.items?.compactMap { $0["url"]?.text } ?? []
      var results: [[UInt8]] = []
      for url in urls { results.append(try await client.get(url).bytes) }
      #expect(results == pictures)
    }
  }

  @Test func aZipGivesOneOutputForEachImageInTheOrderOfNames() async throws {
    try await withServer { client in
      let archive = SampleZip([
        "b.png": Pictures.png(width: 8, height: 8), "a.png": Pictures.png(width: 6, height: 6),
      ]).bytes
      let image = try await client.upload(archive, name: "all.zip", type: "application/zip")
      let made = try await client.post(resizeRuns, client.order(image))
      let run = try await client.finished(made.json["id"]?.text ?? "")
      let urls = run["output"]?["outputs"]?.items?.compactMap { $0["url"]?.text } ?? []
      #expect(urls.count == 2)
      #expect(urls.first?.contains("/0-a.png") == true)
      #expect(urls.last?.contains("/1-b.png") == true)
    }
  }

  @Test func aFailureIsFreeAndSaysWhy() async throws {
    var setup = ServerSetup()
    setup.operations = [StubOperation.resize { _, _, _ in throw ImgtoolError(.input, "The file is cut off.") }]
    try await withServer(setup) { client in
      let made = try await client.post(resizeRuns, client.order(try await client.upload([1, 2, 3])))
      let run = try await client.finished(made.json["id"]?.text ?? "")
      #expect(run["status_code"] == "failed")
      #expect(run["failure_code"] == "INPUT_INVALID")
      #expect(run["failure_stage_code"] == "dispatch")
      #expect(run["cost"] == "0")
      #expect(try await client.get("/v1/billing/balance").json["balance"] == "1000.00")
    }
  }

  @Test func aResultThatIsNoImageIsAFailure() async throws {
    var setup = ServerSetup()
    setup.operations = [
      StubOperation.resize { _, _, _ in OperationOutcome(images: [.init(.memory(Array("<html>".utf8)))]) }
    ]
    try await withServer(setup) { client in
      let made = try await client.post(resizeRuns, client.order(try await client.upload([1, 2, 3])))
      #expect(try await client.finished(made.json["id"]?.text ?? "")["failure_code"] == "OUTPUT_INVALID")
    }
  }

  @Test func aModelThatNothingHereCanDoIsUnavailable() async throws {
    try await withServer { client in
      let models = try await client.get("/v1/models?limit=500").json["items"]?.items ?? []
      let missing = models.filter { $0["availability_status"] == "unavailable" }
      #expect(models.count == 10 && missing.count == 8)
      for model in try ServedModel.shipped() where !["smart-resize", "skin-fix"].contains(model.verb) {
        let record = try await client.get("/v1/models/\(model.id)").json
        #expect(record["availability_status"] == "unavailable", "\(model.id)")
        let reply = try await client.post(
          "/v1/models/\(model.id)/runs", ["input": ["image_url": "https://img.example.com/a.jpg"]])
        #expect(reply.status == 503 && reply.code == "MODEL_UNAVAILABLE", "\(model.id)")
      }
      #expect(try await client.post("/v1/models/runflow/nothing/runs", ["input": [:]]).status == 404)
      for model in ["a/b/c/d", "smart-resize"] {
        #expect(try await client.post("/v1/models/\(model)/runs", ["input": [:]]).code == "MODEL_NOT_FOUND")
        #expect(try await client.post("/v1/models/\(model)/batches", ["input": [:]]).code == "MODEL_NOT_FOUND")
      }
    }
  }

  @Test func anotherOrganisationsRunIsNotFound() async throws {
    var setup = ServerSetup()
    setup.configure = { $0.keys = .listed(["rf_live_one": "one", "rf_live_two": "two", "rf_svc_ops": "one"]) }
    try await withServer(setup) { client in
      let (one, two) = (client.with(token: "rf_live_one"), client.with(token: "rf_live_two"))
      let made = try await one.post(resizeRuns, one.order(try await one.upload([1])))
      let id = try #require(made.json["id"]?.text)
      #expect(try await one.get("/v1/runs/\(id)").status == 200)
      #expect(try await two.get("/v1/runs/\(id)").code == "RUN_NOT_FOUND")
      #expect(try await two.get("/v1/runs").json["items"] == [])
      let image = try #require(made.json["input"]?["image_url"]?.text).split(separator: "?")[0].split(separator: "/")
        .last
      let stolen = try await two.post(resizeRuns, two.order("runflow://assets/\(image ?? "")"))
      #expect(stolen.status == 422)
    }
  }

  @Test func anOperatorCancelsOnceAndTheWorkStops() async throws {
    var setup = ServerSetup()
    let began = AsyncStream.makeStream(of: Void.self)
    setup.operations = [
      StubOperation.resize { _, _, _ in
        began.continuation.yield()
        try await Task.sleep(for: .seconds(3600))
        return OperationOutcome(images: [])
      }
    ]
    try await withServer(setup) { client in
      let made = try await client.post(resizeRuns, client.order(try await client.upload([1])))
      let id = try #require(made.json["id"]?.text)
      for await _ in began.stream { break }
      let admin = client.with(token: "rf_svc_ops")
      #expect(try await client.post("/v1/admin/runs/\(id)/cancellation").code == "PERMISSION_DENIED")
      #expect(try await client.post("/v1/runs/\(id)/cancel").status == 404)
      let first = try await admin.post("/v1/admin/runs/\(id)/cancellation", ["reason": "not needed"])
      #expect(first.status == 201)
      #expect(first.json["status_code"] == "canceled")
      #expect(try await admin.post("/v1/admin/runs/\(id)/cancellation").status == 200)
      #expect(try await admin.post("/v1/admin/runs/\(id)/cancellation", ["reason": "x"]).status == 422)
      #expect(try await client.get("/v1/runs/\(id)").json["cost"] == "0")
    }
  }
}
