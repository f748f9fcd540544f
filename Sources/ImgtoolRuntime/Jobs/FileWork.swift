// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import ImgtoolCore

/// Reads or writes files: at once where there is little to do, else on a thread that may block.
///
/// Going to another thread and coming back takes longer than 64 KiB in memory.
///
/// - Parameter size: how many bytes are moved, as far as is known; 0 where it is not.
func fileWork<Value: Sendable>(
  _ size: ByteCount, _ work: @escaping @Sendable () throws(ImgtoolError) -> Value
) async throws(ImgtoolError) -> Value {
  if (1...64 << 10).contains(size.bytes) { return try work() }
  let result: Result<Value, ImgtoolError> = await withCheckedContinuation { continuation in
    DispatchQueue.global(qos: .userInitiated).async {
      continuation.resume(returning: Result { () throws(ImgtoolError) in try work() })
    }
  }
  return try result.get()
}
