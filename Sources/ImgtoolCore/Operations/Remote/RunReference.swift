// SPDX-License-Identifier: Apache-2.0

/// The name of one paid request, fixed before it is sent and the same in every try.
///
/// 122 random bits, spelled twice: as a UUID for an `Idempotency-Key` header, and as text for the service's own label, by
/// which a run is found again after a lost answer.
public struct RunReference: Sendable, Hashable, Codable {
  /// 32 lower-case hexadecimal digits.
  public let digits: String

  /// A reference of two random words; six bits are set as version 4 of a UUID asks (RFC 9562 §5.4).
  public init(_ high: UInt64, _ low: UInt64) {
    let words = [high & ~0xf000 | 0x4000, low & ~(0b11 << 62) | 0b10 << 62]
    digits = words.map { word in
      let text = String(word, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
  }

  /// Reads a label as `label` writes it; nothing for anything else.
  public init?(label: String) {
    let prefix = "imgtool/1/"
    guard label.hasPrefix(prefix) else { return nil }
    let digits = label.dropFirst(prefix.count)
    guard digits.utf8.count == 32, digits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    self.digits = String(digits)
  }

  /// "imgtool/1/" and the digits: nothing that needs quoting in a query.
  public var label: String { "imgtool/1/\(digits)" }

  /// The digits as a UUID (RFC 9562 §4).
  public var uuid: String {
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }
}
