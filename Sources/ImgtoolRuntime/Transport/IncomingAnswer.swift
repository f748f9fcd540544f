// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import HTTPTypes
internal import ImgtoolCore
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Takes in one answer as it comes, on the event loop it comes on: into memory, or a 200 into a file.
final class IncomingAnswer: HTTPClientResponseDelegate {
  private struct State {
    var head: HTTPResponseHead?
    var limit: Int
    /// How long a download says it is.
    var length: Int?
    /// Bytes of the body so far.
    var count = 0
    /// What of it is not yet in the file.
    var bytes = ByteBuffer()
  }

  /// The rest of an answer that is not needed in full.
  struct Cut: Error {}

  /// How many bytes are gathered before they are written.
  private static let piece = 256 << 10
  /// How much is kept of the answer to a download that is refused.
  private static let mostRefused = 64 << 10

  private let state: Mutex<State>
  private let file: DownloadFile?

  /// - Parameter file: where the body of a 200 goes.
  init(limit: ByteCount, file: DownloadFile? = nil) {
    state = Mutex(State(limit: limit.bytes))
    self.file = file
  }

  /// Whether anything was answered.
  var hasBegun: Bool { state.withLock { $0.head != nil } }

  /// Whether the answer goes into the file.
  private static func isFiled(_ head: HTTPResponseHead) -> Bool { head.status == .ok }

  // MARK: what is there in the end

  /// The answer; cut where it is longer than what is kept of a refusal.
  func answer() -> TransportAnswer {
    let (head, body) = state.withLock { ($0.head, $0.bytes) }
    var fields = HTTPFields()
    for (name, value) in head?.headers ?? [:] {
      if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
    }
    return TransportAnswer(
      status: HTTPResponse.Status(code: Int(head?.status.code ?? 0)), fields: fields,
      body: Array(body.readableBytesView))
  }

  /// What became of a download: a 200 is on disk when this returns.
  func saved() async throws(TransportFailure) -> Download {
    let state = state.withLock { $0 }
    guard let file, let head = state.head, Self.isFiled(head) else { return .refused(answer()) }
    if let length = state.length, length != state.count {
      throw TransportFailure(.truncated, mayHaveArrived: true, "The download ended early.")
    }
    guard state.count > 0 else { throw TransportFailure(.truncated, mayHaveArrived: true, "The download is empty.") }
    return .saved(bytes: ByteCount(state.count), digest: try await file.finish(state.bytes))
  }

  // MARK: what comes

  func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
    state.withLock { state in
      state.head = head
      if file != nil, !Self.isFiled(head) { state.limit = Self.mostRefused }
    }
    do {
      try check(head)
      return task.eventLoop.makeSucceededVoidFuture()
    } catch {
      return task.eventLoop.makeFailedFuture(error)
    }
  }

  private func check(_ head: HTTPResponseHead) throws(TransportFailure) {
    guard head.headers[canonicalForm: "content-encoding"].allSatisfy({ $0.lowercased() == "identity" }) else {
      throw TransportFailure(.malformed, mayHaveArrived: true, "The answer is compressed, which was not asked for.")
    }
    guard file != nil, Self.isFiled(head) else { return }
    let lengths = Set(head.headers[canonicalForm: "content-length"])
    let length = lengths.first.flatMap { Int($0) }
    guard lengths.count <= 1, length != nil || head.headers.contains(name: "transfer-encoding") else {
      throw TransportFailure(.truncated, mayHaveArrived: true, "The download does not say how long it is.")
    }
    try state.withLock { state throws(TransportFailure) in
      state.length = length
      if let length, length > state.limit { throw Self.tooLarge(state.limit) }
    }
  }

  func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
    var buffer = buffer
    let (full, problem): (ByteBuffer?, (any Error)?) = state.withLock { state in
      let isFiled = file != nil && state.head.map(Self.isFiled) == true
      guard state.count + buffer.readableBytes <= state.limit else {
        return (nil, file == nil || isFiled ? Self.tooLarge(state.limit) : Cut())
      }
      state.count += buffer.readableBytes
      state.bytes.writeBuffer(&buffer)
      guard isFiled, state.bytes.readableBytes >= Self.piece else { return (nil, nil) }
      defer { state.bytes = ByteBuffer() }
      return (state.bytes, nil)
    }
    if let problem { return task.eventLoop.makeFailedFuture(problem) }
    guard let full, let file else { return task.eventLoop.makeSucceededVoidFuture() }
    // Nothing more is read until it is written.
    let promise = task.eventLoop.makePromise(of: Void.self)
    file.append(full) { result in promise.completeWith(result.mapError { $0 as any Error }) }
    return promise.futureResult
  }

  func didFinishRequest(task: HTTPClient.Task<Void>) {}

  private static func tooLarge(_ limit: Int) -> TransportFailure {
    TransportFailure(.tooLarge, mayHaveArrived: true, "The answer is longer than \(ByteCount(limit)).")
  }
}
