// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import ImgtoolCore
import Synchronization

/// A file on its way in: written beside the others under a temporary name, then renamed or thrown away.
package final class FileReceiver: Sendable {
  private struct State {
    var file: Int32
    var count = 0
  }

  private let temporary: String
  private let state: Mutex<State>

  /// - Throws: `.storage`.
  init(temporary: String) throws(ImgtoolError) {
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw ImgtoolError(.storage, "A file cannot be made: \(FileStore.reason()).") }
    self.temporary = temporary
    state = Mutex(State(file: file))
  }

  deinit { discard() }

  /// The bytes that have arrived.
  package var count: Int { state.withLock { $0.count } }

  /// Writes one piece.
  func append(_ bytes: [UInt8]) throws(ImgtoolError) {
    try state.withLock { (state) throws(ImgtoolError) in
      guard state.file >= 0 else { throw ImgtoolError(.fault, "A file is written after its end.") }
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(state.file, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { throw ImgtoolError(.storage, "A file cannot be written: \(FileStore.reason()).") }
        rest = rest.dropFirst(written)
      }
      state.count += bytes.count
    }
  }

  /// Makes the file durable under its final name.
  func finish(as path: String, folder: String) throws(ImgtoolError) {
    try state.withLock { (state) throws(ImgtoolError) in
      guard state.file >= 0, fsync(state.file) == 0 else {
        throw ImgtoolError(.storage, "A file cannot be made durable: \(FileStore.reason()).")
      }
      // Whatever close(2) says, the descriptor is gone, and its number may be another file's at once.
      let isClosed = close(state.file) == 0
      state.file = -1
      guard isClosed, rename(temporary, path) == 0 else {
        let reason = FileStore.reason()
        unlink(temporary)
        throw ImgtoolError(.storage, "A file cannot be renamed: \(reason).")
      }
      try FileStore.flush(folder)
    }
  }

  /// Throws away what arrived; nothing once it is finished.
  package func discard() {
    state.withLock { state in
      guard state.file >= 0 else { return }
      close(state.file)
      state.file = -1
      unlink(temporary)
    }
  }
}
