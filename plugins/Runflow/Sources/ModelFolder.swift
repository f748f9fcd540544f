// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import ImgtoolCore

/// The folder in which a user describes further models: every `*.json` in it, each one model or a list of them.
///
/// `$RUNFLOW_MODELS`, else `imgtool/models` under `$XDG_CONFIG_HOME` or `~/.config` (XDG Base Directory 0.8).
enum ModelFolder {
  private static let longest = 1 << 20

  /// The models of the folder, by the names of their files; none where no folder is named and none is there.
  ///
  /// - Throws: `.usage` for a folder that is missing though named, and naming the file that is not valid.
  static func reading(environment: [String: String]) throws(ImgtoolError) -> [ModelDescriptor] {
    let named = environment["RUNFLOW_MODELS"].flatMap { $0.isEmpty ? nil : $0 }
    guard let folder = named ?? RunflowConfigFile.folder(environment).map({ $0 + "/models" }) else { return [] }
    // A folder that cannot be listed is told apart from one that is not there by whether somebody named it.
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      guard named == nil, !FileManager.default.fileExists(atPath: folder) else {
        throw ImgtoolError(.usage, "The folder of models \(folder) cannot be read.")
      }
      return []
    }
    var models: [ModelDescriptor] = []
    for name in names.sorted() where name.hasSuffix(".json") && !name.hasPrefix(".") {
      let path = "\(folder)/\(name)"
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
        let size = (attributes[.size] as? NSNumber)?.intValue, size <= longest,
        let bytes = FileManager.default.contents(atPath: path), bytes.count <= longest
      else { throw ImgtoolError(.usage, "\(path) is no readable file of at most 1 MiB.") }
      models += try ModelDescriptor.read(bytes, place: path)
    }
    return models
  }
}
