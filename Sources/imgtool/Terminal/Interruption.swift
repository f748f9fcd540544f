// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import ImgtoolRuntime
import Synchronization

/// Ctrl-C and SIGTERM: the first asks the work to stop, the second ends the process.
enum Interruption {
  /// Set by the first signal; bulk work looks at it between batches.
  static let flag = StopFlag()

  private static let handlers = Mutex<[@Sendable () -> Void]>([])

  static func install() {
    for number in [SIGINT, SIGTERM] {
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
    return try await task.value
  }
}
