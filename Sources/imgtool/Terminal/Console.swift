// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime

/// Standard output for results, standard error for everything said to a person.
enum Console {
  static let isErrorTerminal = isatty(STDERR_FILENO) == 1
  static let isOutputTerminal = isatty(STDOUT_FILENO) == 1

  /// Writes bytes as they are; a reader that went away ends the process as a pipe's writer should (SIGPIPE).
  ///
  /// Results that cannot be written, on a full disk for example, end the process as a storage error: a list that was
  /// cut short must not look like a whole one.
  static func write(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer
      while !rest.isEmpty {
        let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
        if count < 0, errno != EINTR {
          if descriptor == STDOUT_FILENO { lose(errno) }
          return
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(count, 0)))
      }
    }
  }

  private static func lose(_ code: Int32) -> Never {
    if code == EPIPE {
      // A parent may have left the signal ignored, and the write fails instead.
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    let error = storageError("The results cannot be printed", code)
    complain(error.message)
    exit(error.kind.exitCode)
  }

  /// One line of results.
  static func say(_ text: String) { write(Array((text + "\n").utf8)) }

  /// One line for a person, beside the results.
  static func note(_ text: String) { write(Array((text + "\n").utf8), to: STDERR_FILENO) }

  /// One line of complaint; control characters are made visible.
  static func complain(_ text: String) { note("imgtool: \(text.escaped)") }
}
