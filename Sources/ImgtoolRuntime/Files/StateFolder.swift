// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore

/// Where things are kept that must survive: `$XDG_STATE_HOME/imgtool`, or `~/.local/state/imgtool`.
package enum StateFolder {
  package static func path(_ environment: [String: String]) -> String {
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/imgtool" }
    return (environment["HOME"] ?? "/tmp") + "/.local/state/imgtool"
  }

  /// Makes the folder, for this user alone, and proves that a file can be written in it.
  ///
  /// - Throws: `.storage`.
  package static func create(_ path: String) throws(ImgtoolError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw ImgtoolError(.storage, "The folder \(path.escaped) cannot be made.")
    }
    guard access(path, W_OK | X_OK) == 0 else {
      throw storageError("The folder \(path.escaped) cannot be written", errno)
    }
  }
}
