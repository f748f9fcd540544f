// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Edits EXIF and XMP of HEIF and AVIF where the items lie, without changing a length or an offset of the file.
package enum ItemMetadata {
  /// An EXIF block without an entry: a TIFF header and an empty table.
  private static let emptyBlock: [UInt8] = [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  /// The file after an edit.
  ///
  /// What gets shorter is filled up with zeros (EXIF) or spaces (XMP); what should go is emptied. Thumbnails that are
  /// items of their own stay.
  /// - Parameters:
  ///   - exif: where the TIFF header of the EXIF item and what follows it lies, as the probe found it.
  ///   - xmp: where the XMP packet lies.
  package static func edited(
    _ bytes: [UInt8], exif: ByteRange?, xmp: ByteRange?, _ edit: MetadataEdit
  ) throws(ImgtoolError) -> (bytes: [UInt8], findings: [Finding]) {
    var result = bytes
    var findings: [Finding] = []
    if edit.strip != .none {
      findings.append(
        Finding("heif.items.kept", .note, "Items beside the picture, EXIF and XMP were not looked into."))
    }
    if let range = exif.flatMap({ inside($0, bytes) }) {
      let edited = try ExifEditor.edited(Array(bytes[range]), edit, byteLimit: range.count)
      findings += edited.findings
      overwrite(range, of: &result, with: edited.bytes ?? emptyBlock, filler: 0)
    }
    if let range = xmp.flatMap({ inside($0, bytes) }) {
      let edited = XMPEditor.edited(Array(bytes[range]), edit, byteLimit: range.count)
      findings += edited.findings
      overwrite(range, of: &result, with: edited.bytes ?? [], filler: UInt8(ascii: " "))
    }
    return (result, findings)
  }

  private static func inside(_ range: ByteRange, _ bytes: [UInt8]) -> Range<Int>? {
    guard range.offset >= 0, range.length >= 0, range.offset <= bytes.count,
      range.length <= bytes.count - range.offset
    else { return nil }
    return range.offset..<range.offset + range.length
  }

  /// Writes new bytes over a range, as many as fit, and fills up the rest.
  private static func overwrite(_ range: Range<Int>, of bytes: inout [UInt8], with new: [UInt8], filler: UInt8) {
    let fitting = new.count <= range.count ? new : []
    bytes.replaceSubrange(range, with: fitting + Array(repeating: filler, count: range.count - fitting.count))
  }
}
