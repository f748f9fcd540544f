// SPDX-License-Identifier: Apache-2.0
import Foundation
package import ImgtoolCore
package import NIOPosix

/// The folder of inputs and results.
///
/// Names are ours, never a caller's; a file is there whole or not at all.
///
/// Blocking calls run on NIO's thread pool.
package struct FileStore: Sendable {
  /// The folder, without a slash at the end.
  package let root: String
  private let threads: NIOThreadPool

  /// Makes the folder and its parts `assets`, `outputs` and `scratch`; `scratch` is emptied.
  ///
  /// - Throws: `.storage`.
  package init(root: String, threads: NIOThreadPool = .singleton) throws(ImgtoolError) {
    self.root = root
    self.threads = threads
    for folder in ["", "/assets", "/outputs", "/scratch"] { try Self.makeFolder(root + folder) }
    Self.removeContents(of: root + "/scratch")
  }

  /// The place of a stored file on this machine.
  package func path(_ name: String) -> String { "\(root)/\(name)" }

  /// The length of a stored file; nothing when there is none.
  package func length(_ name: String) async throws -> Int? {
    try await threads.runIfActive {
      Self.regularLength(path(name))
    }
  }

  /// The first bytes of a stored file, at most `limit`.
  package func head(_ name: String, limit: Int) async throws -> [UInt8] {
    try await threads.runIfActive { try Self.read(path(name), limit: limit) }
  }

  /// All bytes of a stored file.
  ///
  /// - Throws: `.limit` when there are more than `limit`, `.storage`.
  package func read(_ name: String, limit: Int) async throws -> [UInt8] {
    try await readOutside(path(name), limit: limit)
  }

  /// All bytes of a file anywhere, such as a result an operation left in its scratch folder.
  package func readOutside(_ path: String, limit: Int) async throws -> [UInt8] {
    let bytes = try await threads.runIfActive { try Self.read(path, limit: limit == .max ? limit : limit + 1) }
    guard bytes.count <= limit else { throw ImgtoolError(.limit, "A file has more than \(ByteCount(limit)).") }
    return bytes
  }

  /// Writes a file durably: a temporary file, fsync, rename, fsync of the folder.
  package func write(_ bytes: [UInt8], to name: String) async throws {
    try await threads.runIfActive {
      let folder = Self.parent(of: path(name))
      try Self.makeFolder(folder)
      let receiver = try FileReceiver(temporary: path("scratch/\(Self.unique()).part"))
      defer { receiver.discard() }
      try receiver.append(bytes)
      try receiver.finish(as: path(name), folder: folder)
    }
  }

  /// Begins a file that arrives in pieces.
  package func receive() async throws -> FileReceiver {
    try await threads.runIfActive { try FileReceiver(temporary: path("scratch/\(Self.unique()).part")) }
  }

  /// Adds a piece to a file that arrives.
  package func append(_ bytes: [UInt8], to receiver: FileReceiver) async throws {
    try await threads.runIfActive { try receiver.append(bytes) }
  }

  /// Makes an arrived file durable under its name.
  package func finish(_ receiver: FileReceiver, as name: String) async throws {
    try await threads.runIfActive {
      let folder = Self.parent(of: path(name))
      try Self.makeFolder(folder)
      try receiver.finish(as: path(name), folder: folder)
    }
  }

  /// A fresh folder for one run, or inside that of a run.
  package func makeScratch(in run: String? = nil) async throws -> String {
    try await threads.runIfActive {
      let folder = "\(run ?? path("scratch"))/\(Self.unique())"
      try Self.makeFolder(folder)
      return folder
    }
  }

  /// Removes a file, or a folder with the files in it; silence when there is none.
  package func remove(_ name: String) async throws {
    try await threads.runIfActive { Self.removeTree(path(name)) }
  }

  /// Removes a scratch folder made by `makeScratch`.
  package func removeScratch(_ folder: String) async throws {
    guard folder.hasPrefix(root + "/scratch/") else { return }
    try await threads.runIfActive { Self.removeTree(folder) }
  }

  private static func unique() -> String {
    String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
  }

  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  /// Makes a folder and those above it that are absent, each durably in the one above it.
  private static func makeFolder(_ path: String) throws(ImgtoolError) {
    var (above, made) = (path.hasPrefix("/") ? "/" : ".", path.hasPrefix("/") ? "/" : "")
    for part in path.split(separator: "/") {
      made += part
      if mkdir(made, 0o700) == 0 {
        try flush(above)
      } else if errno != EEXIST {
        throw ImgtoolError(.storage, "The folder \(made) cannot be made: \(reason()).")
      }
      above = made
      made += "/"
    }
  }

  /// Makes the names in a folder durable.
  static func flush(_ folder: String) throws(ImgtoolError) {
    let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { throw ImgtoolError(.storage, "A folder cannot be opened: \(reason()).") }
    defer { close(handle) }
    guard fsync(handle) == 0 else {
      throw ImgtoolError(.storage, "A folder cannot be made durable: \(reason()).")
    }
  }

  /// The length of a regular file; nothing for anything else, and for no file at all.
  private static func regularLength(_ path: String) -> Int? {
    // A file that cannot be looked at is not there for this store.
    guard let facts = try? FileManager.default.attributesOfItem(atPath: path),
      facts[.type] as? FileAttributeType == .typeRegular
    else { return nil }
    return (facts[.size] as? NSNumber)?.intValue
  }

  private static func read(_ path: String, limit: Int) throws(ImgtoolError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { throw ImgtoolError(.storage, "A stored file cannot be opened: \(reason()).") }
    defer { close(file) }
    guard let length = regularLength(path) else {
      throw ImgtoolError(.storage, "A stored file is no regular file.")
    }
    let wanted = min(limit, length)
    var bytes = [UInt8](repeating: 0, count: wanted)
    var filled = 0
    while filled < wanted {
      let count = bytes.withUnsafeMutableBytes {
        Self.read(file, into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      filled += count
    }
    return Array(bytes.prefix(filled))
  }

  private static func read(_ file: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.read(file, buffer.baseAddress, buffer.count)
    #else
      Darwin.read(file, buffer.baseAddress, buffer.count)
    #endif
  }

  /// The names in a folder.
  private static func names(in folder: String) -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private static func removeContents(of folder: String) {
    for name in names(in: folder) { removeTree("\(folder)/\(name)") }
  }

  /// Links are removed, not followed.
  private static func removeTree(_ path: String) {
    if unlink(path) == 0 { return }
    guard errno == EISDIR || errno == EPERM else { return }
    removeContents(of: path)
    rmdir(path)
  }

  static func reason() -> String { String(cString: strerror(errno)) }
}
