// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import ImgtoolCore
internal import ImgtoolDigest

/// The digest of the very bytes that are sent.
enum InputDigest {
  /// SHA-256 in lower-case hexadecimal, worked out on a thread that may block.
  ///
  /// - Throws: `.input` for a file that cannot be read.
  static func digest(of bytes: ImageBytes) async throws(ImgtoolError) -> String {
    let result: Result<String, ImgtoolError> = await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .userInitiated).async {
        switch bytes {
        case .memory(let bytes): continuation.resume(returning: .success(hexadecimal(SHA256.hash(bytes))))
        case .file(let path): continuation.resume(returning: file(path))
        }
      }
    }
    return try result.get()
  }

  static func file(_ path: String) -> Result<String, ImgtoolError> {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      return .failure(ImgtoolError(.input, "\(path) cannot be read.", underlying: errorText()))
    }
    defer { close(file) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(file, &buffer, buffer.count)
      if count == 0 { return .success(hexadecimal(hash.finish())) }
      guard count > 0 else {
        return .failure(ImgtoolError(.input, "\(path) cannot be read.", underlying: errorText()))
      }
      buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }
}

/// Two lower-case digits for each byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
  var text: [UInt8] = []
  for byte in bytes {
    text.append(digit(byte >> 4))
    text.append(digit(byte & 15))
  }
  return String(decoding: text, as: UTF8.self)
}
