// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Codes that prove who wrote a message: HMAC (RFC 2104) with SHA-256.
public enum HMAC {
  /// The code of a message, 32 bytes (OpenSSL: HMAC).
  ///
  /// - Parameter key: of any length.
  public static func code(of message: some Collection<UInt8>, key: some Collection<UInt8>) -> [UInt8] {
    // One byte more than the key, so that an empty one has an address: without it OpenSSL takes the key used before.
    let (key, length) = (Array(key) + [0], Int32(key.count))
    return [UInt8](unsafeUninitializedCapacity: SHA256.length) { code, count in
      let made = message.withBytes { bytes in
        COpenSSL.HMAC(
          SHA256.method, key, length, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, code.baseAddress, nil)
      }
      precondition(made != nil, "HMAC")
      count = SHA256.length
    }
  }

  /// Whether two codes are the same; how long that takes tells nothing about where they differ (OpenSSL:
  /// CRYPTO_memcmp).
  public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}
