// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolProbe

/// Tells a format from the first 16 bytes, for file names and content types; it does not judge the rest.
enum MediaSniffer {
  /// The bytes `format` looks at.
  static let length = 16

  static func format(_ head: [UInt8]) -> ImageFormat? {
    func has(_ text: String, at: Int = 0) -> Bool { head.dropFirst(at).starts(with: text.utf8) }
    if head.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    if head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
    if has("RIFF"), has("WEBP", at: 8) { return .webp }
    if has("GIF87a") || has("GIF89a") { return .gif }
    if head.starts(with: [0x49, 0x49, 0x2A, 0]) || head.starts(with: [0x4D, 0x4D, 0, 0x2A]) { return .tiff }
    if has("ftypavif", at: 4) || has("ftypavis", at: 4) { return .avif }
    if has("ftyphei", at: 4) || has("ftyphev", at: 4) || has("ftypmif1", at: 4) { return .heif }
    if has("BM") { return .bmp }
    return nil
  }

  /// The media type of a file that starts so.
  static func mediaType(_ head: [UInt8]) -> String {
    if let format = format(head) { return format.mediaType }
    return ZipReader.isZip(head) ? "application/zip" : "application/octet-stream"
  }
}
