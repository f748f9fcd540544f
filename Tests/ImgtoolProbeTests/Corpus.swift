// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Real pictures beside the project, where they are present.
enum Corpus {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/corpus")

  static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// A folder of any other pictures, named by the environment.
  static let wild = ProcessInfo.processInfo.environment["IMGTOOL_WILD"].map { URL(fileURLWithPath: $0) }

  /// Every regular file of the corpus, by its path inside, in order.
  static var files: [String] { files(of: folder) }

  /// Every regular file below a folder, by its path inside, in order.
  static func files(of folder: URL) -> [String] {
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return names.filter { name in
      var isFolder: ObjCBool = false
      let path = folder.appendingPathComponent(name).path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }
}

extension Corpus {
  /// The bytes of one file.
  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }
}
