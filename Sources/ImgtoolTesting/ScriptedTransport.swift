// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import Foundation
public import ImgtoolCore
internal import Synchronization

/// A network without sockets: a script answers each request, and everything sent is kept.
public final class ScriptedTransport: Transport {
  /// Answers one request; throws `TransportFailure` for an exchange that fails.
  public typealias Script = @Sendable (TransportRequest) throws -> TransportAnswer

  private let script: Script
  private let log = Mutex<[TransportRequest]>([])

  public init(_ script: @escaping Script) { self.script = script }

  /// A transport that gives prepared answers in turn and fails as refused after the last.
  public convenience init(answers: [TransportAnswer]) {
    let rest = Mutex(answers[...])
    self.init { _ in
      guard let answer = rest.withLock({ $0.popFirst() }) else {
        throw TransportFailure(.refused, mayHaveArrived: false, "The script has ended.")
      }
      return answer
    }
  }

  /// Every request so far, in order.
  public var requests: [TransportRequest] { log.withLock { $0 } }

  public func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
    log.withLock { $0.append(request) }
    do {
      return try script(request)
    } catch let failure as TransportFailure {
      throw failure
    } catch {
      throw TransportFailure(.malformed, mayHaveArrived: true, "The script failed: \(error)")
    }
  }

  public func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
    let answer = try await send(request)
    guard answer.status == .ok else { return .refused(answer) }
    guard FileManager.default.createFile(atPath: path, contents: Data(answer.body)) else {
      throw TransportFailure(.storage, mayHaveArrived: true, "\(path) cannot be written.")
    }
    // No digest: the caller reads the file back.
    return .saved(bytes: ByteCount(answer.body.count), digest: [])
  }
}

extension TransportAnswer {
  /// An answer with a JSON body.
  public static func json(_ text: String, status: Int = 200) -> TransportAnswer {
    TransportAnswer(
      status: HTTPResponse.Status(code: status), fields: [.contentType: "application/json"], body: Array(text.utf8))
  }

  /// An answer with raw bytes.
  public static func bytes(_ body: [UInt8], status: Int = 200) -> TransportAnswer {
    TransportAnswer(status: HTTPResponse.Status(code: status), body: body)
  }
}
