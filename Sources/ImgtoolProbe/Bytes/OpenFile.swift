// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// A file open for reading, closed when it goes.
struct OpenFile: ~Copyable {
  let descriptor: Int32

  /// Opens the file of that name.
  ///
  /// - Throws: `input`, whatever the system refuses it for.
  init(_ path: String) throws(ImgtoolError) {
    do {
      descriptor = try SystemCall.open(path)
    } catch {
      throw error.error(in: nil, of: 0)
    }
  }

  deinit { SystemCall.close(descriptor) }
}
