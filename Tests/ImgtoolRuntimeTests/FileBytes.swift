// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Whole files, for comparing.
enum FileBytes {
  static func read(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }
}
