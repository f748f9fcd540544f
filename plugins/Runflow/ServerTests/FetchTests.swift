// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import ImgtoolCore
import NIOCore
import Testing

@testable import RunflowServer

/// Inputs behind URLs, fetched from a web server of the test on loopback, which a setup has to allow.
@Suite struct FetchTests {
  private static var open: ServerSetup {
    var setup = ServerSetup()
    setup.configure = {
      $0.allowsPrivate = true
      $0.limits.inputBytes = ByteCount(1000)
    }
    return setup
  }

  /// The end of a run whose image is at `path` of a web server with these answers.
  private static func run(
    _ path: String = "/a.png", setup: ServerSetup = open,
    answer: @escaping @Sendable (Int, Received) -> Response
  ) async throws -> JSON {
    try await withReceiver(answer: answer) { web in
      try await withServer(setup) { client in
        let made = try await client.post(resizeRuns, client.order(web.base + path))
        guard let id = made.json["id"]?.text else { return made.json }
        return try await client.finished(id)
      }
    }
  }

  private static func response(_ bytes: [UInt8], _ status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  @Test func anImageBehindAURLIsFetched() async throws {
    let run = try await Self.run { _, _ in Self.response(Pictures.png(width: 4, height: 4)) }
    #expect(run["status_code"] == "succeeded")
    #expect(run["output"]?["outputs"]?[0]?["url"]?.text?.contains("/0-a.png") == true)
  }

  @Test func loopbackIsRefusedUnlessAllowed() async throws {
    let reply = try await Self.run(setup: ServerSetup()) { _, _ in Self.response([1]) }
    #expect(reply["code"] == "VALIDATION_ERROR")
  }

  @Test func aNameThatLeadsToAPrivateAddressFailsTheRunWithoutAConnection() async throws {
    var setup = ServerSetup()
    setup.names = ["evil.example": "127.0.0.1"]
    try await withServer(setup) { client in
      let made = try await client.post(resizeRuns, client.order("https://evil.example/a.png"))
      let run = try await client.finished(made.json["id"]?.text ?? "")
      #expect(run["failure_code"] == "INPUT_INVALID")
      #expect(run["cost"] == "0")
    }
  }

  @Test func redirectsAreFollowedThroughTheGate() async throws {
    let run = try await Self.run { number, _ in
      number == 0
        ? Response(status: .found, headers: [.location: "/b.png"]) : Self.response(Pictures.png(width: 4, height: 4))
    }
    #expect(run["status_code"] == "succeeded")
    let bad = try await Self.run { _, _ in Response(status: .found, headers: [.location: "http://0.0.0.0/"]) }
    #expect(bad["failure_code"] == "INPUT_INVALID")
    let loop = try await Self.run { _, _ in Response(status: .found, headers: [.location: "/a.png"]) }
    #expect(loop["failure_code"] == "INPUT_INVALID")
  }

  @Test(arguments: [404, 500, 204])
  func anAnswerOtherThan200Fails(status: Int) async throws {
    let run = try await Self.run { _, _ in Self.response([], .init(code: status)) }
    #expect(run["failure_code"] == "INPUT_INVALID")
  }

  @Test func theSizeIsCappedAnnouncedOrNot() async throws {
    let announced = try await Self.run { _, _ in Self.response([UInt8](repeating: 1, count: 1001)) }
    #expect(announced["failure_code"] == "INPUT_TOO_LARGE")
    let endless = try await Self.run { _, _ in
      Response(
        status: .ok,
        body: ResponseBody { writer in
          while !Task.isCancelled { try await writer.write(ByteBuffer(repeating: 1, count: 600)) }
        })
    }
    #expect(endless["failure_code"] == "INPUT_TOO_LARGE")
  }

  @Test func aServerThatStallsIsGivenUp() async throws {
    var setup = ServerSetup()
    setup.configure = {
      $0.allowsPrivate = true
      $0.limits.inputTime = .milliseconds(50)
    }
    let run = try await Self.run(setup: setup) { _, _ in
      Response(
        status: .ok,
        body: ResponseBody(contentLength: 100) { writer in
          try await writer.write(ByteBuffer(bytes: [1]))
          try await Task.sleep(for: .seconds(3600))
        })
    }
    #expect(run["failure_code"] == "TIMEOUT")
  }
}
