// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct InputPolicyFileTests {
  private func policy(_ json: String) throws(ImgtoolError) -> InputPolicy { try InputPolicy(json: Array(json.utf8)) }

  @Test func theFourNamedPoliciesAreShipped() {
    #expect(InputPolicy.shipped.map(\.name) == ["runflow-smart-resize", "runflow-skin-fix", "web", "permissive"])
    #expect(InputPolicy.shipped.allSatisfy { !$0.summary.isEmpty })
    #expect(InputPolicy.named("web")?.name == "web")
    #expect(InputPolicy.named("Web") == nil)
  }

  @Test(arguments: InputPolicy.shipped)
  func shippedPoliciesTakeAnOrdinaryPhotograph(policy: InputPolicy) throws {
    let findings = Preflight(policy).judge(try photograph(), name: "photo.jpg", mediaType: "image/jpeg")
    #expect(findings.worst == .pass)
    #expect(try rewritten(policy) == policy)
  }

  @Test func theRunflowPoliciesKnowPriceAndUploadLimit() {
    #expect(InputPolicy.named("runflow-smart-resize")?.price == .cents(55))
    #expect(InputPolicy.named("runflow-skin-fix")?.price == .cents(12))
    for name in ["runflow-smart-resize", "runflow-skin-fix"] {
      #expect(InputPolicy.named(name)?.maximumBytes == ByteCount(52_428_800))
    }
  }

  @Test func fieldsLeftOutSetNoLimit() throws {
    var open = InputPolicy()
    open.name = "mine"
    #expect(try policy(#"{"name": "mine"}"#) == open)
    #expect(open.formats == ImageFormat.allCases)
  }

  @Test func everyFieldIsRead() throws {
    let policy = try policy(
      """
      {"schemaVersion": 1, "name": "all", "summary": "Every field.", "formats": ["png", "gif"], "maximumBytes": 1,
       "maximumPixels": 2, "minimumSide": 3, "maximumSide": 4, "maximumSamples": 5, "maximumFrames": 6,
       "maximumBits": 7, "maximumEnlargement": 1.5, "price": "0.08", "rules": {"icc.missing": "fail"}}
      """)
    #expect(policy.name == "all" && policy.summary == "Every field.")
    #expect(policy.formats == [.png, .gif])
    #expect(policy.maximumBytes == ByteCount(1))
    #expect(
      [policy.maximumPixels, policy.minimumSide, policy.maximumSide, policy.maximumSamples] == [2, 3, 4, 5])
    #expect((policy.maximumFrames, policy.maximumBits, policy.maximumEnlargement) == (6, 7, 1.5))
    #expect(policy.price == .cents(8))
    #expect(policy.rules == [.iccMissing: .fail])
  }

  @Test(arguments: [
    (#"{"name": "a", "maximumByte": 5}"#, "maximumByte"),
    (#"{"name": "a", "rules": {"byte.limit": "warn"}}"#, "byte.limit"),
    (#"{"name": "a", "rules": {"bytes.limit": "error"}}"#, "rules"), (#"{"summary": "no name"}"#, "name"),
    (#"{"name": 5}"#, "name"), (#"{"name": "a", "formats": ["bpg"]}"#, "formats"),
    (#"{"name": "a", "formats": "jpeg"}"#, "formats"), (#"{"name": "a", "maximumBytes": 0}"#, "maximumBytes"),
    (#"{"name": "a", "maximumPixels": -1}"#, "maximumPixels"), (#"{"name": "a", "minimumSide": 0}"#, "minimumSide"),

    (#"{"name": "a", "maximumSamples": "9"}"#, "maximumSamples"),
    (#"{"name": "a", "maximumFrames": 0}"#, "maximumFrames"), (#"{"name": "a", "maximumBits": -8}"#, "maximumBits"),
    (#"{"name": "a", "price": 0.55}"#, "price"), (#"{"name": "a", "price": "cheap"}"#, "price"),
    (#"{"name": "a", "schemaVersion": 2}"#, "version"), (#"{"name": "a", "rules": []}"#, "rules"),
    ("[]", ""), ("null", ""), ("", ""), ("{", ""), (#"{"name": "a",}x"#, ""), ("\u{0}", ""),
  ])
  func badValuesAreAnErrorOfUseThatNamesThePlace(json: String, place: String) throws {
    let error = try #require(throws: ImgtoolError.self) { try policy(json) }
    #expect(error.kind == .usage)
    #expect(place.isEmpty || error.message.contains(place), "\(error.message)")
    #expect(error.message.hasSuffix(".") && !error.message.contains("\n"))
  }

  @Test func everyPrefixOfAPolicyIsRefusedWithoutATrap() throws {
    let bytes = Array(try written(#require(InputPolicy.named("web"))).utf8)
    for count in 0..<bytes.count {
      #expect(throws: ImgtoolError.self) { try InputPolicy(json: bytes.prefix(count)) }
    }
  }

  @Test(arguments: [
    (#"{"name": "a", "maximumSide": 1.5}"#, "maximumSide"),
    (#"{"name": "a", "maximumBytes": 99999999999999999999}"#, "maximumBytes"),
    (#"{"name": "a", "maximumEnlargement": 0}"#, "maximumEnlargement"),
    (#"{"name": "a", "maximumEnlargement": -4}"#, "maximumEnlargement"),
    (#"{"name": "a", "maximumEnlargement": "4"}"#, "maximumEnlargement"),
  ])
  func numbersOutOfRangeAreNamed(json: String, place: String) throws {
    let error = try #require(throws: ImgtoolError.self) { try policy(json) }
    #expect(error.kind == .usage)
    #expect(error.message.contains(place), "\(error.message)")
  }

  @Test(arguments: ["", "{", "[]", #"{"name": "a", "maximumBytes": 0}"#])
  func aMistakeIsToldInOneSentence(json: String) throws {
    let error = try #require(throws: ImgtoolError.self) { try policy(json) }
    #expect(!error.message.contains("..") && error.message.hasSuffix("."), "\(error.message)")
  }

  @Test func aPriceBelowZeroIsRefused() throws {
    let error = try #require(throws: ImgtoolError.self) { try policy(#"{"name": "a", "price": "-0.55"}"#) }
    #expect(error.message.contains("price"))
  }
}
