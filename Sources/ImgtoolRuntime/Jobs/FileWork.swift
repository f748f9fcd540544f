// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import ImgtoolCore

/// Reads or writes files: at once where there is little to do, else on a thread that may block.
///
/// Going to another thread and coming back takes longer than 64 KiB in memory.
///
/// - Parameter size: how many bytes are moved, at most.
func fileWork<Value: Sendable>(
  _ size: ByteCount, _ work: @escaping @Sendable () throws(ImgtoolError) -> Value
) async throws(ImgtoolError) -> Value {
  if size.bytes <= 64 << 10 { return try work() }
  let result: Result<Value, ImgtoolError> = await withCheckedContinuation { continuation in
    DispatchQueue.global(qos: .userInitiated).async {
      continuation.resume(returning: Result { () throws(ImgtoolError) in try work() })
    }
  }
  return try result.get()
}
