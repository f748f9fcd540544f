// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import ImgtoolCore

extension PreparedImage {
  /// The picture as a data URI (RFC 2397), "data:image/png;base64,…".
  ///
  /// - Throws: `.input` for a file that cannot be read, or no longer has as many bytes as it had when it was prepared.
  func dataURI() throws(ImgtoolError) -> String {
    "data:\(mediaType);base64,\(try content().base64EncodedString())"
  }

  private func content() throws(ImgtoolError) -> Data {
    let path: String
    switch bytes {
    case .memory(let bytes): return Data(bytes)
    case .file(let name): path = name
    }
    let content: Data?
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? file.close() }  // nothing was written
      content = try file.read(upToCount: byteCount.bytes + 1)
    } catch {
      throw ImgtoolError(.input, "\(path) cannot be read.", underlying: error.localizedDescription)
    }
    guard let content, content.count == byteCount.bytes else {
      throw ImgtoolError(.input, "\(path) has changed while it was being sent.")
    }
    return content
  }
}
