// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// One request that reached a receiver.
struct Received: Sendable {
  let method: String
  let path: String
  let headers: HTTPFields
  let body: [UInt8]

  func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
}

/// A web server of the test's own, for callbacks and for pictures to fetch.
final class CallbackReceiver: Sendable {
  private let stream: AsyncStream<Received>
  private let input: AsyncStream<Received>.Continuation
  private let counter = Counter()
  let base: String

  fileprivate init(base: String, stream: AsyncStream<Received>, input: AsyncStream<Received>.Continuation) {
    self.base = base
    self.stream = stream
    self.input = input
  }

  /// The next requests, in order of arrival.
  func next(_ count: Int) async -> [Received] {
    var found: [Received] = []
    for await received in stream {
      found.append(received)
      if found.count == count { break }
    }
    return found
  }
}

/// Runs a receiver while `body` does; `answer` is given the number of the request, from 0.
func withReceiver<Value: Sendable>(
  answer: @escaping @Sendable (Int, Received) -> Response = { _, _ in Response(status: .ok) },
  _ body: @escaping @Sendable (CallbackReceiver) async throws -> Value
) async throws -> Value {
  let (stream, input) = AsyncStream.makeStream(of: Received.self)
  let (bases, baseInput) = AsyncStream.makeStream(of: String.self)
  let count = Mutex(0)
  let responder = CallbackResponder<BasicRequestContext> { request, _ in
    let buffer = try await request.body.collect(upTo: 1 << 22)
    let received = Received(
      method: request.method.rawValue, path: request.uri.description, headers: request.headers,
      body: Array(buffer.readableBytesView))
    let number = count.withLock { count in
      defer { count += 1 }
      return count
    }
    input.yield(received)
    return answer(number, received)
  }
  let logger = Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() }
  let application = Application(
    responder: responder, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in baseInput.yield("http://127.0.0.1:\(channel.localAddress?.port ?? 0)") },
    logger: logger)
  let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
  return try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try? await group.run() }  // ends cancelled
    do {
      var base = ""
      for await found in bases {
        base = found
        break
      }
      let value = try await body(CallbackReceiver(base: base, stream: stream, input: input))
      // Cancelled, not asked: an answer that was told to stall would never end.
      tasks.cancelAll()
      return value
    } catch {
      tasks.cancelAll()
      throw error
    }
  }
}
