// SPDX-License-Identifier: Apache-2.0
import CVips
import ImgtoolCore
import Synchronization

/// Whether one piece of work may go on: it ends when it is withdrawn or its deadline has passed.
final class Watch: Sendable {
  /// Why work has to end.
  enum Reason: UInt8, Sendable {
    case cancelled = 1
    case timeout = 2

    var error: ImgtoolError {
      switch self {
      case .cancelled: ImgtoolError(.cancelled, "The work was withdrawn.")
      case .timeout: ImgtoolError(.timeout, "The deadline passed while pixels were computed.", retry: .later)
      }
    }
  }

  private let stopped = Atomic<UInt8>(0)
  private let deadline: ContinuousClock.Instant?

  init(deadline: ContinuousClock.Instant?) { self.deadline = deadline }

  /// Why the work has to end; nothing while it may go on.
  ///
  /// The first reason stays.
  var reason: Reason? {
    if let reason = Reason(rawValue: stopped.load(ordering: .relaxed)) { return reason }
    if let deadline, ContinuousClock.now >= deadline { return stop(.timeout) }
    return nil
  }

  /// Ends the work, if nothing has ended it before.
  ///
  /// - Returns: the reason that holds.
  @discardableResult
  func stop(_ reason: Reason) -> Reason {
    let before = stopped.compareExchange(expected: 0, desired: reason.rawValue, ordering: .relaxed).original
    return Reason(rawValue: before) ?? reason
  }

  /// Ends here when the work has to end.
  ///
  /// - Throws: `.cancelled` or `.timeout`.
  func check() throws(ImgtoolError) {
    if let reason { throw reason.error }
  }

  /// Runs `body` while libvips computes `image`, and kills the computation once the work has to end.
  ///
  /// libvips asks between strips of pixels: a codec that decodes the whole frame in one call is stopped after it
  /// (libvips: vips_image_set_kill).
  func watching<R>(_ image: UnsafeMutablePointer<VipsImage>, _ body: () -> R) -> R {
    let connection = cvips_watch(
      image,
      { image, _, data in
        if Unmanaged<Watch>.fromOpaque(data).takeUnretainedValue().reason != nil { cvips_kill(image) }
      }, Unmanaged.passUnretained(self).toOpaque())
    defer { cvips_unwatch(image, connection) }
    return withExtendedLifetime(self) { body() }
  }
}
