// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import RunflowBackend

@Suite struct ModelTests {
  let configuration: RunflowConfiguration
  let facts = ImageFacts(format: .jpeg, storedSize: PixelSize(clamping: 640, 480))

  init() throws { configuration = try RunflowConfiguration(key: Secret("rf_live_CANARY0123456789")) }

  func operation(_ verb: String) throws -> RunflowOperation {
    let operations = try RunflowBackend.operations(configuration)
    return try #require(operations.compactMap { $0 as? RunflowOperation }.first { $0.name.verb == verb })
  }

  func input(_ verb: String, _ values: [String: String]) throws -> String {
    let operation = try operation(verb)
    let parameters = try Parameters(values, for: operation.parameters)
    return String(decoding: JSONValue.object(try operation.inputs(parameters, image: "i")).bytes, as: UTF8.self)
  }

  @Test func theShippedModelsAreAllThereWithTheirPrices() {
    let prices = Dictionary(uniqueKeysWithValues: ModelDescriptor.shipped.map { ($0.id, $0.price) })
    #expect(prices["runflow/smart-resize"] == .cents(55) && prices["runflow/skin-fix"] == .cents(12))
    #expect(prices["bria/background/remove"] == Money("0.018"))
    #expect(prices.count == 10)
  }

  @Test func inputsGoOutAsTheModelsWantThem() throws {
    #expect(
      try input("smart-resize", ["aspect_ratio": "21:9", "resolution": "4k"])
        == #"{"aspect_ratio":"21:9","image_url":"i","resolution":"4K"}"#)
    #expect(
      try input("smart-resize", ["aspect_ratio": "2.35:1", "resolution": "1K"])
        == #"{"aspect_ratio":"47:20","image_url":"i","resolution":"1K"}"#)
    #expect(try input("skin-fix", [:]) == #"{"image_url":"i"}"#)
    #expect(
      try input("background-color", ["color_red": "255", "color_green": "0", "color_blue": "12"])
        == #"{"color_blue":12,"color_green":0,"color_red":255,"image_url":"i"}"#)
    #expect(
      try input("tag-removal", ["aspect_ratio": "1:1"]) == #"{"config":{"aspect_ratio":"1:1"},"image_url":"i"}"#)
  }

  @Test func anAddressGivenInsteadOfAnUploadIsPassedOn() async throws {
    let skin = try operation("skin-fix")
    let parameters = try Parameters(["image_url": "https://img.test/a.jpg"], for: skin.parameters)
    let transport = ScriptedTransport(answers: [])
    let body = try await skin.ready(
      PreparedImage(bytes: .memory([]), facts: facts, isOriginal: true), parameters, reference: RunReference(1, 2),
      over: transport)
    #expect(String(decoding: body, as: UTF8.self).contains(#""input":{"image_url":"https://img.test/a.jpg"}"#))
    #expect(transport.requests.isEmpty)
    #expect(throws: ImgtoolError.self) { try input("skin-fix", ["image_url": "http://img.test/a.jpg"]) }
  }

  @Test(arguments: [
    ("background-color", ["color_red": "256", "color_green": "0", "color_blue": "0"]), ("background-color", [:]),
    ("smart-resize", ["aspect_ratio": "1:1"]), ("skin-fix", ["resolution": "1K"]),
    ("object-removal", ["mask_url": "http://x.test/m.png"]), ("object-removal", ["mask_url": "runflow://assets/../x"]),
  ])
  func whatAModelDoesNotTakeIsRefusedBeforeAnythingIsSent(_ verb: String, _ values: [String: String]) throws {
    #expect(throws: ImgtoolError.self) { try input(verb, values) }
  }

  @Test func theContractPromisesTheFrameAndThePrice() throws {
    let resize = try operation("smart-resize")
    let parameters = try Parameters(["aspect_ratio": "4:5", "resolution": "2K"], for: resize.parameters)
    let contract = try resize.contract(for: facts, parameters)
    #expect(contract.price == .cents(55) && contract.policy.price == .cents(55))
    #expect(contract.expects.frame == .request(.tier(try #require(AspectRatio("4:5")), .k2)))
    #expect(contract.sends.isUpright && contract.sends.isPrivate)
    let skin = try operation("skin-fix")
    #expect(try skin.contract(for: facts, try Parameters([:], for: [])).expects.frame == .sameAsInput)
  }

  @Test func aUsersModelNeedsNoSwift() throws {
    let json = """
      {"id": "acme/glow", "verb": "glow", "summary": "Make it glow.", "price": "0.07", "inputs": [
        {"name": "photo_url", "kind": "image", "summary": "The picture."},
        {"name": "parts", "kind": "choices", "summary": "Which.", "choices": ["sky", "sea"], "isRequired": true}]}
      """
    let models = try ModelDescriptor.read(Array(json.utf8), place: "glow.json")
    let operation = try RunflowOperation(try #require(models.first), configuration)
    let parameters = try Parameters(["parts": "sea, sky"], for: operation.parameters)
    #expect(
      JSONValue.object(try operation.inputs(parameters, image: "i"))
        == ["parts": .array(["sea", "sky"]), "photo_url": "i"])
    #expect(try RunflowBackend.operations(configuration, extra: models).last?.name.description == "runflow.glow")
  }

  @Test(arguments: [
    #"{"id":"acme"}"#, #"{"id":"acme/x","verb":"X","summary":"","price":"1","inputs":[]}"#,
    #"{"id":"acme/x","verb":"x","summary":"","price":"1","inputs":[],"colour":1}"#,
    #"{"id":"acme/../x","verb":"x","summary":"","price":"1","inputs":[{"name":"i","kind":"image","summary":""}]}"#,
    #"{"id":"a/x","verb":"x","summary":"","price":"-1","inputs":[{"name":"i","kind":"image","summary":""}]}"#,
    #"{"id":"a/x","verb":"x","summary":"","price":"1","promise":"frame","inputs":[{"name":"i","kind":"image","summary":""}]}"#,
    "nonsense",
  ])
  func aModelFileWithAMistakeIsRefused(_ json: String) {
    #expect(throws: ImgtoolError.self) { try ModelDescriptor.read(Array(json.utf8), place: "x.json") }
  }
}
