// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// SHA-256 (FIPS 180-4), of bytes at once or piece by piece.
public struct SHA256: ~Copyable, @unchecked Sendable {
  /// The bytes of a digest.
  public static let length = 32

  /// A library context of our own (OSSL_LIB_CTX), for the machine's openssl.cnf may leave the common one without SHA-256.
  ///
  /// OpenSSL is not cleaned up at exit, because other threads may still be at work then.
  nonisolated(unsafe) static let library: OpaquePointer = {
    OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    return OSSL_LIB_CTX_new()
  }()

  /// The method, fetched once (EVP_MD_fetch).
  nonisolated(unsafe) private static let method: OpaquePointer = EVP_MD_fetch(library, "SHA256", nil)

  /// Used by nobody else, so it goes wherever this value goes.
  private let context: OpaquePointer

  public init() {
    context = EVP_MD_CTX_new()
    start()
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes after those added before (OpenSSL: EVP_DigestUpdate).
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(status == 1, "EVP_DigestUpdate")
  }

  /// The digest of everything added, 32 bytes; what is added after this belongs to a new one.
  public mutating func finish() -> [UInt8] {
    let digest = [UInt8](unsafeUninitializedCapacity: Self.length) { digest, count in
      let status = EVP_DigestFinal_ex(context, digest.baseAddress, nil)
      precondition(status == 1, "EVP_DigestFinal_ex")
      count = Self.length
    }
    start()
    return digest
  }

  /// The digest of bytes that are all there, 32 bytes.
  public static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var hash = SHA256()
    bytes.withBytes { hash.update($0) }
    return hash.finish()
  }

  private func start() {
    let status = EVP_DigestInit_ex(context, Self.method, nil)
    precondition(status == 1, "EVP_DigestInit_ex")
  }
}

extension Collection<UInt8> {
  /// The elements in one piece: where they lie, if they lie so, else in a copy.
  func withBytes<Result>(_ use: (UnsafeRawBufferPointer) -> Result) -> Result {
    withContiguousStorageIfAvailable { use(UnsafeRawBufferPointer($0)) } ?? Array(self).withUnsafeBytes(use)
  }
}
