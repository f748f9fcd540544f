// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore

/// Where a page will be written; asked about before the work, so that a wrong name costs nothing.
package struct PageFile: Sendable {
  private let path: String
  private let replaces: Bool

  /// - Parameter replaces: whether a file already under the name may go.
  /// - Throws: `.usage` for a name that is not an HTML file's, `.storage` where nothing can be written there.
  package init(_ path: String, replaces: Bool) throws(ImgtoolError) {
    guard let suffix = fileExtension(of: path)?.lowercased(), ["html", "htm"].contains(suffix) else {
      throw ImgtoolError(.usage, "\(path.escaped) is no name for a page: it has to end in .html.")
    }
    self.path = path
    self.replaces = replaces
    // Opened and dropped: what cannot be written is found out now.
    _ = try AtomicFile(path, replaces: replaces)
  }

  /// - Throws: `.storage`.
  package func write(_ bytes: [UInt8]) throws(ImgtoolError) {
    let file = try AtomicFile(path, replaces: replaces)
    try file.write(bytes)
    try file.commit()
  }
}
