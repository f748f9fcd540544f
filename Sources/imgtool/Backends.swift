// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels
import LocalBackend

/// The backends of this program.
///
/// A new one is an import and a line here.
enum Backends {
  /// Decodes and encodes for all of them; started at the first need.
  static let pool = SharedPool()

  static func catalog() throws(ImgtoolError) -> OperationCatalog {
    try OperationCatalog(
      LocalBackend.operations(pool: pool)
    )
  }

  /// The backend taken where none is named.
  static let standard = "local"
}
