// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import ImgtoolCore
internal import ImgtoolDigest

/// The digest of the very bytes that are sent.
enum InputDigest {
  /// SHA-256 in lower-case hexadecimal.
  ///
  /// - Parameter size: how many bytes there are; 0 where that is not known.
  /// - Throws: `.input` for a file that cannot be read.
  static func digest(of bytes: ImageBytes, _ size: ByteCount) async throws(ImgtoolError) -> String {
    try await fileWork(size) { () throws(ImgtoolError) in
      switch bytes {
      case .memory(let bytes): hexadecimal(SHA256.hash(bytes))
      case .file(let path): try file(path)
      }
    }
  }

  private static func file(_ path: String) throws(ImgtoolError) -> String {
    func problem() -> ImgtoolError { ImgtoolError(.input, "\(path) cannot be read.", underlying: errorText()) }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw problem() }
    defer { close(file) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(file, &buffer, buffer.count)
      if count == 0 { return hexadecimal(hash.finish()) }
      guard count > 0 else { throw problem() }
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
