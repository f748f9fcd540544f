// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolRuntime
import LocalBackend

/// The backends of this program; a new one is an import and a line here.
enum Backends {
  /// Decodes and encodes for all of them; started at the first need.
  static let pool = SharedPool()

  static func catalog() throws(ImgtoolError) -> OperationCatalog {
    try OperationCatalog(
      LocalBackend.operations(pool: pool)
    )
  }

  /// What the backends say about this machine.
  static func examine() -> [Finding] { LocalBackend.examine() }

  /// The memory of returned sizes, where the state folder can be written.
  static func observedSizes() -> ObservedSizes? {
    let folder = StateFolder.path(ProcessInfo.processInfo.environment)
    do {
      try StateFolder.create(folder)
    } catch {
      return nil
    }
    return ObservedSizes(path: folder + "/observed-sizes.json")
  }

  /// The backend taken where none is named.
  static let standard = "local"
}
