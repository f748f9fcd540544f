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
  ///
  /// A listed path with an image's extension is taken for a file without a look; a folder of such a name is one where
  /// a slash follows.
  package var listFile: String?
  /// Whether paths of the list end in NUL instead of a line feed.
  package var isNullSeparated: Bool
  /// Paths passed over.
  package var done: DoneList?

  package init(
    paths: [String], isRecursive: Bool = false, takesEveryName: Bool = false, listFile: String? = nil,
    isNullSeparated: Bool = false, done: DoneList? = nil
  ) {
    self.done = done
    self.paths = paths
    self.isRecursive = isRecursive
    self.takesEveryName = takesEveryName
    self.listFile = listFile
    self.isNullSeparated = isNullSeparated
  }

  /// Starts producing paths.
  ///
  /// - Parameter stop: ends the list when it is set while more of it is waited for, as at a terminal.
  /// - Throws: `.input` when the list file cannot be opened.
  package func makeWalk(stop: StopFlag = StopFlag()) throws(ImgtoolError) -> FileWalk {
    var names = paths
    var list = listFile
    if let dash = names.firstIndex(of: "-") {
      names.remove(at: dash)
      list = "-"
    }
    let lines = try list.map { (path) throws(ImgtoolError) in try LineReader(path: path, stop: stop) }
    return FileWalk(
      pending: names.reversed(), lines: lines, isRecursive: isRecursive, takesEveryName: takesEveryName,
      separator: isNullSeparated ? 0 : 10, done: done)
  }
}

/// The state of one walk; used by one thread at a time.
package struct FileWalk {
  private var pending: [String]
  private var lines: LineReader?
  private let isRecursive: Bool
  private let takesEveryName: Bool
  private let separator: UInt8
  private let done: DoneList?
  private let named: Int
  /// Folders still to be read, deepest last, each with the entries left.
  private var folders: [(path: String, entries: [Entry])] = []

  private struct Entry {
    let name: String
    let isFolder: Bool
  }

  fileprivate init(
    pending: [String], lines: consuming LineReader?, isRecursive: Bool, takesEveryName: Bool, separator: UInt8,
    done: DoneList?
  ) {
    self.done = done
    named = pending.count
    self.pending = pending
    self.lines = lines
    self.isRecursive = isRecursive
    self.takesEveryName = takesEveryName
    self.separator = separator
  }

  /// How much of the list has been produced, 0…1, as far as that can be told without walking ahead.
  package var share: Double? {
    if let lines { return lines.share }
    return named == 0 ? nil : 1 - Double(pending.count + (folders.isEmpty ? 0 : 1)) / Double(named)
  }

  /// The next path, or nothing at the end.
  ///
  /// A folder that cannot be listed is a path of its own: whoever opens it says why.
  package mutating func next() -> String? {
    while let path = nextOfAll() {
      if done?.contains(path) != true { return path }
    }
    return nil
  }

  private mutating func nextOfAll() -> String? {
    while true {
      while let folder = folders.indices.last {
        guard let entry = folders[folder].entries.popLast() else {
          folders.removeLast()
          continue
        }
        let path = folders[folder].path + "/" + entry.name
        if !entry.isFolder { return path }
        guard let entries = entries(of: path) else { return path }
        folders.append((path, entries))
      }
      let named = pending.popLast()
      guard let path = named ?? lines?.next(separator) else { return nil }
      if named == nil, Self.hasImageExtension(path) { return path }
      guard Self.isFolder(path) else { return path }
      let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
      guard let entries = entries(of: trimmed) else { return path }
      folders.append((trimmed, entries))
    }
  }

  /// The files, and when recursive the folders, of one folder, in reverse order of their names; nothing where it
  /// cannot be listed.
  private func entries(of folder: String) -> [Entry]? {
    guard let handle = opendir(folder) else { return nil }
    defer { closedir(handle) }
    var entries: [Entry] = []
    while let found = readdir(handle) {
      let name = withUnsafePointer(to: &found.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      let isFolder = found.pointee.d_type == 4 || (found.pointee.d_type == 0 && Self.isRealFolder(folder + "/" + name))
      if isFolder {
        if isRecursive { entries.append(Entry(name: name, isFolder: true)) }
      } else if takesEveryName || fileExtension(of: name).flatMap({ ImageFormat(extension: $0) }) != nil {
        entries.append(Entry(name: name, isFolder: false))
      }
    }
    return entries.sorted { $0.name > $1.name }
  }

  /// Whether the name ends like an image's; a quarter of the cost of asking the system what it is.
  private static func hasImageExtension(_ path: String) -> Bool {
    guard let dot = path.utf8.suffix(6).lastIndex(of: UInt8(ascii: ".")) else { return false }
    return imageExtensions.contains(path[path.index(after: dot)...])
  }

  /// In small letters and in capitals.
  private static let imageExtensions = Set(
    ImageFormat.allCases.flatMap(\.extensions).flatMap { [Substring($0), Substring($0.uppercased())] })

  private static func isRealFolder(_ path: String) -> Bool {
    var found = stat()
    return lstat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
  }

  private static func isFolder(_ path: String) -> Bool {
    var found = stat()
    return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
  }
}
