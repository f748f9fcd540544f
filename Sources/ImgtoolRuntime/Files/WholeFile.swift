// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore
import ImgtoolProbe

/// The whole of a regular file in memory, within a limit.
package enum WholeFile {
  /// - Throws: `.input` for what cannot be read, `.limit` for more than `most` bytes.
  package static func bytes(of path: String, most: ByteCount) throws(ImgtoolError) -> [UInt8] {
    let file = try OpenFile(path)
    var found = stat()
    guard fstat(file.descriptor, &found) == 0 else { throw ImgtoolError(.input, "The file cannot be read.") }
    guard found.st_size <= most.bytes else {
      throw ImgtoolError(.limit, "The file has \(ByteCount(Int(found.st_size))); \(most) can be held.")
    }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(found.st_size)) { buffer, count in
      while count < buffer.count {
        let got = pread(file.descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count, off_t(count))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { return }
        count += got
      }
    }
    guard failure == 0 else {
      throw ImgtoolError(.input, "The file cannot be read: \(String(cString: strerror(failure))).")
    }
    return bytes
  }
}
