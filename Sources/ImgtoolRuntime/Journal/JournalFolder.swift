// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
public import ImgtoolCore

/// The folder a journal lives in, and the names inside it.
public struct JournalFolder: Sendable, Hashable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// `$XDG_STATE_HOME/imgtool/journal`, or the same under `~/.local/state` (XDG Base Directory 0.8).
  ///
  /// - Throws: `.usage` when neither variable is set to an absolute path.
  public static func standard(environment: [String: String]) throws(ImgtoolError) -> JournalFolder {
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      return JournalFolder(state + "/imgtool/journal")
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else {
      throw ImgtoolError(.usage, "Neither XDG_STATE_HOME nor HOME is set: name a folder with --journal.")
    }
    return JournalFolder(home + "/.local/state/imgtool/journal")
  }

  var database: String { path + "/journal.sqlite" }
  var seal: String { path + "/seal" }
  var leases: String { path + "/leases" }
  var results: String { path + "/results" }

  /// The folder of one job's results.
  package func results(of id: String) -> String { "\(results)/\(id)" }

  /// Makes the folder of one job's results, durable only after `flushResults`.
  ///
  /// - Throws: `.storage` naming the path.
  func makeResults(of id: String) throws(ImgtoolError) {
    let folder = results(of: id)
    if mkdir(folder, 0o700) != 0 { try Self.makeFolder(folder) }
  }

  /// Makes the folders of all results durable, not what is in them.
  ///
  /// - Throws: `.storage` naming the path.
  func flushResults() throws(ImgtoolError) { try syncFolder(of: results(of: "")) }

  /// Makes the folders, for this user only.
  ///
  /// - Throws: `.storage` naming the path.
  func make() throws(ImgtoolError) {
    for folder in [path, leases, results] { try Self.makeFolder(folder) }
  }

  /// Makes a folder and those above it that are absent, each durably in the one above it.
  ///
  /// - Throws: `.storage` naming the path.
  package static func makeFolder(_ folder: String) throws(ImgtoolError) {
    var absent: [String] = []
    var path = folder[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    while !path.isEmpty, access(String(path), F_OK) != 0 {
      absent.append(String(path))
      guard let slash = path.lastIndex(of: "/") else { break }
      path = path[..<slash]
    }
    for made in absent.reversed() {
      // Another process may make it at the same moment.
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else {
        throw ImgtoolError(.storage, "The folder \(folder) cannot be made.", underlying: errorText())
      }
      try syncFolder(of: made)
    }
    var found = stat()
    guard stat(folder, &found) == 0 else {
      throw ImgtoolError(.storage, "The folder \(folder) cannot be made.", underlying: errorText())
    }
    guard found.st_mode & S_IFMT == S_IFDIR else {
      throw ImgtoolError(.storage, "\(folder) is a file, and a folder is needed.")
    }
  }

  /// The leases whose processes live.
  var liveLeases: [String] {
    // A folder that cannot be listed is reported by whatever opens the journal in it.
    let tokens = (try? FileManager.default.contentsOfDirectory(atPath: leases)) ?? []
    return tokens.filter { Lease.isHeld($0, in: leases) }
  }

  /// Removes what processes left that died while they wrote a seal; for while nobody has the journal open.
  func removeHalfSeals() {
    // Left-overs harm nobody: what cannot be removed stays.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where name.hasPrefix("seal.") && name.hasSuffix(".tmp") { unlink("\(path)/\(name)") }
  }

  /// The folders into which damaged journals were set aside and which nobody has dealt with.
  var setAside: [String] {
    // A folder that cannot be listed is reported by whatever opens the journal in it.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasPrefix("damaged-") }.sorted().map { "\(path)/\($0)" }
  }

  /// Moves the database and its companions into a folder of their own.
  func setAside(at milliseconds: Int64) throws(ImgtoolError) -> String {
    let target = "\(path)/damaged-\(milliseconds)"
    try Self.makeFolder(target)
    for suffix in ["", "-wal", "-shm"] where access(database + suffix, F_OK) == 0 {
      try move(database + suffix, to: "\(target)/journal.sqlite\(suffix)")
    }
    return target
  }

  func move(_ path: String, to target: String) throws(ImgtoolError) {
    guard rename(path, target) == 0 else {
      throw ImgtoolError(.storage, "\(path) cannot be moved to \(target).", underlying: errorText())
    }
  }

  /// The generation last sealed; nothing for a new folder.
  ///
  /// - Throws: `.storage` for a seal that is none.
  func readSeal() throws(ImgtoolError) -> Int? {
    guard access(seal, F_OK) == 0 else { return nil }
    guard let bytes = FileManager.default.contents(atPath: seal),
      let text = String(validating: bytes, as: UTF8.self), let number = Int(text)
    else {
      throw ImgtoolError(.storage, "The seal of the journal, \(seal), is damaged; see `imgtool jobs recover`.")
    }
    return number
  }

  /// Writes the generation, durably and whole or not at all.
  func writeSeal(_ generation: Int) throws(ImgtoolError) {
    try writeDurably(Array(String(generation).utf8), to: seal)
  }
}

/// The text of the last failed system call; shown, never branched on.
func errorText() -> String { String(cString: strerror(errno)) }

/// Writes a file by way of a temporary neighbour, with fsync of both file and folder before it counts.
///
/// - Throws: `.storage` naming the path.
package func writeDurably(_ bytes: [UInt8], to path: String) throws(ImgtoolError) {
  let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0 ... .max)).tmp"
  let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
  guard file >= 0 else {
    throw ImgtoolError(.storage, "\(path) cannot be written.", underlying: errorText())
  }
  var problem: String?
  var written = 0
  while written < bytes.count, problem == nil {
    let count = bytes[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    if count > 0 { written += count } else if errno != EINTR { problem = errorText() }
  }
  if problem == nil, fsync(file) != 0 { problem = errorText() }
  if close(file) != 0, problem == nil { problem = errorText() }
  if problem == nil, rename(temporary, path) != 0 { problem = errorText() }
  if let problem {
    unlink(temporary)
    throw ImgtoolError(.storage, "\(path) cannot be written.", underlying: problem)
  }
  try syncFolder(of: path)
}

/// Makes a new or renamed entry of a folder durable, as far as the file system knows how.
///
/// - Throws: `.storage` naming the folder.
package func syncFolder(of path: String) throws(ImgtoolError) {
  let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  let handle = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard handle >= 0 else {
    throw ImgtoolError(.storage, "The folder \(folder) cannot be opened.", underlying: errorText())
  }
  defer { close(handle) }
  // A file system that cannot flush a folder says so in one of these words (fsync(2)); nothing more can be done there.
  guard fsync(handle) == 0 || [EINVAL, ENOTSUP, ENOSYS, EROFS].contains(errno) else {
    throw ImgtoolError(.storage, "The folder \(folder) cannot be made durable.", underlying: errorText())
  }
}
