// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore
#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Finds the orientation that an XMP packet states (tiff:Orientation, XMP specification part 2), by a plain scan of its text.
enum XMPReader {
  /// Bytes of a packet that are scanned; packets are a few KiB, long ones hold pictures in their second half.
  static let scanLimit = 65_536

  /// Notes the packet and what it says; a packet is never parsed as XML.
  static func read(
    at offset: Int, _ length: Int, _ window: inout ByteWindow, into facts: inout ImageFacts
  ) throws(HeaderFault) {
    guard length > 0 else { return }
    facts.xmp = ByteRange(offset: offset, length: length)
    let count = min(length, scanLimit, window.length - offset)
    guard count > 0 else { return }
    facts.xmpOrientation = orientation(
      in: UnsafeRawBufferPointer(start: try window.bytes(at: offset, count), count: count))
  }

  /// The digit after `tiff:Orientation="` or `<tiff:Orientation>`; nothing where neither is there.
  static func orientation(in text: UnsafeRawBufferPointer) -> Int? {
    guard let start = text.baseAddress else { return nil }
    let name: StaticString = "tiff:Orientation"
    let tail = 11  // "Orientation"
    var at = 5
    // The capital is rare in a packet, so that the C library does almost all of the work.
    while at + tail + 2 < text.count, let hit = memchr(start + at, Int32(UInt8(ascii: "O")), text.count - at - tail - 2)
    {
      let place = UnsafeRawPointer(hit) - start
      at = place + 1
      guard (start + place - 5).matches(name) else { continue }
      var next = place + tail
      while next < text.count, isBetween(start.byte(next)) { next += 1 }
      guard next < text.count else { return nil }
      let digit = start.byte(next) - 48
      if (0...9).contains(digit) { return digit }
    }
    return nil
  }

  /// White space, `=`, `>`, quotes: what may stand between the name and its value.
  private static func isBetween(_ byte: Int) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D, 0x3D, 0x3E, 0x22, 0x27: true
    default: false
    }
  }
}
