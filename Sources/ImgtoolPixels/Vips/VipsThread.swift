// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// The proof of running on a thread of the pool: whoever makes a picture has to show it.
///
/// It cannot be copied, kept or sent away, so no pixel is touched outside `VipsPool.run`.
package struct VipsThread: ~Copyable {
  let watch: Watch
  /// What may be decoded on this pool.
  package let gate: Gate
  /// The processes that decode; nothing where this one does.
  let workers: WorkerPool?

  /// Whether pictures are decoded whole, in another process, and come as memory.
  package var isIsolated: Bool { workers != nil }

  /// Asks whether the work was withdrawn or its deadline has passed; may be asked on any thread.
  package var isWithdrawn: @Sendable () -> Bool { { [watch] in watch.reason != nil } }

  /// Ends the work here when it was withdrawn or its deadline has passed; for loops of one's own over pixels.
  ///
  /// - Throws: `.cancelled` or `.timeout`.
  package func check() throws(ImgtoolError) { try watch.check() }
}

@available(*, unavailable)
extension VipsThread: Sendable {}
