// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

@Suite struct PlainJSONTests {
  func isPlain(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBufferPointer(\.isPlainJSON) }

  /// Wherever it stands: many bytes are looked at by one instruction, and the last ones by themselves.
  @Test func aByteThatNeedsAnEscapeIsFoundWhereverItStands() {
    #expect(isPlain([]))
    for byte in UInt8.min...UInt8.max {
      let needsEscape = byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
      for length in [1, 2, 7, 8, 15, 16, 17, 31, 63, 64, 65, 127, 129] {
        for place in [0, length / 2, length - 1] {
          var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
          bytes[place] = byte
          #expect(isPlain(bytes) == !needsEscape, "\(byte) at \(place) of \(length)")
        }
      }
    }
  }
}
