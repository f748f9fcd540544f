// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A multiple of the CRC polynomial with few terms, by which a long run of bytes is shortened.
///
/// Adding a multiple of the polynomial does not change a remainder. With x⁸ʳ + x⁸⁽ʳ⁻ᵃ⁾ + x⁸⁽ʳ⁻ᵇ⁾ + … + 1 = 0 a byte may
/// therefore be taken away when it is added again a, b, … and r places further on. What is taken away at a place is the
/// byte there plus what was taken away a, b, … and r places before: a recurrence of unaligned loads and exclusive ors,
/// without a table. The nearest place is far enough for the stores to have reached the cache.
struct SparseMultiple {
  let near: Int
  let middle: Int
  /// 0 where there are four terms only.
  let far: Int
  /// The last place, and the number of bytes that are left over.
  let reach: Int
  /// Bytes between two moves of the history.
  let block: Int

  /// Five terms: leaves 300 bytes over.
  static var short: Self { Self(near: 145, middle: 183, far: 211, reach: 300, block: 8_192) }
  /// Four terms: faster, and leaves 4,018 bytes over.
  static var long: Self { Self(near: 1_927, middle: 2_181, far: 0, reach: 4_018, block: 16_384) }

  private static let step = MemoryLayout<SIMD2<UInt64>>.size

  /// Bytes of scratch that `shorten` needs.
  var scratchBytes: Int { reach + block + 2 * (reach + Self.step) }

  /// Shortens `count` bytes, at least `reach`, to what has the same remainder.
  ///
  /// - Parameter register: The CRC register before them, which acts on the first four bytes.
  /// - Returns: The rest, inside `scratch`; its remainder is to be taken from a register of 0.
  @inline(__always)
  func shorten(
    _ bytes: UnsafeRawPointer, _ count: Int, from register: UInt32, scratch: UnsafeMutableRawPointer
  ) -> UnsafeRawBufferPointer {
    let places = scratch + reach
    let whole = (count - reach) / Self.step * Self.step
    memset(scratch, 0, reach)
    var carried = SIMD2<UInt64>(UInt64(register), 0)
    var done = 0
    while done < whole {
      let size = min(block, whole - done)
      var at = 0
      while at < size {
        let place = places + at
        let value =
          (bytes + done + at).loadUnaligned(as: SIMD2<UInt64>.self) ^ carried ^ history(UnsafeRawPointer(place))
        place.storeBytes(of: value, as: SIMD2<UInt64>.self)
        carried = SIMD2<UInt64>()
        at &+= Self.step
      }
      memmove(scratch, scratch + size, reach)
      done += size
    }
    return addUp(bytes + whole, count - whole, carried: carried, places: places)
  }

  /// Adds what was taken away before to the last `count` bytes, from which nothing more is taken.
  @inline(__always)
  private func addUp(
    _ bytes: UnsafeRawPointer, _ count: Int, carried: SIMD2<UInt64>, places: UnsafeMutableRawPointer
  ) -> UnsafeRawBufferPointer {
    let rest = places + block
    memset(places, 0, min(count, block))
    var at = 0
    while at &+ Self.step <= count {
      let value = (bytes + at).loadUnaligned(as: SIMD2<UInt64>.self) ^ history(UnsafeRawPointer(places + at))
      (rest + at).storeBytes(of: at == 0 ? value ^ carried : value, as: SIMD2<UInt64>.self)
      at &+= Self.step
    }
    while at < count {
      let place = UnsafeRawPointer(places + at)
      var value = bytes.load(fromByteOffset: at, as: UInt8.self) ^ place.load(fromByteOffset: -near, as: UInt8.self)
      value ^= place.load(fromByteOffset: -middle, as: UInt8.self)
      if far > 0 { value ^= place.load(fromByteOffset: -far, as: UInt8.self) }
      value ^= place.load(fromByteOffset: -reach, as: UInt8.self)
      rest.storeBytes(of: value, toByteOffset: at, as: UInt8.self)
      at &+= 1
    }
    return UnsafeRawBufferPointer(start: rest, count: count)
  }

  /// The sum of what was taken away before a place.
  @inline(__always)
  private func history(_ place: UnsafeRawPointer) -> SIMD2<UInt64> {
    var sum = (place - near).loadUnaligned(as: SIMD2<UInt64>.self)
    sum ^= (place - middle).loadUnaligned(as: SIMD2<UInt64>.self)
    if far > 0 { sum ^= (place - far).loadUnaligned(as: SIMD2<UInt64>.self) }
    return sum ^ (place - reach).loadUnaligned(as: SIMD2<UInt64>.self)
  }
}
