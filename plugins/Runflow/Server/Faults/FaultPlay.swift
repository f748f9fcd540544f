// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Plays a fault on a connection.
struct FaultPlay: Sendable {
  let rule: FaultRule
  let signer: URLSigner
  let sleep: @Sendable (Duration) async throws -> Void
  let channel: any Channel

  /// The connection was closed or left silent: there is nothing to answer any more.
  struct Gone: Error {}

  /// What happens instead of handling; nothing when the request is to be handled.
  ///
  /// - Throws: `Gone`.
  func before() async throws -> Answer? {
    switch rule.action {
    case .dropBefore: throw try await dropped()
    case .silentBefore: throw try await silent()
    case .status: return plain
    case .redirect: return redirect
    case .delay:
      try await sleep(rule.pause)
      return nil
    default: return nil
    }
  }

  /// What goes out in place of the true answer.
  ///
  /// - Throws: `Gone`.
  func after(_ answer: Answer) async throws -> Answer {
    switch rule.action {
    case .dropAfter: throw try await dropped()
    case .silentAfter: throw try await silent()
    case .statusAfter: return plain
    case .html: return page(status: 200)
    case .body:
      let bytes = rule.fill.map { [UInt8](repeating: 0, count: $0) } ?? Array((rule.body ?? "").utf8)
      return Answer(status: rule.status ?? answer.status, headers: typed(answer.headers), body: .bytes(bytes))
    case .contentType: return Answer(status: answer.status, headers: typed(answer.headers), body: answer.body)
    case .merge: return edited(answer) { $0.merged(with: rule.merge ?? [:]) }
    case .expiredURLs: return edited(answer) { signer.again($0, lifetime: -1) }
    default: return answer
    }
  }

  /// How the bytes leave, for faults of the wire; nothing for the usual way.
  func body(_ bytes: [UInt8]) -> ResponseBody? {
    switch rule.action {
    case .cut, .stall:
      let part = Array(bytes.prefix(rule.bytes ?? bytes.count / 2))
      let isCut = rule.action == .cut
      return ResponseBody(contentLength: bytes.count) { writer in
        try await writer.write(ByteBuffer(bytes: part))
        throw isCut ? try await dropped() : try await silent()
      }
    case .slow:
      let (step, pause, sleep) = (max(1, rule.bytes ?? 1), rule.pause, sleep)
      return ResponseBody(contentLength: bytes.count) { writer in
        var rest = bytes[...]
        while !rest.isEmpty {
          try await writer.write(ByteBuffer(bytes: rest.prefix(step)))
          rest = rest.dropFirst(step)
          try await sleep(pause)
        }
        try await writer.finish(nil)
      }
    default: return nil
    }
  }

  private func dropped() async throws -> Gone {
    // Closed already is closed.
    try? await channel.close()
    return Gone()
  }

  /// Says nothing until the other side gives up, or the server stops.
  private func silent() async throws -> Gone {
    let (end, signal) = AsyncStream.makeStream(of: Void.self)
    channel.closeFuture.whenComplete { _ in signal.finish() }
    // The other side's half closes when it gives up; without this, that alone would not close ours.
    try? await channel.setOption(.allowRemoteHalfClosure, value: false).get()
    await withGracefulShutdownHandler {
      for await _ in end {}
    } onGracefulShutdown: {
      signal.finish()
    }
    return try await dropped()
  }

  private var plain: Answer {
    let status = rule.status ?? 500
    var answer: Answer =
      if let body = rule.body {
        Answer(status: status, headers: typed(HTTPFields()), body: .bytes(Array(body.utf8)))
      } else {
        WireFailure(
          status, rule.code ?? (status == 429 ? "RATE_LIMITED" : "HTTP_\(status)"),
          rule.message ?? "This fault was ordered."
        ).answer
      }
    if let pause = rule.retryAfter { answer.headers[.retryAfter] = pause }
    return answer
  }

  private var redirect: Answer {
    var headers = HTTPFields()
    headers[.location] = rule.location
    return Answer(status: rule.status ?? 302, headers: headers)
  }

  private func page(status: Int) -> Answer {
    var headers = HTTPFields()
    headers[.contentType] = "text/html"
    return Answer(
      status: status, headers: headers, body: .bytes(Array("<html><body><h1>Gateway</h1></body></html>".utf8)))
  }

  private func typed(_ headers: HTTPFields) -> HTTPFields {
    var headers = headers
    if let type = rule.contentType { headers[.contentType] = type }
    return headers
  }

  private func edited(_ answer: Answer, _ edit: (JSON) -> JSON) -> Answer {
    // What is no JSON has nothing to edit.
    guard case .bytes(let bytes) = answer.body, let json = try? JSONReader.read(bytes) else { return answer }
    return Answer(status: answer.status, headers: answer.headers, body: .bytes(edit(json).bytes))
  }
}
