// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import ImgtoolCore

/// The file in which a key may be kept instead of the environment: one JSON object that only its owner can read.
///
/// `$RUNFLOW_CONFIG`, else `imgtool/runflow.json` under `$XDG_CONFIG_HOME` or `~/.config` (XDG Base Directory 0.8).
struct RunflowConfigFile {
  /// What the file says, by name.
  let fields: [String: JSONValue]

  private static let names: Set = ["api_key", "base_url", "organization", "callback_url", "callback_secrets"]
  private static let longest = 64 << 10

  /// - Returns: nothing where no file is named and none lies at the usual place.
  /// - Throws: `.credentials` for a file others can read; `.usage` for one that is missing though named, or says
  ///   what nobody asks.
  static func reading(environment: [String: String]) throws(ImgtoolError) -> RunflowConfigFile? {
    if let named = environment["RUNFLOW_CONFIG"], !named.isEmpty { return try RunflowConfigFile(path: named) }
    guard let path = folder(environment).map({ $0 + "/runflow.json" }), FileManager.default.fileExists(atPath: path)
    else { return nil }
    return try RunflowConfigFile(path: path)
  }

  /// The usual folder of configuration; nothing without a home.
  static func folder(_ environment: [String: String]) -> String? {
    if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return folder + "/imgtool" }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return home + "/.config/imgtool"
  }

  init(path: String) throws(ImgtoolError) {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      attributes[.type] as? FileAttributeType == .typeRegular,
      let size = (attributes[.size] as? NSNumber)?.intValue, size <= Self.longest,
      let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue
    else { throw ImgtoolError(.usage, "\(path) is no readable file of at most 64 KiB.") }
    guard mode & 0o077 == 0 else {
      throw ImgtoolError(.credentials, "\(path) holds a key and others can read it: chmod 600 it.")
    }
    guard let bytes = FileManager.default.contents(atPath: path), let fields = JSONValue(bytes: bytes)?.object else {
      throw ImgtoolError(.usage, "\(path) is no JSON object.")
    }
    if let unknown = fields.keys.filter({ !Self.names.contains($0) }).min() {
      throw ImgtoolError(
        .usage, "\(path) has the unknown name \(unknown); known are \(Self.names.sorted().joined(separator: ", ")).")
    }
    for (name, value) in fields where name != "callback_secrets" && value.text == nil {
      throw ImgtoolError(.usage, "\(path): \(name) must be a text.")
    }
    if let secrets = fields["callback_secrets"], secrets.array?.allSatisfy({ $0.text != nil }) != true {
      throw ImgtoolError(.usage, "\(path): callback_secrets must be a list of texts.")
    }
    self.fields = fields
  }

  func text(_ name: String) -> String? { fields[name]?.text }
  var secrets: [Secret] { (fields["callback_secrets"]?.array ?? []).compactMap(\.text).map(Secret.init) }
}
