// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import ImgtoolCore
internal import NIOCore
internal import Synchronization

/// A request body that can be read once, and that knows whether reading has begun.
///
/// The HTTP client asks for the first piece after a connection is there. Until then no byte of the body has left, so
/// the request cannot have had an effect; and a client that wanted to send it a second time would get nothing.
final class OutgoingBody: AsyncSequence, Sendable {
  typealias Element = ByteBuffer

  private enum Source: Sendable {
    case bytes([UInt8])
    case file(Int32)
  }

  private let source: Source
  private let length: Int
  private let state = Mutex((isTaken: false, hasBegun: false))
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
  var hasBegun: Bool { state.withLock { $0.hasBegun } }

  func makeAsyncIterator() -> Iterator {
    let isFirst = state.withLock { state in
      defer { state.isTaken = true }
      return !state.isTaken
    }
    return Iterator(body: self, offset: isFirst ? 0 : nil)
  }

  struct Iterator: AsyncIteratorProtocol {
    let body: OutgoingBody
    /// Nothing for a second reader: a body is never sent twice.
    var offset: Int?

    mutating func next() async throws -> ByteBuffer? {
      guard let offset else {
        throw TransportFailure(.lost, mayHaveArrived: true, "The request would have been sent a second time.")
      }
      body.state.withLock { $0.hasBegun = true }
      guard offset < body.length else { return nil }
      let piece = try body.read(at: offset)
      self.offset = offset + piece.readableBytes
      return piece
    }
  }

  /// A short read from memory or the page cache.
  private func read(at offset: Int) throws(TransportFailure) -> ByteBuffer {
    let wanted = Swift.min(Self.piece, length - offset)
    switch source {
    case .bytes(let bytes): return ByteBuffer(bytes: bytes[offset..<(offset + wanted)])
    case .file(let file):
      var buffer = [UInt8](repeating: 0, count: wanted)
      let count = pread(file, &buffer, wanted, off_t(offset))
      guard count > 0 else {
        throw TransportFailure(.storage, mayHaveArrived: true, "The file to send became shorter while it was sent.")
      }
      return ByteBuffer(bytes: buffer[..<count])
    }
  }
}
