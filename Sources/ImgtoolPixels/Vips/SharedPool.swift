// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
import Synchronization

/// A pool that starts at the first need, so that work on headers alone never loads libvips.
public final class SharedPool: Sendable {
  private let limits: VipsPool.Limits
  private let started = Mutex<VipsPool?>(nil)

  public init(_ limits: VipsPool.Limits = VipsPool.Limits()) { self.limits = limits }

  /// What a file may be and take where nobody brings limits of their own.
  public var decoding: DecodeLimits { limits.decoding }
  /// Whether pictures are decoded whole, in another process.
  public var isIsolated: Bool { limits.isolation != .none }

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
