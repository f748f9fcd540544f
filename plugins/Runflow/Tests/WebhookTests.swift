// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

@testable import RunflowBackend

@Suite struct WebhookTests {
  let webhooks: RunflowWebhooks

  init() throws { webhooks = try RunflowWebhooks(secrets: [Secret(WebhookVectors.secret)]) }

  func kind(_ body: [UInt8], _ signatures: [String], _ webhooks: RunflowWebhooks? = nil) -> ImgtoolError.Kind? {
    do {
      _ = try (webhooks ?? self.webhooks).verify(body, signatures: signatures)
      return nil
    } catch {
      return error.kind
    }
  }

  @Test(arguments: WebhookVectors.all.indices)
  func everyVectorIsAccepted(_ index: Int) throws {
    let vector = WebhookVectors.all[index]
    let event = try webhooks.verify(Array(vector.body.utf8), signatures: [vector.digest])
    #expect(event.id.hasPrefix("01995f3") && !event.isBatch)
    if vector.body.contains("cancelled") { #expect(event.status == .cancelled) }
  }

  /// Every byte of every body, each with two of its bits changed in turn: some 3,000 bodies.
  @Test(arguments: WebhookVectors.all.indices)
  func aChangedBodyIsRefused(_ index: Int) {
    let vector = WebhookVectors.all[index]
    var body = Array(vector.body.utf8)
    let taken = body.indices.filter { place in
      [place % 8, (place + 4) % 8].contains { bit in
        body[place] ^= 1 << UInt8(bit)
        defer { body[place] ^= 1 << UInt8(bit) }
        return kind(body, [vector.digest]) != .credentials
      }
    }
    #expect(taken.isEmpty, "changed and taken at \(taken)")
  }

  /// Longer and shorter by anything, and the same JSON in other bytes.
  @Test func anythingButTheVeryBytesIsRefused() {
    let (body, digest) = (Array(WebhookVectors.all[4].body.utf8), WebhookVectors.all[4].digest)
    var others = (0..<body.count).map { Array(body.prefix($0)) } + (1..<body.count).map { Array(body.dropFirst($0)) }
    others += [body + [10], body + [0], [32] + body, [0xef, 0xbb, 0xbf] + body, body + body]
    others.append(Array(WebhookVectors.all[5].body.utf8))
    for other in others { #expect(kind(other, [digest]) == .credentials, "\(String(decoding: other, as: UTF8.self))") }
  }

  @Test func everyDefectOfTheHeaderIsRefused() {
    let (body, digest) = (Array(WebhookVectors.all[0].body.utf8), WebhookVectors.all[0].digest)
    let signatures: [[String]] = [
      [], [""], [digest, digest], [digest, String(repeating: "0", count: 64)], [digest.uppercased()],
      [String(digest.dropLast())], [digest + "0"], [" " + digest], [digest + " "], ["sha256=" + digest],
      [String(digest.reversed())], [digest.replacing("0", with: "g")], ["\(digest),\(digest)"],
    ]
    for list in signatures { #expect(kind(body, list) == .credentials, "\(list)") }
  }

  @Test func oldAndNewSecretsAreBothAcceptedWhileTheyRotate() throws {
    let (body, digest) = (Array(WebhookVectors.all[0].body.utf8), WebhookVectors.all[0].digest)
    let both = try RunflowWebhooks(secrets: [Secret("whsec_another_0123456789"), Secret(WebhookVectors.secret)])
    #expect(kind(body, [digest], both) == nil)
    let other = try RunflowWebhooks(secrets: [Secret("whsec_another_0123456789")])
    #expect(kind(body, [digest], other) == .credentials)
  }

  @Test(arguments: [[], [""], ["fifteen bytes.."], ["whsec_long_enough_1234", ""]])
  func weakSecretsAreRefusedAtTheStart(_ secrets: [String]) {
    #expect(throws: ImgtoolError.self) { try RunflowWebhooks(secrets: secrets.map { Secret($0) }) }
  }

  @Test func aLongBodyIsRefusedBeforeItIsHashed() {
    #expect(kind([UInt8](repeating: 32, count: 6_000_000), [WebhookVectors.all[0].digest]) == .limit)
  }

  @Test func deliveriesOfOneEndHaveOneKey() throws {
    let first = try #require(RunflowWebhooks.hint(Array(#"{"run_id":"r","status":"cancelled","output":null}"#.utf8)))
    let again = try #require(RunflowWebhooks.hint(Array(#"{"status_code":"canceled","run_id":"r"}"#.utf8)))
    #expect(first.dedupeKey == again.dedupeKey)
    #expect(RunflowWebhooks.hint(Array("<html>".utf8)) == nil)
  }

  @Test func theLabelTravelsInTheMetadata() throws {
    let body = #"{"run_id":"r","status":"succeeded","metadata":{"client_ref":"imgtool/1/00"}}"#
    #expect(RunflowWebhooks.hint(Array(body.utf8))?.label == "imgtool/1/00")
  }
}
