// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Codes that prove who wrote a message: HMAC (RFC 2104) with SHA-256.
public enum HMAC {
  /// The code of a message, 32 bytes (OpenSSL: EVP_Q_mac).
  ///
  /// - Parameter key: of any length.
  public static func code(of message: some Collection<UInt8>, key: some Collection<UInt8>) -> [UInt8] {
    // One byte more than the key, so that an empty one has an address: without it OpenSSL takes it for none.
    let (key, length) = (Array(key) + [0], key.count)
    return [UInt8](unsafeUninitializedCapacity: SHA256.length) { code, count in
      let made = message.withBytes { bytes in
        EVP_Q_mac(
          SHA256.library, "HMAC", nil, "SHA256", nil, key, length, bytes.bindMemory(to: UInt8.self).baseAddress,
          bytes.count, code.baseAddress, code.count, &count)
      }
      precondition(made != nil, "EVP_Q_mac")
    }
  }

  /// Whether two codes are the same; how long that takes tells nothing about where they differ (OpenSSL:
  /// CRYPTO_memcmp).
  public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}
