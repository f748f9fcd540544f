// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import Synchronization

@testable import ImgtoolRuntime

/// What one paid request meets, on the wire or before it.
struct RequestFault: Sendable, CustomStringConvertible {
  enum Place: Sendable {
    /// Nothing listens, the name is none, or no TLS is spoken: no byte of the request leaves.
    case refused, nameless, insecure
    /// The service is reached.
    case service(FakeRunflow.PostFault)
    /// The service is reached and its answer does not come to an end within the timeout.
    case silence(FakeRunflow.PostFault)
  }

  let description: String
  let place: Place
  /// Whether the service says that it made no run, and will not.
  var isRefusal = false

  init(_ name: String, _ place: Place, isRefusal: Bool = false) {
    description = name
    self.place = place
    self.isRefusal = isRefusal
  }

  private static func answer(
    _ status: Int, _ making: FakeRunflow.Making, body: String = #"{"code":"X","message":"As scripted."}"#,
    _ fields: [String: String] = [:]
  ) -> Place {
    .service(.scripted(making, .answer(status, Array(body.utf8), fields)))
  }

  private static func raw(_ text: String, _ making: FakeRunflow.Making) -> Place {
    .service(.scripted(making, .raw(Array(text.utf8))))
  }

  /// Every way in which making a run goes wrong, and the one in which it goes right.
  ///
  /// A service that asks for patience and makes the run all the same is not among them: 429 is taken at its word.
  static let all: [RequestFault] =
    [
      RequestFault("none", .service(.none)),
      RequestFault("refused", .refused), RequestFault("no name", .nameless), RequestFault("no TLS", .insecure),
      RequestFault("closed unread", .service(.scripted(.never, .close))),
      RequestFault("reset unread", .service(.scripted(.never, .reset))),
      RequestFault("closed after making", .service(.scripted(.now, .close))),
      RequestFault("reset after making", .service(.scripted(.now, .reset))),
      RequestFault("reset, made later", .service(.scripted(.late, .reset))),
      RequestFault("silent, never made", .silence(.scripted(.never, .stall))),
      RequestFault("silent, made", .silence(.scripted(.now, .stall))),
      RequestFault("silent, made later", .silence(.scripted(.late, .stall))),
      RequestFault(
        "a byte at a time", .silence(.scripted(.now, .drip(Array("HTTP/1.1 201 Created\r\nContent-Len".utf8))))),
    ]
    + [500, 502, 503, 504].flatMap { status in
      [FakeRunflow.Making.never, .now, .late].map { RequestFault("\(status) \($0)", answer(status, $0)) }
    }
    + [
      RequestFault("408", answer(408, .never)), RequestFault("408 made", answer(408, .now)),
      RequestFault("409", answer(409, .never)), RequestFault("409 made", answer(409, .now)),
      RequestFault("429", answer(429, .never)), RequestFault("429 wish", answer(429, .never, ["Retry-After": "7"])),
      RequestFault("429 vast wish", answer(429, .never, ["Retry-After": "1e9"])),
      RequestFault("cut JSON", .service(.cutReply)), RequestFault("HTML", .service(.html)),
      RequestFault("no id", answer(201, .now, body: "{}")),
      RequestFault("id of another type", answer(201, .now, body: #"{"id":7,"status_code":"queued"}"#)),
      RequestFault("gzip", answer(201, .now, ["Content-Encoding": "gzip"])),
      RequestFault("307", answer(307, .never, ["Location": "http://127.0.0.1:1/steal"])),
      RequestFault("303 made", answer(303, .now, ["Location": "http://127.0.0.1:1/steal"])),
      RequestFault("10 MB", answer(201, .now, body: String(repeating: " ", count: 10 << 20))),
      RequestFault(
        "two lengths", raw("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", .now)),
      RequestFault("401", answer(401, .never), isRefusal: true),
      RequestFault("402", answer(402, .never), isRefusal: true),
      RequestFault("422", answer(422, .never), isRefusal: true),
    ]
}

/// The network of one client on which the paid requests meet one fault after another.
final class FaultyNetwork: Transport {
  private let inner = HTTPTransport(allowsLoopback: true)
  private let fake: FakeRunflow
  private let faults: Mutex<ArraySlice<RequestFault>>

  init(_ fake: FakeRunflow, _ faults: [RequestFault]) {
    self.fake = fake
    self.faults = Mutex(faults[...])
  }

  func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
    guard request.method == .post, request.address.path.hasSuffix("/runs"),
      let fault = faults.withLock({ $0.popFirst() })
    else { return try await inner.send(request) }
    var request = request
    switch fault.place {
    case .refused: request.address = moved(request.address, to: "http://127.0.0.1:1")
    case .nameless: request.address = moved(request.address, to: "http://nobody.invalid")
    case .insecure: request.address = moved(request.address, to: fake.base.replacing("http:", with: "https:"))
    case .service(let fault): plan(fault)
    case .silence(let fault):
      let before = plan(fault)
      request.timeout = .milliseconds(200)
      do {
        return try await inner.send(request)
      } catch {
        // Who gives up early must not be ahead of a service that has the request and is slow to be scheduled.
        let end = ContinuousClock.now + .seconds(10)
        while error.mayHaveArrived, fake.state.withLock({ $0.posts }) == before, .now < end { await Task.yield() }
        throw error
      }
    }
    return try await inner.send(request)
  }

  func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
    try await inner.download(request, to: path)
  }

  /// - Returns: how many requests had come before.
  @discardableResult private func plan(_ fault: FakeRunflow.PostFault) -> Int {
    fake.state.withLock { state in
      state.faults = Array(repeating: .none, count: state.posts) + [fault]
      return state.posts
    }
  }

  private func moved(_ address: WebAddress, to base: String) -> WebAddress {
    WebAddress(base + address.path) ?? address
  }
}
