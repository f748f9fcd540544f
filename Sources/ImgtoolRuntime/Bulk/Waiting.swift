// SPDX-License-Identifier: Apache-2.0

import Dispatch
package import ImgtoolCore
import Synchronization

/// Waits on a thread of one's own for asynchronous work; never called on Swift's pool.
///
/// - Throws: what the work throws; anything but an `ImgtoolError` counts as cancelled.
package func waiting<Success: Sendable>(
  _ work: @escaping @Sendable () async throws -> Success
) throws(ImgtoolError) -> Success {
  let (box, done) = (Box<Success>(), DispatchSemaphore(value: 0))
  Task.detached {
    let result: Result<Success, ImgtoolError>
    do {
      result = .success(try await work())
    } catch {
      result = .failure(error as? ImgtoolError ?? ImgtoolError(.cancelled, "Stopped."))
    }
    box.result.withLock { $0 = result }
    done.signal()
  }
  done.wait()
  guard let result = box.result.withLock({ $0 }) else { throw ImgtoolError(.fault, "Work ended without a result.") }
  return try result.get()
}

private final class Box<Success: Sendable>: Sendable {
  let result = Mutex<Result<Success, ImgtoolError>?>(nil)
}
