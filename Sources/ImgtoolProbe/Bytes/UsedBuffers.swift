// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Buffers of windows that are done with, kept for the next ones, so that reading a header allocates none.
///
/// A buffer of this size comes from a heap that threads share: taken and given back for each of many small files, its
/// lock is what they wait for. A few are kept for good, in places that threads rarely have in common; whoever finds none
/// allocates, and whoever finds the place taken frees. What a buffer held is still in it.
enum UsedBuffers {
  /// Takes a buffer of `byteCount` bytes, aligned to 16.
  static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    if let place = place(byteCount) {
      let kept = places[place].exchange(0, ordering: .acquiring)
      if let buffer = UnsafeMutableRawPointer(bitPattern: kept) { return buffer }
    }
    return .allocate(byteCount: byteCount, alignment: 16)
  }

  /// Gives back a buffer that was taken with the same `byteCount`.
  static func give(_ buffer: UnsafeMutableRawPointer, _ byteCount: Int) {
    if let place = place(byteCount) {
      let (isKept, _) = places[place].compareExchange(
        expected: 0, desired: UInt(bitPattern: buffer), ordering: .releasing)
      if isKept { return }
    }
    buffer.deallocate()
  }

  /// Two sizes are kept, those of windows on headers and on structures.
  private static let sizes = 2
  private static let threads = 8
  /// Words from one place to the next, so that no two share a cache line.
  private static let stride = 16

  /// Addresses, 0 where there is none.
  nonisolated(unsafe) private static let places: UnsafeMutablePointer<Atomic<UInt>> = {
    let count = sizes * threads * stride
    let places = UnsafeMutablePointer<Atomic<UInt>>.allocate(capacity: count)
    for index in 0..<count { (places + index).initialize(to: Atomic(0)) }
    return places
  }()

  private static func place(_ byteCount: Int) -> Int? {
    let size: Int
    switch byteCount {
    case Probe.windowBytes: size = 0
    case Structure.windowBytes: size = 1
    default: return nil
    }
    #if canImport(Darwin)
      let thread = UInt(bitPattern: pthread_self())
    #else
      let thread = UInt(pthread_self())
    #endif
    // Threads lie a stack apart: multiplying brings the bits that differ to the top.
    let spread = Int(truncatingIfNeeded: (UInt64(thread >> 12) &* 0x9E37_79B9_7F4A_7C15) >> 61)
    return (size * threads + spread) * stride
  }
}
