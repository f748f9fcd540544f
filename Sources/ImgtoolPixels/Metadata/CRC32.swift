// SPDX-License-Identifier: Apache-2.0

/// The checksum of PNG chunks (PNG Third Edition §5.5, ISO 3309).
package enum CRC32 {
  /// The checksum over the bytes, continued from an earlier one.
  package static func checksum(_ bytes: some Sequence<UInt8>, continuing earlier: UInt32 = 0) -> UInt32 {
    ~bytes.reduce(~earlier) { sum, byte in
      table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ (sum >> 8)
    }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
  }
}
