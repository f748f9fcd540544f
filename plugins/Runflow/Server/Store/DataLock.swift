// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import ImgtoolCore

/// The right to a data folder: one process at a time, given back by the kernel however the process ends.
struct DataLock: ~Copyable {
  private let file: Int32

  /// - Throws: `.busy` when another server has the folder, `.storage`.
  init(folder: String) throws(ImgtoolError) {
    file = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw ImgtoolError(.storage, "The lock file cannot be opened: \(FileStore.reason()).") }
    // With `file` set the value is whole: on a throw `deinit` closes the file.
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      throw ImgtoolError(.busy, "Another server has the data folder \(folder).", retry: .later)
    }
  }

  deinit {
    if file >= 0 { close(file) }
  }
}
