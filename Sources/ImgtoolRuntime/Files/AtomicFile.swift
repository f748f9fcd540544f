// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore

/// A file that appears under its name whole or not at all.
///
/// The bytes go to a hidden sibling; `commit` flushes it (fsync), gives it the name in one step, and flushes the
/// folder. Dropped without `commit`, the sibling is removed. A name that is a symbolic link stays one: the file it
/// leads to is replaced.
package struct AtomicFile: ~Copyable {
  /// Write here, from the start; owned by this value.
  package let descriptor: Int32
  private let path: String
  private let temporaryPath: String
  private let replaces: Bool
  private var isCommitted = false

  /// Opens the hidden sibling.
  ///
  /// - Parameter replaces: whether a file already under the name may go.
  /// - Throws: `.storage`.
  package init(_ path: String, replaces: Bool) throws(ImgtoolError) {
    let path = replaces ? Self.destination(of: path) : path
    let (folder, name) = Self.split(path)
    guard !name.isEmpty else { throw ImgtoolError(.usage, "\(path.escaped) does not name a file.") }
    var found = stat()
    if stat(path, &found) == 0 {
      guard found.st_mode & S_IFMT == S_IFREG else {
        throw ImgtoolError(.storage, "\(path.escaped) exists and is not a regular file.")
      }
      guard replaces else { throw Self.exists(path) }
    }
    // A long name is cut so that the sibling's still fits into NAME_MAX.
    var stem = name
    while stem.utf8.count > 180 { stem.removeLast() }
    let sibling = "\(folder)/.\(stem).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).part"
    let opened = open(sibling, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard opened >= 0 else { throw storageError("\(path.escaped) cannot be written", errno) }
    (self.path, self.replaces, temporaryPath, descriptor) = (path, replaces, sibling, opened)
  }

  deinit {
    close(descriptor)
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Writes bytes after those written before.
  ///
  /// - Throws: `.storage`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(ImgtoolError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if count < 0 {
        if errno == EINTR { continue }
        throw storageError("\(path.escaped) cannot be written", errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
  }

  package func write(_ bytes: [UInt8]) throws(ImgtoolError) {
    var failure: ImgtoolError?
    bytes.withUnsafeBytes { buffer in
      do throws(ImgtoolError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Writes the bytes of another file after those written before.
  ///
  /// - Throws: `.storage`.
  package func copy(from other: String) throws(ImgtoolError) {
    let source = open(other, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw storageError("\(other.escaped) cannot be read", errno) }
    defer { close(source) }
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
      if count == 0 { return }
      if count < 0 {
        if errno == EINTR { continue }
        throw storageError("\(other.escaped) cannot be read", errno)
      }
      try write(Array(chunk[..<count]))
    }
  }

  /// Makes the file appear.
  ///
  /// - Parameter original: where given, its permission bits and times are taken over.
  /// - Throws: `.storage`.
  package consuming func commit(like original: String? = nil) throws(ImgtoolError) {
    if let original { copyAttributes(of: original) }
    guard fsync(descriptor) == 0 else { throw storageError("\(path.escaped) cannot be written", errno) }
    if replaces {
      guard rename(temporaryPath, path) == 0 else {
        throw storageError("\(path.escaped) cannot be written", errno)
      }
    } else {
      try appear()
    }
    isCommitted = true
    // A folder that may be written and not read cannot be opened, so neither flushed.
    guard access(Self.split(path).folder, R_OK) == 0 else { return }
    try syncFolder(of: path)
  }

  /// Gives the file its name unless the name is taken: link(2) decides, so that two processes cannot both win.
  private func appear() throws(ImgtoolError) {
    if link(temporaryPath, path) == 0 {
      unlink(temporaryPath)
      return
    }
    if errno == EEXIST { throw Self.exists(path) }
    // A file system without hard links.
    guard access(path, F_OK) != 0 else { throw Self.exists(path) }
    guard rename(temporaryPath, path) == 0 else { throw storageError("\(path.escaped) cannot be written", errno) }
  }

  private func copyAttributes(of original: String) {
    var found = stat()
    guard stat(original, &found) == 0 else { return }
    // The owner is kept where the process may; elsewhere the file belongs to whoever ran the command.
    _ = fchown(descriptor, found.st_uid, found.st_gid)
    _ = fchmod(descriptor, found.st_mode & 0o7777)
    #if os(Linux)
      let times = [found.st_atim, found.st_mtim]
    #else
      let times = [found.st_atimespec, found.st_mtimespec]
    #endif
    _ = futimens(descriptor, times)
  }

  /// What a symbolic link leads to; the path itself where it is none or leads nowhere.
  private static func destination(of path: String) -> String {
    var found = stat()
    guard lstat(path, &found) == 0, found.st_mode & S_IFMT == S_IFLNK, let real = realpath(path, nil) else {
      return path
    }
    defer { free(real) }
    return String(cString: real)
  }

  private static func exists(_ path: String) -> ImgtoolError {
    ImgtoolError(.storage, "\(path.escaped) exists; --force replaces it.")
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }
}

/// A sentence for an errno, with what to do where that is plain.
package func storageError(_ what: String, _ code: Int32) -> ImgtoolError {
  let reason =
    switch code {
    case ENOENT: "the folder does not exist"
    case EACCES, EPERM: "permission is denied"
    case ENOSPC, EDQUOT: "there is no space left"
    case EFBIG: "the file would pass the size limit"
    case EROFS: "the file system is read-only"
    case ENAMETOOLONG: "the name is too long"
    case ENOTDIR: "a part of the path is not a folder"
    default: String(cString: strerror(code))
    }
  return ImgtoolError(.storage, "\(what): \(reason).")
}
