// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// A file open for reading, closed when it goes.
package struct OpenFile: ~Copyable {
  package let descriptor: Int32

  /// Opens the file of that name.
  ///
  /// - Throws: `input`, whatever the system refuses it for.
  package init(_ path: String) throws(ImgtoolError) {
    do {
      descriptor = try SystemCall.open(path)
    } catch {
      throw error.error(in: nil, of: 0)
    }
  }

  deinit { SystemCall.close(descriptor) }
}
