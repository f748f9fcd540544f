// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import ImgtoolCore

/// A sign of life of one open journal: a locked file, which the kernel unlocks when the process ends, however it ends.
///
/// No clock is involved, so none can jump, and a process id that is used again means nothing.
struct Lease: ~Copyable {
  let token: String
  private let path: String
  private let file: Int32

  /// - Throws: `.storage` when the file cannot be made or locked.
  init(in folder: String, token: String) throws(ImgtoolError) {
    let path = "\(folder)/\(token)"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errorText()
      close(file)
      throw ImgtoolError(.storage, "The lease \(path) cannot be taken.", underlying: reason)
    }
    // Only now: a value that is whole is taken apart again where its making throws, and the file is somebody else's.
    (self.token, self.path, self.file) = (token, path, file)
  }

  deinit {
    unlink(path)
    close(file)
  }

  /// Whether the process that took a lease still holds it.
  static func isHeld(_ token: String, in folder: String) -> Bool {
    let path = "\(folder)/\(token)"
    let file = open(path, O_RDWR | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return true }
    unlink(path)
    return false
  }
}

/// Held by one process at a time while it opens, makes or recovers a journal: two that make the same one at the same
/// moment would each find it half made.
struct OpeningLock: ~Copyable {
  private let file: Int32

  /// Waits for its turn, which lasts some milliseconds.
  ///
  /// - Throws: `.storage` when the file cannot be made or locked.
  init(in folder: String) throws(ImgtoolError) {
    let path = "\(folder)/opening"
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    var isLocked = false
    // A signal may interrupt the wait.
    while file >= 0, !isLocked {
      isLocked = flock(file, LOCK_EX) == 0
      if !isLocked, errno != EINTR { break }
    }
    guard isLocked else { throw ImgtoolError(.storage, "\(path) cannot be locked.", underlying: errorText()) }
  }

  deinit { close(file) }
}
