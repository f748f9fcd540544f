// SPDX-License-Identifier: Apache-2.0

internal import ImgtoolCore

/// A transport whose refusals never repeat the key: services and gateways quote what they were sent, and what they say
/// ends up in errors and in the journal.
struct KeyKeeper: Transport {
  let transport: any Transport
  let key: Secret

  func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
    hidden(try await transport.send(request))
  }

  func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
    let download = try await transport.download(request, to: path)
    guard case .refused(let answer) = download else { return download }
    return .refused(hidden(answer))
  }

  /// A shorter text would be found by chance where no key is.
  private static let shortestKey = 12

  private func hidden(_ answer: TransportAnswer) -> TransportAnswer {
    let text = Array(key.exposed.utf8)
    guard !answer.isSuccess, text.count >= Self.shortestKey else { return answer }
    let body = answer.body.replacing(text, with: Array("\(key)".utf8))
    return TransportAnswer(status: answer.status, fields: answer.fields, body: body)
  }
}
