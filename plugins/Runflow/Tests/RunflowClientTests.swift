// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import RunflowBackend

@Suite struct RunflowClientTests {
  static let key = "rf_live_CANARY0123456789"
  let reference = RunReference(0x5d0f_0f0e_6c1b_4a57, 0x9a0e_3d2f_6b7c_8d90)

  func client(_ transport: any Transport, organisation: String? = nil) throws -> RunflowClient {
    RunflowClient(try RunflowConfiguration(key: Secret(Self.key), organisation: organisation), over: transport)
  }

  func submit(_ answer: TransportAnswer) async throws -> SubmitOutcome {
    let client = try client(ScriptedTransport { _ in answer })
    return await client.createRun("runflow/smart-resize", body: [], reference: reference)
  }

  @Test func theRequestIsWrittenAsTheServiceDescribesIt() async throws {
    let transport = ScriptedTransport { _ in .json(#"{"id":"01995f3a","status_code":"queued"}"#, status: 201) }
    let client = try client(transport, organisation: "0198aa00-0000")
    let body = client.runBody(input: ["image_url": "runflow://assets/a", "resolution": "2K"], reference: reference)
    guard case .accepted(let run) = await client.createRun("runflow/smart-resize", body: body, reference: reference)
    else {
      Issue.record("not accepted")
      return
    }
    #expect(run.id == "01995f3a" && run.status == .running)
    let request = try #require(transport.requests.first)
    #expect(request.address.absolute == "https://api.runflow.io/v1/models/runflow/smart-resize/runs")
    #expect(request.method == .post && !request.isRepeatable && request.reach == .configured)
    #expect(request.fields[.authorization] == "Bearer \(Self.key)")
    #expect(request.fields[RunflowClient.idempotencyKey] == "5d0f0f0e-6c1b-4a57-9a0e-3d2f6b7c8d90")
    #expect(request.fields[try #require(HTTPField.Name("X-Organization-Id"))] == "0198aa00-0000")
    let label = "imgtool/1/5d0f0f0e6c1b4a579a0e3d2f6b7c8d90"
    #expect(
      String(decoding: body, as: UTF8.self)
        == #"{"client_ref":"\#(label)","input":{"image_url":"runflow://assets/a","resolution":"2K"},"#
        + #""metadata":{"client_ref":"\#(label)"}}"#)
  }

  static let outcomes: [(Int, String, String)] = [
    (200, #"{"id":"r","status_code":"queued"}"#, "accepted"), (201, #"{"id":"r"}"#, "accepted"),
    (202, #"{"id":"r","new":{"field":1}}"#, "accepted"), (201, "{}", "unknown"), (201, #"{"id":"../x"}"#, "unknown"),
    (201, #"{"id":7}"#, "unknown"), (200, "<html>", "unknown"), (201, #"{"id":"r","status"#, "unknown"),
    (301, "", "unknown"), (307, "", "unknown"), (400, "", "rejected"), (401, "", "rejected"), (402, "", "rejected"),
    (403, "", "rejected"), (404, "", "rejected"), (413, "", "rejected"), (415, "", "rejected"),
    (422, "", "rejected"), (408, "", "unknown"), (409, "", "unknown"), (425, "", "unknown"), (429, "", "throttled"),
    (500, "", "unknown"), (502, "<html>", "unknown"), (503, "", "unknown"), (504, "", "unknown"), (599, "", "unknown"),
  ]

  @Test(arguments: outcomes.indices)
  func everyAnswerHasItsMeaning(_ index: Int) async throws {
    let (status, body, meaning) = Self.outcomes[index]
    let outcome = try await submit(.json(body, status: status))
    #expect("\(outcome)".hasPrefix(meaning), "\(status) \(body): \(outcome)")
  }

  @Test func afterALostConnectionNothingIsKnown() async throws {
    for sent in [true, false] {
      let client = try client(ScriptedTransport { _ in throw TransportFailure(.lost, mayHaveArrived: sent, "Lost.") })
      let outcome = await client.createRun("a/b", body: [], reference: reference)
      #expect("\(outcome)".hasPrefix(sent ? "unknown" : "notSent"))
    }
  }

  @Test func refusalsNameFieldAndKind() async throws {
    let text = """
      {"code":"VALIDATION_ERROR","message":"Request did not pass validation.","errors":[{"loc":["body","input",\
      "resolution"],"msg":"value must be one of 1K, 2K, 4K","type":"enum"}]}
      """
    guard case .rejected(let error) = try await submit(.json(text, status: 422)) else {
      Issue.record("not rejected")
      return
    }
    #expect(error.kind == .usage && error.message.contains("input.resolution: value must be one of 1K, 2K, 4K"))
    guard case .rejected(let poor) = try await submit(.json(#"{"code":"INSUFFICIENT_CREDITS"}"#, status: 402)),
      case .rejected(let key) = try await submit(.json(#"{"detail":"no"}"#, status: 401))
    else {
      Issue.record("not rejected")
      return
    }
    #expect(poor.kind == .budget && key.kind == .credentials)
    #expect(!key.description.contains("CANARY"))
  }

  @Test(arguments: [400, 401, 403, 500, 503])
  func aServiceThatRepeatsTheKeyIsNotQuoted(_ status: Int) async throws {
    let text = #"{"code":"\#(Self.key)","message":"The key \#(Self.key) is not known."}"#
    let outcome = try await submit(.json(text, status: status))
    #expect(!"\(outcome)".contains("CANARY") && "\(outcome)".contains("The key (redacted) is not known."))
    let client = try client(ScriptedTransport { _ in .json(text, status: status) })
    await #expect { try await client.checkKey() } throws: { !"\($0)".contains("CANARY") }
  }

  @Test func textFromOutsideIsDefused() {
    let evil = "a\u{1b}[31m\n\u{202e}b" + String(repeating: "x", count: 1000)
    let clean = ErrorEnvelope.clean(evil)
    #expect(clean.hasPrefix("a [31m  b") && clean.unicodeScalars.count == 300)
  }

  // MARK: searching

  func find(_ pages: [String]) async throws -> (FindOutcome, [TransportRequest]) {
    let transport = ScriptedTransport(answers: pages.map { .json($0) })
    return (await (try client(transport)).runs(labelled: reference), transport.requests)
  }

  func item(_ id: String, _ label: String?) -> String {
    #"{"id":"\#(id)","status_code":"running","client_ref":\#(label.map { "\"\($0)\"" } ?? "null")}"#
  }

  @Test func theSearchAsksForTheLabelAndComparesItItself() async throws {
    let label = reference.label
    let (outcome, requests) = try await find([
      #"{"items":[\#(item("x", label.uppercased())),\#(item("y", nil)),\#(item("r", label))],"next":"c2"}"#
    ])
    guard case .found(let runs) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(runs.map(\.id) == ["r"])
    #expect(
      requests[0].address.path
        == "/v1/runs?q=client_ref.EQ%3A%27imgtool%2F1%2F5d0f0f0e6c1b4a579a0e3d2f6b7c8d90%27"
        + "&sort_by=created_at:desc&limit=100")
  }

  @Test func aSearchThatIgnoresTheFilterIsReadToItsEnd() async throws {
    let page = #"{"items":[\#(item("x", "other"))],"next":"/v1/runs?pq=a%2Bb&limit=1"}"#
    let (outcome, requests) = try await find([page, #"{"items":[]}"#])
    #expect(outcome == .found([]))
    #expect(requests.last?.address.path.hasSuffix("&pq=a%2Bb") == true)
    let (endless, _) = try await find(Array(repeating: page, count: 30))
    #expect("\(endless)".hasPrefix("inconclusive"))
  }

  @Test(arguments: ["<html>", "{}", #"{"items":[{"id":"r","status_code":"running"}]}"#])
  func aSearchThatSaysNothingProvesNothing(_ page: String) async throws {
    #expect("\(try await find([page]).0)".hasPrefix("inconclusive"))
    #expect("\(try await find([]).0)".hasPrefix("inconclusive"))
  }

  // MARK: records

  @Test(arguments: [
    ("canceled", RemoteRun.Status.cancelled), ("cancelled", .cancelled), ("CANCELLED", .cancelled),
    ("succeeded", .succeeded), ("partial_succeeded", .partlySucceeded), ("errored", .failed), ("failed", .failed),
    ("queued", .running), ("dispatching", .running), ("sparkling", .running),
  ])
  func everyStatusHasItsMeaning(_ text: String, _ status: RemoteRun.Status) {
    #expect(RunRecord.status(text) == status)
  }

  @Test(arguments: [
    (#"{"outputs":[{"url":"u1","type":"image"},{"url":"u2"}]}"#, ["u1", "u2"]), (#"{"image_urls":["u1"]}"#, ["u1"]),
    (#"{"image":{"url":"u1"}}"#, ["u1"]), (#"{"image":["u1","u2"]}"#, ["u1", "u2"]), (#"{"url":"u1"}"#, ["u1"]),
    (#"{"output_url":"u1"}"#, ["u1"]), (#"{"image_url":"u1"}"#, ["u1"]), (#"{"images":[{"url":"u1"}]}"#, ["u1"]),
    (#"{"outputs":[],"image_urls":["u1"]}"#, ["u1"]), (#"{"code":"X"}"#, []), ("[]", []),
  ])
  func everyShapeOfOutputIsRead(_ text: String, _ addresses: [String]) throws {
    let output = try #require(JSONValue(bytes: Array(text.utf8)))
    #expect(OutputExtractor.results(output).map(\.address) == addresses)
  }

  @Test(arguments: [
    (#""0.55""#, Money.cents(55)), ("0.55", .cents(55)), (#""000.5500000000""#, .cents(55)), ("3", .cents(300)),
    (#""-1.5""#, .cents(-150)), (#""+2""#, .cents(200)), (#""124.5000""#, .cents(12_450)),
  ])
  func amountsAreReadInEverySpelling(_ text: String, _ amount: Money) throws {
    #expect(JSONValue(bytes: Array(text.utf8))?.money == amount)
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", Int64(0)), ("2026-09-18T09:14:02.118000Z", 1_789_722_842_118),
    ("2026-09-18T09:14:02.118000+00:00", 1_789_722_842_118), ("2026-09-18T11:14:02+02:00", 1_789_722_842_000),
    ("2000-02-29T23:59:59.9Z", 951_868_799_900),
  ])
  func timesAreReadInEverySpelling(_ text: String, _ milliseconds: Int64) {
    #expect(Timestamp.milliseconds(text) == milliseconds)
    for count in 0..<text.utf8.count { #expect(Timestamp.milliseconds(String(text.prefix(count))) == nil) }
  }

  @Test func aBalanceThatMayNotBeReadIsUnknown() async throws {
    for (status, body, amount) in [
      (403, "{}", nil), (200, #"{"balance":"124.5000"}"#, Money.cents(12_450)),
      (200, #"{"balance_cents":99}"#, .cents(99)),
    ] as [(Int, String, Money?)] {
      let client = try client(ScriptedTransport { _ in .json(body, status: status) })
      #expect(try await client.balance() == amount)
    }
  }

  @Test func theKeyIsShownNowhere() throws {
    let configuration = try RunflowConfiguration(key: Secret(Self.key))
    var dumped = ""
    dump(configuration, to: &dumped)
    #expect(!"\(configuration) \(configuration.key) \(String(reflecting: configuration))\(dumped)".contains("CANARY"))
  }

  @Test(arguments: ["http://api.runflow.io", "ftp://x", "https://api.runflow.io/v1", "https://u@x.test", "x"])
  func aBaseThatWouldLeakTheKeyIsRefused(_ base: String) {
    #expect(throws: ImgtoolError.self) { try RunflowConfiguration(base: base, key: Secret(Self.key)) }
  }
}
