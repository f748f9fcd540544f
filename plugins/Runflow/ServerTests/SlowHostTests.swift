// SPDX-License-Identifier: Apache-2.0
import GRDB
import Hummingbird
import ImgtoolCore
import NIOCore
import Testing

@testable import RunflowServer

/// Hosts that take a request for a picture and say no more.
@Suite struct SlowHostTests {
  private static func open(workers: Int = 2, fetches: Int = 8) -> ServerSetup {
    var setup = ServerSetup()
    setup.configure = {
      $0.allowsPrivate = true
      $0.hasFaults = true
      $0.workers = workers
      $0.fetches = fetches
      // Longer than a test takes on a busy machine.
      $0.limits.inputTime = .seconds(120)
    }
    return setup
  }

  /// A first byte, and nothing more before the connection ends.
  private static let stalled: @Sendable (Int, Received) -> Response = { _, _ in
    Response(
      status: .ok,
      body: ResponseBody(contentLength: 100) { writer in
        try await writer.write(ByteBuffer(bytes: [1]))
        try await Task.sleep(for: .seconds(3600))
      })
  }

  private static func order(_ image: String, _ client: TestClient) async throws -> String {
    let made = try await client.post(resizeRuns, client.order(image))
    return try #require(made.json["id"]?.text, "\(made.json.compact)")
  }

  private static func states(_ ids: [String], _ client: TestClient) async throws -> [String?] {
    var states: [String?] = []
    for id in ids { states.append(try await client.get("/v1/runs/\(id)").json["status_code"]?.text) }
    return states
  }

  @Test func twoSlowHostsKeepNobodyElseFromWork() async throws {
    try await withReceiver(answer: Self.stalled) { first in
      try await withReceiver(answer: Self.stalled) { second in
        try await withServer(Self.open(workers: 2)) { client in
          let slow = [
            try await Self.order(first.base + "/a.png", client), try await Self.order(second.base + "/b.png", client),
          ]
          _ = await (first.next(1), second.next(1))
          let image = try await client.upload(Pictures.png(width: 4, height: 4))
          let run = try await client.finished(try await Self.order(image, client))
          #expect(run["status_code"] == "succeeded")
          #expect(try await Self.states(slow, client) == ["running", "running"])
        }
      }
    }
  }

  @Test func aFetchThatFailsLeavesRoomForTheNext() async throws {
    let stalled = Self.stalled
    try await withReceiver(answer: { $0 == 0 ? Response(status: .notFound) : stalled($0, $1) }) { web in
      try await withServer(Self.open(workers: 1, fetches: 1)) { client in
        let lost = try await client.finished(try await Self.order(web.base + "/a.png", client))
        #expect(lost["failure_code"] == "INPUT_INVALID")
        let slow = try await Self.order(web.base + "/b.png", client)
        _ = await web.next(2)
        let image = try await client.upload(Pictures.png(width: 4, height: 4))
        #expect(try await client.finished(try await Self.order(image, client))["status_code"] == "succeeded")
        #expect(try await Self.states([slow], client) == ["running"])
      }
    }
  }

  @Test func noMoreAreOutThanMayBe() async throws {
    try await withReceiver(answer: Self.stalled) { web in
      try await withServer(Self.open(workers: 1, fetches: 2)) { client in
        var slow: [String] = []
        for number in 0..<4 { slow.append(try await Self.order(web.base + "/\(number).png", client)) }
        // Two are out, the third fetches in the one place, and the fourth waits for that.
        #expect(await web.next(3).map(\.path).sorted() == ["/0.png", "/1.png", "/2.png"])
        #expect(try await Self.states(slow, client) == ["running", "running", "running", "queued"])
      }
    }
  }

  @Test func aRunThatIsHeldKeepsItsPlace() async throws {
    try await withReceiver(answer: Self.stalled) { web in
      try await withServer(Self.open(workers: 1)) { client in
        try await client.faults(["on": "run", "do": "hold", "skip": 1])
        let slow = try await Self.order(web.base + "/a.png", client)
        _ = await web.next(1)
        let image = try await client.upload(Pictures.png(width: 4, height: 4))
        let held = try await Self.order(image, client)
        let waiting = try await Self.order(image, client)
        while try await Self.states([held], client) != ["running"] { await Task.yield() }
        _ = try await client.upload(Pictures.png(width: 5, height: 4))
        #expect(try await Self.states([slow, held, waiting], client) == ["running", "running", "queued"])
      }
    }
  }

  @Test func aStopGivesBackWhatIsOut() async throws {
    try await withFolder { folder in
      try await withReceiver(answer: Self.stalled) { web in
        var setup = Self.open(workers: 1)
        setup.folder = folder
        try await withServer(setup) { client in
          for name in ["a", "b"] { _ = try await Self.order("\(web.base)/\(name).png", client) }
          _ = await web.next(2)
        }
      }
      let store = try Store(folder: folder)
      let left = try await store.read { db in try RunRow.fetchAll(db, sql: "SELECT * FROM run") }
      #expect(left.map(\.status) == ["queued", "queued"])
      #expect(left.map(\.attempts) == [0, 0])
      try store.close()
    }
  }
}
