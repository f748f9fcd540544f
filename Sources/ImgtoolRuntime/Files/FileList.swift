// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore

/// Which files a command works on: names, folders, and a list from a file or standard input.
///
/// Paths are produced one by one, so that a list of millions costs no memory. Folders are walked in the order of their
/// names; symbolic links to folders are not followed.
package struct FileList: Sendable {
  package var paths: [String]
  /// Whether folders are walked into their subfolders.
  package var isRecursive: Bool
  /// Whether folder walks take files of any name, not only those with an image's extension.
  package var takesEveryName: Bool
  /// A file with one path a line, "-" for standard input.
  package var listFile: String?
  /// Whether paths of the list end in NUL instead of a line feed.
  package var isNullSeparated: Bool

  package init(
    paths: [String], isRecursive: Bool = false, takesEveryName: Bool = false, listFile: String? = nil,
    isNullSeparated: Bool = false
  ) {
    self.paths = paths
    self.isRecursive = isRecursive
    self.takesEveryName = takesEveryName
    self.listFile = listFile
    self.isNullSeparated = isNullSeparated
  }

  /// Starts producing paths.
  ///
  /// - Throws: `.input` when the list file cannot be opened.
  package func makeWalk() throws(ImgtoolError) -> FileWalk {
    var names = paths
    var list = listFile
    if let dash = names.firstIndex(of: "-") {
      names.remove(at: dash)
      list = "-"
    }
    return FileWalk(
      pending: names.reversed(), lines: try list.map(LineReader.init(path:)), isRecursive: isRecursive,
      takesEveryName: takesEveryName, separator: isNullSeparated ? 0 : 10)
  }
}

/// The state of one walk; used by one thread at a time.
package struct FileWalk {
  private var pending: [String]
  private var lines: LineReader?
  private let isRecursive: Bool
  private let takesEveryName: Bool
  private let separator: UInt8
  /// Folders still to be read, deepest last, each with the entries left.
  private var folders: [(path: String, entries: [Entry])] = []

  private struct Entry {
    let name: String
    let isFolder: Bool
  }

  fileprivate init(
    pending: [String], lines: consuming LineReader?, isRecursive: Bool, takesEveryName: Bool, separator: UInt8
  ) {
    self.pending = pending
    self.lines = lines
    self.isRecursive = isRecursive
    self.takesEveryName = takesEveryName
    self.separator = separator
  }

  /// The next path, or nothing at the end.
  package mutating func next() -> String? {
    while true {
      while let folder = folders.indices.last {
        guard let entry = folders[folder].entries.popLast() else {
          folders.removeLast()
          continue
        }
        let path = folders[folder].path + "/" + entry.name
        if !entry.isFolder { return path }
        folders.append((path, entries(of: path)))
      }
      guard let path = pending.popLast() ?? lines?.next(separator) else { return nil }
      guard Self.isFolder(path) else { return path }
      let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
      folders.append((trimmed, entries(of: trimmed)))
    }
  }

  /// The files, and when recursive the folders, of one folder, in reverse order of their names.
  private func entries(of folder: String) -> [Entry] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var entries: [Entry] = []
    while let found = readdir(handle) {
      let name = withUnsafePointer(to: &found.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      let isFolder = found.pointee.d_type == 4 || (found.pointee.d_type == 0 && Self.isFolder(folder + "/" + name))
      if isFolder {
        if isRecursive { entries.append(Entry(name: name, isFolder: true)) }
      } else if takesEveryName || fileExtension(of: name).flatMap({ ImageFormat(extension: $0) }) != nil {
        entries.append(Entry(name: name, isFolder: false))
      }
    }
    return entries.sorted { $0.name > $1.name }
  }

  private static func isFolder(_ path: String) -> Bool {
    var found = stat()
    return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
  }
}

/// Reads separated texts from a descriptor, 64 KiB at a time.
private final class LineReader {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  init(path: String) throws(ImgtoolError) {
    descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ImgtoolError(.input, "The list \(path.escaped) cannot be read: \(String(cString: strerror(errno))).")
    }
  }

  deinit { close(descriptor) }

  /// The next text that is not empty; texts over a megabyte are cut there.
  func next(_ separator: UInt8) -> String? {
    while true {
      if let end = buffer[start...].firstIndex(of: separator) {
        let text = String(decoding: buffer[start..<end], as: UTF8.self)
        start = end + 1
        if !text.isEmpty { return text }
        continue
      }
      if isAtEnd || buffer.count - start > 1 << 20 {
        let text = String(decoding: buffer[start...], as: UTF8.self)
        start = buffer.count
        return text.isEmpty ? nil : text
      }
      fill()
    }
  }

  private func fill() {
    buffer.removeFirst(start)
    start = 0
    let (old, chunk) = (buffer.count, 1 << 16)
    buffer.append(contentsOf: repeatElement(0, count: chunk))
    let count = buffer.withUnsafeMutableBytes { bytes in
      read(descriptor, bytes.baseAddress?.advanced(by: old), chunk)
    }
    buffer.removeLast(chunk - max(count, 0))
    if count == 0 || (count < 0 && errno != EINTR) { isAtEnd = true }
  }
}
