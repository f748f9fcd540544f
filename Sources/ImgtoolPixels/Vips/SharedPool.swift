// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
import Synchronization

/// A pool that starts at the first need, so that work on headers alone never loads libvips.
public final class SharedPool: Sendable {
  private let limits: VipsPool.Limits
  private let started = Mutex<VipsPool?>(nil)

  public init(_ limits: VipsPool.Limits = VipsPool.Limits()) { self.limits = limits }

  /// The pool, started by whoever asks first.
  ///
  /// - Throws: as `VipsPool.init`; the next call tries again.
  public func pool() throws(ImgtoolError) -> VipsPool {
    try started.withLock { (pool) throws(ImgtoolError) in
      if let pool { return pool }
      let new = try VipsPool(limits)
      pool = new
      return new
    }
  }
}
