// SPDX-License-Identifier: Apache-2.0
import ImgtoolDigest

/// Makes and reads UUIDs in their lower-case text form (RFC 9562).
package enum Identifier {
  /// A time-ordered UUID: 48 bits of milliseconds, 12 of their fraction, 62 random (RFC 9562 §5.7).
  package static func timeOrdered(at time: Timestamp, random: () -> UInt64) -> String {
    let micros = UInt64(max(0, time.microseconds))
    let fraction = (micros % 1000) * 4096 / 1000
    let high = (micros / 1000) << 16 | 0x7000 | fraction
    let low = random() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return text(high, low)
  }

  /// The same UUID for the same name on every machine: a digest with version 8 (RFC 9562 §5.8).
  package static func named(_ name: String) -> String {
    let digest = SHA256.hash(name.utf8)
    func word(_ from: Int) -> UInt64 { digest[from..<from + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    return text(
      word(0) & 0xFFFF_FFFF_FFFF_0FFF | 0x8000, word(8) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
  }

  /// The text in lower case, or nothing when it is no UUID.
  package static func canonical(_ text: some StringProtocol) -> String? {
    let lower = text.lowercased()
    let bytes = Array(lower.utf8)
    guard bytes.count == 36 else { return nil }
    for (index, byte) in bytes.enumerated() {
      let isDash = index == 8 || index == 13 || index == 18 || index == 23
      guard isDash ? byte == 45 : Hex.value(of: byte) != nil else { return nil }
    }
    return lower
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    let bytes = [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    let hex = Hex.text(bytes)
    var out = ""
    for (index, character) in hex.enumerated() {
      if index == 8 || index == 12 || index == 16 || index == 20 { out.append("-") }
      out.append(character)
    }
    return out
  }
}
