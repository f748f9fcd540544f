// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import ImgtoolCore
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import RunflowServer

@Suite(.timeLimit(.minutes(2))) struct CallbackIntakeTests {
  /// Posts to a listener and gives the status it answers with.
  func status(
    _ body: [UInt8], signatures: [String] = [], path: String = "",
    receive: @escaping @Sendable ([UInt8], [String]) async throws -> Void
  ) async throws -> Int {
    let (addresses, found) = AsyncStream<String>.makeStream()
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let listener = CallbackListener(port: 0, path: "/hooks/runflow", logger: quiet, receive: receive)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { found.finish() }
        try await listener.run { found.yield($0) }
      }
      defer { tasks.cancelAll() }
      guard let url = await addresses.first(where: { _ in true }) else {
        try await tasks.waitForAll()
        return 0
      }
      var request = HTTPClientRequest(url: url + path)
      request.method = .POST
      for signature in signatures { request.headers.add(name: "Runflow-Signature", value: signature) }
      request.body = .bytes(ByteBuffer(bytes: body))
      return Int(try await HTTPClient.shared.execute(request, timeout: .seconds(60)).status.code)
    }
  }

  @Test func aCallbackIsGivenOnAsItCame() async throws {
    let seen = Mutex<([UInt8], [String])>(([], []))
    let body = [UInt8]((0..<200_000).map { UInt8(truncatingIfNeeded: $0) })
    let status = try await status(body, signatures: ["one", "two"]) { body, signatures in
      seen.withLock { $0 = (body, signatures) }
    }
    #expect(status == 200)
    #expect(seen.withLock { $0.0 } == body && seen.withLock { $0.1 } == ["one", "two"])
  }

  @Test(arguments: [
    (ImgtoolError.Kind.credentials, 401), (.limit, 413), (.input, 400), (.storage, 503), (.busy, 503), (.fault, 503),
  ])
  func whatIsThrownDecidesWhetherItComesAgain(_ kind: ImgtoolError.Kind, status expected: Int) async throws {
    let status = try await status([1]) { _, _ in throw ImgtoolError(kind, "No.") }
    #expect(status == expected, "\(kind)")
  }

  @Test func aBodyTooLongAndAnotherPathAreNotGivenOn() async throws {
    let calls = Mutex(0)
    let long = [UInt8](repeating: 32, count: 5_000_001)
    #expect(try await status(long) { _, _ in calls.withLock { $0 += 1 } } == 413)
    #expect(try await status([1], path: "/more") { _, _ in calls.withLock { $0 += 1 } } == 404)
    #expect(calls.withLock { $0 } == 0)
  }
}
