// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import ImgtoolCore
import ImgtoolRuntime
import Synchronization

/// Ctrl-C, SIGTERM and a terminal that is closed: the first asks the work to stop, the second ends the process.
enum Interruption {
  /// Set by the first signal; bulk work looks at it between batches.
  static let flag = StopFlag()

  private static let handlers = Mutex<[@Sendable () -> Void]>([])

  static func install() {
    // A file that would pass the size limit is an error of a write, which says so; the signal would kill.
    signal(SIGXFSZ, SIG_IGN)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInitiated))
      source.setEventHandler {
        if flag.isSet { _exit(130) }
        flag.set()
        handlers.withLock { $0 }.forEach { $0() }
      }
      source.resume()
      // A source lives as long as it is referenced; these are for the whole process.
      _ = Unmanaged.passRetained(source as AnyObject)
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
