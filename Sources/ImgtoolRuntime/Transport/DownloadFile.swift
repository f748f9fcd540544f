// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import ImgtoolCore
internal import ImgtoolDigest
internal import NIOCore
internal import Synchronization

/// A file that appears under its name whole and durable, or not at all.
///
/// Its pieces come one after the other; the disk is waited for on threads that may block.
final class DownloadFile: Sendable {
  private struct State: ~Copyable {
    /// Below 0 before the first piece.
    var file: Int32 = -1
    var hash = SHA256()
    var isOver = false
  }

  private let path: String
  private let temporary: String
  private let state = Mutex(State())

  init(_ path: String) { (self.path, temporary) = (path, "\(path).part") }

  deinit { discard() }

  /// Removes what has no name yet; nothing can be written any more.
  func discard() {
    state.withLock { state in
      state.isOver = true
      guard state.file >= 0 else { return }
      unlink(temporary)
      close(state.file)
      state.file = -1
    }
  }

  /// Writes a piece after those written before.
  ///
  /// - Parameter done: told `.storage` when the neighbour file cannot be made or written.
  func append(_ piece: ByteBuffer, done: @escaping @Sendable (Result<Void, TransportFailure>) -> Void) {
    DispatchQueue.global(qos: .utility).async { done(Result { () throws(TransportFailure) in try self.write(piece) }) }
  }

  /// Writes the last piece, makes the bytes durable and gives them their name; an existing file of that name is a
  /// failure.
  ///
  /// - Returns: SHA-256 of the content.
  func finish(_ piece: ByteBuffer) async throws(TransportFailure) -> [UInt8] {
    let result: Result<[UInt8], TransportFailure> = await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .utility).async {
        continuation.resume(
          returning: Result { () throws(TransportFailure) in
            defer { self.discard() }
            try self.write(piece)
            return try self.name()
          })
      }
    }
    return try result.get()
  }

  private func write(_ piece: ByteBuffer) throws(TransportFailure) {
    try state.withLock { state throws(TransportFailure) in
      if state.file < 0, !state.isOver {
        unlink(temporary)
        state.file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      }
      guard state.file >= 0 else { throw problem() }
      let file = state.file
      let isWhole = piece.withUnsafeReadableBytes { bytes in
        state.hash.update(bytes)
        var written = 0
        while written < bytes.count {
          let count = Glibc.write(file, bytes.baseAddress?.advanced(by: written), bytes.count - written)
          if count > 0 { written += count } else if errno != EINTR { return false }
        }
        return true
      }
      guard isWhole else { throw problem() }
    }
  }

  private func name() throws(TransportFailure) -> [UInt8] {
    let (file, digest) = state.withLock { ($0.file, $0.hash.finish()) }
    // A hard link fails where the name is taken; a rename would replace what is there.
    guard fsync(file) == 0, link(temporary, path) == 0 else { throw problem() }
    do {
      try syncFolder(of: path)
    } catch {
      throw TransportFailure(.storage, mayHaveArrived: true, error.message)
    }
    return digest
  }

  private func problem() -> TransportFailure {
    TransportFailure(.storage, mayHaveArrived: true, "\(path) cannot be written: \(errorText()).")
  }
}
