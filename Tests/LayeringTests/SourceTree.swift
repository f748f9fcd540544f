// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The files of the package, found from the place of this one.
enum SourceTree {
  /// The folder that holds Package.swift; nothing where the sources are not at hand, as in an installed test bundle.
  static let root: URL? = {
    var folder = URL(filePath: #filePath).deletingLastPathComponent()
    while folder.path.count > 1 {
      if FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) { return folder }
      folder.deleteLastPathComponent()
    }
    return nil
  }()

  /// Names directly in the package folder, dot files included.
  static func topLevel() throws -> [String] {
    guard let root else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()
  }

  /// Names directly in a folder of the package; none where there is no such folder.
  static func names(in folder: String) -> [String] {
    guard let root else { return [] }
    // The folder may be absent.
    let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
    return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
  }

  /// What is built, installed or drawn by the project's own commands; git ignores it.
  private static let made = [".build", ".swiftpm", ".venv", "corpus"]

  /// Every file of the given kinds under a folder of the package; what is made there is left out.
  static func files(in folder: String, kinds: Set<String>) throws -> [SourceFile] {
    guard let root else { return [] }
    let start = root.appending(path: folder)
    guard FileManager.default.fileExists(atPath: start.path) else { return [] }
    guard isFolder(start) else { return [try file(folder, at: start)] }
    let paths = FileManager.default.enumerator(atPath: start.path)?.compactMap { $0 as? String } ?? []
    return
      try paths
      .filter { path in !path.split(separator: "/").contains { part in made.contains { part.hasPrefix($0) } } }
      .filter { kinds.contains(($0 as NSString).pathExtension) && !isFolder(start.appending(path: $0)) }
      .sorted()
      .map { try file("\(folder)/\($0)", at: start.appending(path: $0)) }
  }

  /// What has been read, by path; every rule reads the same files.
  private static let read = Mutex<[String: SourceFile]>([:])

  private static func file(_ path: String, at place: URL) throws -> SourceFile {
    if let known = read.withLock({ $0[path] }) { return known }
    let file = SourceFile(path: path, text: String(decoding: try Data(contentsOf: place), as: UTF8.self))
    read.withLock { $0[path] = file }
    return file
  }

  private static func isFolder(_ place: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// Every Swift and C file of the package.
  static func code() throws -> [SourceFile] {
    try ["Package.swift", "Sources", "Tests", "plugins", "Benchmarks"].flatMap {
      try files(in: $0, kinds: ["swift", "c", "h"])
    }
  }
}

/// One file: its path in the package, and its lines.
struct SourceFile: Sendable {
  let path: String
  let text: String
  let lines: [String]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    lines = text.components(separatedBy: "\n")
  }

  /// The lines without the empty one after the last line feed.
  var lineCount: Int { lines.last == "" ? lines.count - 1 : lines.count }

  /// "Sources/A/B.swift:12".
  func place(_ index: Int) -> String { "\(path):\(index + 1)" }
}
