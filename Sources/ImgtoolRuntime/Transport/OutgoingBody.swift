// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import Glibc
internal import ImgtoolCore
internal import NIOCore
internal import Synchronization

/// A request body that can be read once, and that knows whether reading has begun.
///
/// The HTTP client asks for the first piece after a connection is there. Until then no byte of the body has left, so
/// the request cannot have had an effect; and a client that wanted to send it a second time would get nothing.
final class OutgoingBody: Sendable {
  private enum Source: Sendable {
    case bytes([UInt8])
    case file(Int32)
  }

  private let source: Source
  private let length: Int
  private let begun = Mutex(false)
  static let piece = 64 << 10

  /// - Throws: `.storage` for a file that cannot be opened.
  init?(_ body: TransportRequest.Body) throws(TransportFailure) {
    switch body {
    case .none: return nil
    case .bytes(let bytes):
      source = .bytes(bytes)
      length = bytes.count
    case .file(let path, let count):
      let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
      guard file >= 0 else {
        throw TransportFailure(.storage, mayHaveArrived: false, "\(path) cannot be read: \(errorText()).")
      }
      source = .file(file)
      length = count
    }
  }

  deinit {
    if case .file(let file) = source { close(file) }
  }

  var count: Int { length }
  var hasBegun: Bool { begun.withLock { $0 } }

  /// The body as the HTTP client takes it.
  func stream(on loop: any EventLoop) -> HTTPClient.Body {
    .stream(contentLength: Int64(length)) { writer in
      let isSecond = self.begun.withLock { begun in
        defer { begun = true }
        return begun
      }
      // Nothing for a second reader: a body is never sent twice.
      guard !isSecond else {
        return loop.makeFailedFuture(
          TransportFailure(.lost, mayHaveArrived: true, "The request would have been sent a second time."))
      }
      return self.send(from: 0, to: writer, on: loop)
    }
  }

  private func send(from offset: Int, to writer: HTTPClient.Body.StreamWriter, on loop: any EventLoop)
    -> EventLoopFuture<Void>
  {
    guard offset < length else { return loop.makeSucceededVoidFuture() }
    do {
      let piece = try read(at: offset)
      let next = offset + piece.readableBytes
      let written = writer.write(.byteBuffer(piece))
      guard next < length else { return written }
      // By way of the loop: a write that is done at once would make the stack grow with every piece.
      return written.flatMap { loop.flatSubmit { self.send(from: next, to: writer, on: loop) } }
    } catch {
      return loop.makeFailedFuture(error)
    }
  }

  /// A short read from memory or the page cache.
  private func read(at offset: Int) throws(TransportFailure) -> ByteBuffer {
    let wanted = min(Self.piece, length - offset)
    switch source {
    case .bytes(let bytes): return ByteBuffer(bytes: bytes[offset..<(offset + wanted)])
    case .file(let file):
      var buffer = ByteBuffer()
      let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { bytes in
        max(0, pread(file, bytes.baseAddress, wanted, off_t(offset)))
      }
      guard count > 0 else {
        throw TransportFailure(.storage, mayHaveArrived: true, "The file to send became shorter while it was sent.")
      }
      return buffer
    }
  }
}
