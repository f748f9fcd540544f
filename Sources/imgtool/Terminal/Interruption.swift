// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime
import Synchronization

/// Ctrl-C, SIGTERM and a terminal that is closed: the first asks the work to stop, the second ends the process.
enum Interruption {
  /// Set by the first signal; bulk work looks at it between batches.
  static let flag = StopFlag()

  private static let handlers = Mutex<[@Sendable () -> Void]>([])

  /// What a handler writes to and a thread of its own reads from: a signal that comes before the thread waits in it.
  ///
  /// Dispatch's signal sources lose one that reaches a thread in which it is not blocked, as at the very start.
  private static let pipe: (read: Int32, write: Int32) = {
    var ends: [Int32] = [-1, -1]
    guard Foundation.pipe(&ends) == 0 else { return (-1, -1) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }()

  static func install() {
    // A file that would pass the size limit is an error of a write, which says so; the signal would kill.
    signal(SIGXFSZ, SIG_IGN)
    // Made before a handler can ask for it. Where no more files can be opened, signals end the process as ever.
    guard pipe.read >= 0 else { return }
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { _ in
        let code = errno
        var byte: UInt8 = 0
        _ = write(Interruption.pipe.write, &byte, 1)
        errno = code
      }
    }
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        guard read(pipe.read, &byte, 1) == 1 else {
          if errno == EINTR { continue }
          return
        }
        if flag.isSet { _exit(130) }
        flag.set()
        handlers.withLock { $0 }.forEach { $0() }
      }
    }
  }

  /// Runs work in a task that the first signal cancels.
  static func cancelling<Success: Sendable>(_ work: @escaping @Sendable () async throws -> Success) async throws
    -> Success
  {
    let task = Task { try await work() }
    handlers.withLock { $0.append { task.cancel() } }
    if flag.isSet { task.cancel() }
    do {
      return try await task.value
    } catch let error as ImgtoolError
      where error.kind == .cancelled && error.context["kept"] == nil && error.context["job"] == nil
    {
      // Whatever was stopped, and in whatever words: a person pressed Ctrl-C. What was kept, or goes on at a service,
      // has to be named.
      throw CancellationError()
    }
  }
}
