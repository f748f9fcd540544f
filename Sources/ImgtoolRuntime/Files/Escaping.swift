// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text with control characters and bidirectional overrides made visible, for terminals and logs.
  package var escaped: String {
    guard unicodeScalars.contains(where: \.isHostile) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.isHostile: text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  /// C0, DEL, C1, line separators, and the marks that turn the direction of text.
  fileprivate var isHostile: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
