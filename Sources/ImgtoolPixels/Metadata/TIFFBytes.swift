// SPDX-License-Identifier: Apache-2.0

/// The bytes of a TIFF structure with bounds-checked access in the byte order it declares (TIFF 6.0 §2).
package struct TIFFBytes: Sendable, Hashable {
  package private(set) var bytes: [UInt8]
  package let isBigEndian: Bool

  /// A structure, or nothing when the four bytes "II*\0" or "MM\0*" do not lead it.
  package init?(_ bytes: [UInt8]) {
    switch bytes.prefix(4) {
    case [0x49, 0x49, 0x2A, 0x00]: isBigEndian = false
    case [0x4D, 0x4D, 0x00, 0x2A]: isBigEndian = true
    default: return nil
    }
    self.bytes = bytes
  }

  package var count: Int { bytes.count }

  /// Whether `length` bytes from `position` on lie inside.
  package func holds(_ position: Int, _ length: Int) -> Bool {
    position >= 0 && length >= 0 && position <= bytes.count && length <= bytes.count - position
  }

  /// The 16-bit number at a position; nothing outside.
  package func short(at position: Int) -> Int? {
    guard holds(position, 2) else { return nil }
    let (first, second) = (Int(bytes[position]), Int(bytes[position + 1]))
    return isBigEndian ? first << 8 | second : second << 8 | first
  }

  /// The 32-bit number at a position; nothing outside.
  package func long(at position: Int) -> Int? {
    guard let first = short(at: position), let second = short(at: position + 2) else { return nil }
    return isBigEndian ? first << 16 | second : second << 16 | first
  }

  /// Writes the low 16 bits of a number; outside nothing is written.
  package mutating func put(short value: Int, at position: Int) {
    guard holds(position, 2) else { return }
    let (high, low) = (UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value))
    (bytes[position], bytes[position + 1]) = isBigEndian ? (high, low) : (low, high)
  }

  /// Writes the low 32 bits of a number; outside nothing is written.
  package mutating func put(long value: Int, at position: Int) {
    guard holds(position, 4) else { return }
    put(short: isBigEndian ? value >> 16 : value, at: position)
    put(short: isBigEndian ? value : value >> 16, at: position + 2)
  }

  /// Writes bytes over those at a position; outside nothing is written.
  package mutating func put(_ new: some Collection<UInt8>, at position: Int) {
    guard holds(position, new.count) else { return }
    bytes.replaceSubrange(position..<position + new.count, with: new)
  }

  package mutating func zero(_ range: Range<Int>) {
    let inside = range.clamped(to: 0..<bytes.count)
    put(repeatElement(0, count: inside.count), at: inside.lowerBound)
  }

  package mutating func append(_ more: some Collection<UInt8>) { bytes += more }

  /// Forgets everything from a position on.
  package mutating func truncate(to count: Int) { bytes.removeLast(max(0, bytes.count - max(0, count))) }
}
