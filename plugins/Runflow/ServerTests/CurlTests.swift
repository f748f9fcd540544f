// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import Testing

@testable import RunflowServer

/// The requests of the two models' pages, sent by curl itself to a server on this machine.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "curl is not installed"))
struct CurlTests {
  /// Runs curl and gives back what it printed.
  private static func curl(_ arguments: [String]) async throws -> JSON {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/curl")
    process.arguments = ["--silent", "--show-error", "--max-time", "20", "--noproxy", "*"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    let end = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { end.continuation.yield($0.terminationStatus) }
    try process.run()
    for await status in end.stream {
      #expect(status == 0)
      break
    }
    return try JSONReader.read(Array(try pipe.fileHandleForReading.readToEnd() ?? Data()))
  }

  @Test(arguments: [
    ("smart-resize", #""image_url":"IMAGE","aspect_ratio":"16:9","resolution":"2K""#, "0.55"),
    ("skin-fix", #""image_url":"IMAGE""#, "0.12"),
  ])
  func theExamplesOfThePagesWorkAsWritten(slug: String, input: String, price: String) async throws {
    try await withReceiver { receiver in
      var setup = ServerSetup()
      setup.names = ["public.runflow.io": "127.0.0.1"]
      try await withServer(setup) { client in
        let image = try await client.upload(Pictures.png(width: 8, height: 8))
        let body =
          "{\"input\":{\(input)},\"callback_url\":\"\(receiver.base)/runflow\",\"metadata\":{\"order_id\":\"A-1\"}}"
        let key = ["-H", "Authorization: Bearer rf_live_EXAMPLE0000000000"]
        let made = try await Self.curl(
          ["-X", "POST", client.base + "/v1/models/runflow/\(slug)/runs"] + key
            + ["-H", "Content-Type: application/json", "-d", body.replacing("IMAGE", with: image)])
        #expect(made["status_code"] == "queued")
        let id = try #require(made["id"]?.text)
        let received = try #require(await receiver.next(1).first)
        let callback = try JSONReader.read(received.body)
        #expect(received.path == "/runflow")
        #expect(callback["event"] == "run.completed")
        #expect(callback["run_id"]?.text == id)
        #expect(callback["metadata"] == ["order_id": "A-1"])
        let run = try await Self.curl([client.base + "/v1/runs/\(id)"] + key)
        #expect(run["status_code"] == "succeeded")
        #expect(run["cost"]?.text == price)
      }
    }
  }

  @Test func theUploadExampleWorksAsWritten() async throws {
    try await withServer { client in
      let key = ["-H", "Authorization: Bearer rf_live_EXAMPLE0000000000", "-H", "Content-Type: application/json"]
      let session = try await Self.curl(
        [client.base + "/v1/asset-uploads"] + key
          + ["-d", #"{"filename":"portrait-017.jpg","mime_type":"image/jpeg","size_bytes":5}"#])
      let put = try await client.send(
        "PUT", session["upload_url"]?.text ?? "", headers: [("Content-Type", "image/jpeg")], bytes: Array("12345".utf8))
      #expect(put.status == 200)
      let asset = try await Self.curl(
        [client.base + "/v1/asset-uploads/\(session["asset_id"]?.text ?? "")/confirmations"] + key
          + ["-d", #"{"folder_id":null}"#])
      #expect(asset["size_bytes"] == 5)
    }
  }
}
