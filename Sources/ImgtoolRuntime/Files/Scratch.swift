// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore

/// A private folder for one run, removed with everything in it when dropped.
package struct Scratch: ~Copyable {
  package let path: String

  /// Creates the folder, readable by this user alone, in `TMPDIR` or /tmp.
  ///
  /// - Throws: `.storage`.
  package init() throws(ImgtoolError) {
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(base)/imgtool-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw storageError("A folder for temporary files cannot be made", errno) }
    path = template.withUnsafeBufferPointer { buffer in
      String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// Creates a folder inside another, readable by this user alone.
  ///
  /// - Throws: `.storage`.
  package static func subfolder(_ name: String, of folder: String) throws(ImgtoolError) -> String {
    let path = "\(folder)/\(name)"
    guard mkdir(path, 0o700) == 0 else { throw storageError("A folder for temporary files cannot be made", errno) }
    return path
  }

  deinit {
    // What cannot be removed is left to the system's own cleaning of temporary files.
    try? FileManager.default.removeItem(atPath: path)
  }
}
