// SPDX-License-Identifier: Apache-2.0

extension UnsafeBufferPointer<UInt8> {
  /// Whether a JSON text takes the bytes as they are: no quotes, backslashes and control characters (RFC 8259 §7).
  package var isPlainJSON: Bool {
    // Without a branch for each byte, so that one instruction looks at many.
    var escapes: UInt8 = 0
    for byte in self { escapes |= (byte < 0x20 ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x5c ? 1 : 0) }
    return escapes == 0
  }
}
