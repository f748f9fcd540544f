// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import RunflowBackend

@Suite struct ConfigFileTests {
  let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// An environment in which the file is where it usually is.
  func environment(_ text: String, mode: Int = 0o600, more: [String: String] = [:]) throws -> [String: String] {
    let place = folder.path("imgtool")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: place + "/runflow.json"))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: place + "/runflow.json")
    return more.merging(["XDG_CONFIG_HOME": folder.path]) { $1 }
  }

  func kind(_ environment: [String: String]) -> ImgtoolError.Kind? {
    do throws(ImgtoolError) {
      _ = try RunflowConfiguration.reading(environment: environment)
      return nil
    } catch {
      return error.kind
    }
  }

  @Test func theKeyMayLieInAFileOfOnesOwn() throws {
    let file = #"{"api_key":"rf_live_FILE0000","base_url":"https://runflow.example","organization":"org-1"}"#
    let found = try #require(try RunflowConfiguration.reading(environment: environment(file)))
    #expect(found.key == Secret("rf_live_FILE0000") && found.base.host == "runflow.example")
    #expect(found.organisation == "org-1")
  }

  @Test func theEnvironmentComesBeforeTheFile() throws {
    let variables = try environment(
      #"{"api_key":"rf_live_FILE0000","organization":"org-1"}"#, more: ["RUNFLOW_API_KEY": "rf_live_ENV00000"])
    let found = try #require(try RunflowConfiguration.reading(environment: variables))
    #expect(found.key == Secret("rf_live_ENV00000") && found.organisation == "org-1")
  }

  @Test func withoutKeyAndFileThereIsNoRunflow() throws {
    #expect(try RunflowConfiguration.reading(environment: ["XDG_CONFIG_HOME": folder.path]) == nil)
    #expect(try RunflowConfiguration.reading(environment: [:]) == nil)
  }

  @Test(arguments: [0o644, 0o640, 0o604, 0o660])
  func aKeyThatOthersCanReadIsRefused(_ mode: Int) throws {
    #expect(kind(try environment(#"{"api_key":"rf_live_FILE0000"}"#, mode: mode)) == .credentials)
  }

  @Test(arguments: ["", "[]", "rf_live_FILE0000", #"{"apikey":"rf_live_FILE0000"}"#, #"{"api_key":7}"#])
  func whatIsNoSuchFileIsAUsageErrorThatShowsNoKey(_ text: String) throws {
    let variables = try environment(text)
    #expect(kind(variables) == .usage)
    do { _ = try RunflowConfiguration.reading(environment: variables) } catch {
      #expect(!"\(error)".contains("rf_live_FILE0000"))
    }
  }

  @Test func aFileThatIsNamedMustBeThere() throws {
    #expect(kind(["RUNFLOW_CONFIG": folder.path("nowhere.json")]) == .usage)
    #expect(kind(["RUNFLOW_CONFIG": folder.path]) == .usage)
  }

  @Test func severalSecretsComeFromTheFileOrTheEnvironment() throws {
    let file = #"{"callback_secrets":["whsec_0123456789abcdef","whsec_fedcba9876543210"]}"#
    #expect(try RunflowWebhooks.reading(environment: environment(file)) != nil)
    #expect(try RunflowWebhooks.reading(environment: ["XDG_CONFIG_HOME": folder.path("none")]) == nil)
    // Signed with the second of two: `openssl dgst -sha256 -hmac`.
    let webhooks = try #require(
      try RunflowWebhooks.reading(environment: ["RUNFLOW_CALLBACK_SECRETS": "whsec_old_0000000000,whsec_new_1111111111"]
      ))
    let signature = "1df13775cee016c5c42541b6e5cfd17f6317bd0c938c527e999129024792e8f7"
    #expect(try webhooks.verify(Array(#"{"run_id":"r1"}"#.utf8), signatures: [signature]).id == "r1")
  }

  private static let model = #"""
    {"id": "acme/tidy", "verb": "tidy", "summary": "Tidies.", "price": "0.20",
     "inputs": [{"name": "image_url", "kind": "image", "summary": "The picture."}]}
    """#

  @Test func modelsOfTheUsersFolderAreOperations() throws {
    let folder = try TestFolder()
    try folder.write(Array(Self.model.utf8), as: "imgtool/models/tidy.json")
    try folder.write(
      Array("[\(Self.model.replacing("tidy", with: "fold"))]".utf8), as: "imgtool/models/more.json")
    try folder.write([1], as: "imgtool/models/notes.txt")
    let configuration = try RunflowConfiguration(key: Secret("rf_live_CANARY0123456789"))
    func names(_ environment: [String: String]) throws -> [String] {
      try RunflowBackend.operations(configuration, environment: environment).map(\.name.description)
    }
    let shipped = try names([:])
    #expect(try names(["XDG_CONFIG_HOME": folder.path]) == shipped + ["runflow.fold", "runflow.tidy"])
    #expect(try names(["RUNFLOW_MODELS": folder.path("imgtool/models")]).count == shipped.count + 2)
    #expect(try names(["XDG_CONFIG_HOME": folder.path("none")]) == shipped)
    #expect { try names(["RUNFLOW_MODELS": folder.path("none")]) } throws: { ($0 as? ImgtoolError)?.kind == .usage }
    try folder.write(Array("{}".utf8), as: "imgtool/models/wrong.json")
    #expect { try names(["XDG_CONFIG_HOME": folder.path]) } throws: {
      ($0 as? ImgtoolError)?.message.contains("wrong.json") == true
    }
  }
}
