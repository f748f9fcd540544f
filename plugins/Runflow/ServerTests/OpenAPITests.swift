// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import RunflowServer

@Suite struct OpenAPITests {
  @Test func everyRouteIsInTheDocumentAndEveryPathIsRouted() async throws {
    try await withServer { client in
      let document = try await client.with(token: nil).get("/v1/openapi.json").json
      #expect(document["openapi"] == "3.1.0")
      var ids: Set<String> = []
      for path in document["paths"]?.members ?? [] {
        for method in path.value.members ?? [] {
          let id = try #require(method.value["operationId"]?.text)
          #expect(ids.insert(id).inserted, "\(id) is there twice")
          let url = path.name.replacing("{model}", with: "runflow/none").replacing(/\{[a-z]+\}/, with: "none")
          let reply = try await client.send(method.name.uppercased(), url)
          #expect(reply.code != "NOT_FOUND" || path.name.hasPrefix("/storage/"), "\(method.name) \(path.name)")
          #expect(reply.status != 405, "\(method.name) \(path.name)")
          #expect(reply.status < 500, "\(method.name) \(path.name)")
        }
      }
      let served = [
        "health", "readiness", "getAccount", "createRun", "getRun", "listRuns", "listRunStatuses", "listRunLogs",
        "listNodeRuns", "listRunDeliveries", "redeliverRun", "cancelRun", "createBatch", "listBatches", "getBatch",
        "listBatchItems", "getBatchItem", "redeliverBatch", "createUpload", "upload", "confirmUpload", "getAsset",
        "listAssets", "deleteAsset", "listAssetTypes", "downloadAsset", "download", "createSecret", "listSecrets",
        "getSecret", "updateSecret", "deleteSecret", "getBalance", "updateBalance", "listModels", "getModel",
        "listModelInputs", "getModelInput", "listModelExamples", "getModelExample", "getOpenAPI",
      ]
      #expect(ids == Set(served))
    }
  }

  @Test func everyReferenceOfTheDocumentLeadsSomewhere() {
    let document = OpenAPIDocument(endpoints: []).json
    let names = Set(document["components"]?["schemas"]?.members?.map(\.name) ?? [])
    for schema in document["components"]?["schemas"]?.members ?? [] {
      for name in Self.references(schema.value) { #expect(names.contains(name), "\(name)") }
    }
  }

  @Test func aMethodThatAPathHasNotIsAnsweredWithThoseItHas() async throws {
    try await withServer { client in
      let reply = try await client.send("TRACE", "/v1/callback-secrets/none")
      #expect(reply.status == 405 && reply.header("Allow") == "GET, PATCH, DELETE, HEAD")
      #expect(try await client.send("GET", "/v1/asset-uploads").header("Allow") == "POST")
    }
  }

  @Test(arguments: ["/v1/nothing", "/v1/asset-uploads", "/v1/models/smart-resize/runs", "/v1/models"])
  func withoutAKeyNoPathIsToldFromAnother(_ path: String) async throws {
    try await withServer { client in
      for method in ["GET", "POST", "DELETE"] {
        let reply = try await client.with(token: nil).send(method, path)
        #expect(reply.status == 401, "\(method)")
      }
    }
  }

  @Test func answersAreAsTheDocumentSays() async throws {
    try await withReceiver { receiver in
      try await withServer { client in
        let schemas = try #require(try await client.get("/v1/openapi.json").json["components"]?["schemas"])
        func check(_ name: String, _ reply: Reply) {
          let problems = SchemaCheck(schemas: schemas).problems(reply.json, schemas[name] ?? [:], at: name)
          #expect(problems == [])
        }
        let image = "data:image/png;base64,iVBORw0KGgo="
        let made = try await client.post(resizeRuns, client.order(image, callback: receiver.base))
        check("Run", made)
        let id = made.json["id"]?.text ?? ""
        _ = try await client.finished(id)
        _ = await receiver.next(1)
        check("Run", try await client.get("/v1/runs/\(id)"))
        check("RunList", try await client.get("/v1/runs"))
        check("StatusList", try await client.get("/v1/runs/statuses"))
        check("DeliveryArray", try await client.get("/v1/runs/\(id)/callback"))
        check("Error", try await client.get("/v1/runs/none"))
        check("Error", try await client.post(resizeRuns, ["input": [:]]))
        let batch = try await client.post(
          "/v1/models/runflow/skin-fix/batches", ["input": [["image_url": .string(image)]]])
        check("Batch", batch)
        let batchID = batch.json["id"]?.text ?? ""
        check("Batch", try await client.get("/v1/batches/\(batchID)"))
        check("BatchList", try await client.get("/v1/batches"))
        check("BatchItemList", try await client.get("/v1/batches/\(batchID)/items"))
        let session = try await client.post(
          "/v1/asset-uploads", ["filename": "a", "mime_type": "image/png", "size_bytes": 1])
        check("UploadSession", session)
        check("AssetList", try await client.get("/v1/assets"))
        let secret = try await client.post("/v1/callback-secrets")
        check("NewSecret", secret)
        check("Secret", try await client.get("/v1/callback-secrets/\(secret.json["id"]?.text ?? "")"))
        check("SecretList", try await client.get("/v1/callback-secrets"))
        check("Balance", try await client.get("/v1/billing/balance"))
        check("Model", try await client.get("/v1/models/runflow/skin-fix"))
        check("List", try await client.get("/v1/models"))
        check("Health", try await client.get("/v1/health"))
        check("Readiness", try await client.get("/v1/readiness"))
        check("Account", try await client.get("/v1/auth/me"))
      }
    }
  }

  private static func references(_ json: JSON) -> [String] {
    switch json {
    case .object(let members):
      members.flatMap { member in
        member.name == "$ref"
          ? [member.value.text?.split(separator: "/").last.map(String.init) ?? ""] : references(member.value)
      }
    case .array(let items): items.flatMap(references)
    default: []
    }
  }
}

/// As much of JSON Schema as whole answers need: type, properties, items, anyOf, $ref.
private struct SchemaCheck {
  let schemas: JSON

  func problems(_ json: JSON, _ schema: JSON, at place: String) -> [String] {
    if let name = schema["$ref"]?.text?.split(separator: "/").last {
      return problems(json, schemas[String(name)] ?? [:], at: place)
    }
    if let choices = schema["anyOf"]?.items {
      let tried = choices.map { problems(json, $0, at: place) }
      return tried.contains([]) ? [] : tried.first ?? []
    }
    let types = schema["type"]?.items?.compactMap(\.text) ?? [schema["type"]?.text].compactMap(\.self)
    guard types.isEmpty || types.contains(where: { fits(json, $0) }) else { return ["\(place) is no \(types)"] }
    var found: [String] = []
    if let members = json.members {
      // Without `fields` nothing is left out, whatever the schema requires.
      for property in schema["properties"]?.members ?? []
      where !members.contains(where: { $0.name == property.name }) {
        found.append("\(place) has no \(property.name)")
      }
      for member in members {
        guard let inner = schema["properties"]?[member.name] else { continue }
        found += problems(member.value, inner, at: "\(place).\(member.name)")
      }
    }
    if let inner = schema["items"] {
      for item in json.items ?? [] { found += problems(item, inner, at: "\(place)[]") }
    }
    return found
  }

  private func fits(_ json: JSON, _ type: String) -> Bool {
    switch (type, json) {
    case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("null", .null): true
    case ("number", .number): true
    case ("integer", .number): json.integer != nil
    default: false
    }
  }
}
