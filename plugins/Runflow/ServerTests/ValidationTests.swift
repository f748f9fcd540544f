// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import RunflowServer

@Suite struct ValidationTests {
  @Test func everyFaultOfARequestIsNamedAtOnce() async throws {
    try await withServer { client in
      let reply = try await client.post(
        resizeRuns,
        [
          "input": ["resolution": "8K", "image_url": "http://img.example.com/a.jpg"], "metadata": [1],
          "callback_url": 7, "client_ref": .string(String(repeating: "x", count: 256)),
        ])
      #expect(reply.status == 422)
      #expect(reply.code == "VALIDATION_ERROR")
      let found = reply.json["errors"]?.items?.map { error in
        "\(error["loc"]?.items?.compactMap(\.text).joined(separator: ".") ?? "") \(error["type"]?.text ?? "")"
      }
      #expect(
        found == [
          "body.metadata type", "body.callback_url type", "body.client_ref too_long",
          "body.input.image_url url_scheme", "body.input.aspect_ratio missing", "body.input.resolution enum",
        ])
      #expect(reply.json["errors"]?[5]?["msg"] == "value must be one of 1K, 2K, 4K")
      #expect(reply.json["errors"]?[3]?["msg"] == "https URL required")
    }
  }

  @Test(arguments: ["16:9", "1:1", "21:9", "1000:3"])
  func anyRatioOfWholeNumbersIsTaken(ratio: String) async throws {
    try await withServer { client async throws in
      #expect(try await client.post(resizeRuns, Self.body(ratio)).status == 201)
    }
  }

  @Test(arguments: ["16/9", "1.5:1", "0:1", "16:", ":9", "16:9:1", "-1:2", "wide", ""])
  func anythingElseIsNoRatio(ratio: String) async throws {
    try await withServer { client async throws in
      #expect(try await client.post(resizeRuns, Self.body(ratio)).status == 422)
    }
  }

  private static func body(_ ratio: String) -> JSON {
    [
      "input": [
        "image_url": "data:image/png;base64,iVBORw0KGgo=", "aspect_ratio": .string(ratio), "resolution": "1K",
        "unknown": true,
      ]
    ]
  }

  @Test func unknownReferencesAreA422ThatNamesThem() async throws {
    try await withServer { client in
      let reply = try await client.post(
        resizeRuns, client.order("runflow://assets/01995f39-1c44-7e0a-8b21-6f7d0a9c4e55"))
      #expect(reply.status == 422)
      #expect(reply.json["errors"]?[0]?["type"] == "asset_not_found")
      #expect(reply.json["errors"]?[0]?["loc"] == ["body", "input", "image_url"])
      #expect(try await client.post(resizeRuns, client.order("runflow://assets/nonsense")).status == 422)
      #expect(try await client.get("/v1/runs").json["items"] == [])
    }
  }

  @Test(arguments: ["{", "[]", "\"text\"", "{\"a\":1}x", "{\"a\":\u{1}}", "{'a':1}"])
  func aBodyThatIsNoObjectIsA400(text: String) async throws {
    try await withServer { client in
      let reply = try await client.send("POST", resizeRuns, bytes: Array(text.utf8))
      #expect(reply.status == 400)
      #expect(reply.json["errors"]?.isNull == true)
    }
  }

  @Test func aBodyOverTheLimitIsA413() async throws {
    var setup = ServerSetup()
    setup.configure = { $0.limits.bodyBytes = ByteCount(1000) }
    try await withServer(setup) { client async throws in
      let body: JSON = ["input": ["image_url": .string(String(repeating: "x", count: 1000))]]
      #expect(try await client.post(resizeRuns, body).code == "PAYLOAD_TOO_LARGE")
    }
  }

  @Test(arguments: [nil, "", "rf_live_", "sk-1234567890", "rf_live_with-dash", "rf_live_ü"] as [String?])
  func aCallWithoutAGoodKeyIsA401(token: String?) async throws {
    try await withServer { client in
      let stranger = client.with(token: token)
      for path in ["/v1/runs", "/v1/auth/me", "/v1/models", "/v1/billing/balance", "/v1/readiness"] {
        let reply = try await stranger.get(path)
        #expect(reply.status == 401)
        #expect(reply.code == "UNAUTHORIZED")
      }
      #expect(try await stranger.get("/v1/health").json == ["status": "ok", "ok": true])
    }
  }

  @Test func aKeyThatIsNotListedIsA401() async throws {
    var setup = ServerSetup()
    setup.configure = { $0.keys = .listed(["rf_live_known": "us"]) }
    try await withServer(setup) { client in
      #expect(try await client.with(token: "rf_live_known").get("/v1/auth/me").status == 200)
      #expect(try await client.with(token: "rf_live_knowm").get("/v1/auth/me").status == 401)
      let wrong = try await client.with(token: "rf_live_known").send(
        "GET", "/v1/auth/me", headers: [("X-Organization-Id", "0198aa00-0000-7000-8000-00000000a001")])
      #expect(wrong.status == 403)
    }
  }

  @Test func unknownPathsAndMethodsAnswerWithTheEnvelope() async throws {
    try await withServer { client async throws in
      #expect(try await client.get("/v1/nothing").code == "NOT_FOUND")
      #expect(try await client.send("DELETE", "/v1/runs").code == "METHOD_NOT_ALLOWED")
      #expect(try await client.get("/v1/runs/%2e%2e/x").status == 400)
      #expect(try await client.get("/_faults").status == 404)
    }
  }

  @Test func modelsAndTheirInputsAreDescribed() async throws {
    try await withServer { client in
      let list = try await client.get("/v1/models").json
      #expect(list["items"]?.items?.first?["slug"] == "smart-resize")
      let model = try await client.get("/v1/models/runflow/smart-resize").json
      #expect(model["pricing_note"] == "USD 0.55 per request")
      #expect(model["availability_status"] == "available")
      let id = try #require(model["id"]?.text)
      let inputs = try await client.get("/v1/models/\(id)/inputs").json
      #expect(inputs["items"]?.items?.map { $0["name"]?.text } == ["image_url", "aspect_ratio", "resolution"])
      #expect(inputs["items"]?[2]?["validator_attrs"]?["allowed_values"] == ["1K", "2K", "4K"])
      let one = inputs["items"]?[0]?["id"]?.text ?? ""
      #expect(try await client.get("/v1/models/any/inputs/\(one)").json["variable_type_code"] == "image")
      #expect(try await client.get("/v1/models/runflow/nothing").status == 404)
    }
  }
}

@Suite struct ServedModelTests {
  @Test func aDescriptorOfTheBackendIsServedAsItIs() throws {
    let models = try ServedModel.list(
      json: Array(
        """
        [{"id": "runflow/x", "verb": "x", "summary": "s", "price": "0.5", "promise": "frame", "typicalSeconds": 45,
          "inputs": [{"name": "image_url", "kind": "image", "summary": "The picture."},
            {"name": "config.aspect_ratio", "kind": "ratio"},
            {"name": "parts", "kind": "choices", "choices": ["a", "b"]},
            {"name": "count", "kind": "integer", "minimum": 1, "maximum": 3, "isRequired": true}]}]
        """.utf8))
    let gate = NetworkGate(allowsLoopback: false, allowsPrivate: false) { _ in [] }
    let check = RequestCheck(model: try #require(models.first), gate: gate, ownBase: "http://127.0.0.1")
    let image = JSON("https://example.com/a.jpg")
    let good: JSON = ["image_url": image, "config": ["aspect_ratio": "4:5"], "parts": ["a"], "count": 3]
    #expect(check.details(good, at: ["input"]) == [])
    let bad: JSON = ["config": ["aspect_ratio": "wide"], "parts": ["c"], "count": 4]
    #expect(
      check.details(bad, at: ["input"]).map { "\($0.place.joined(separator: ".")) \($0.type)" } == [
        "input.image_url missing", "input.config.aspect_ratio pattern", "input.parts enum", "input.count range",
      ])
  }

  @Test(arguments: [
    "{}", "[{}]", #"[{"id":"x","verb":"x","summary":"","price":"1","inputs":[]}]"#,
    #"[{"id":"a/../b","verb":"x","summary":"","price":"1","inputs":[]}]"#,
    #"[{"id":"a/b","verb":"x","summary":"","price":"cheap","inputs":[]}]"#,
    #"[{"id":"a/b","verb":"x","summary":"","price":"1","inputs":[{"name":"a","kind":"shape"}]}]"#,
  ])
  func aListThatIsWrongIsRefused(text: String) {
    #expect(throws: ImgtoolError.self) { try ServedModel.list(json: Array(text.utf8)) }
  }
}
