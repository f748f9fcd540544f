// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Edits the metadata of a whole TIFF file of one page where it lies; no offset changes.
package enum TIFFMetadata {
  /// What `all` takes out of the first table: descriptions and blocks, but not the profile (TIFF 6.0 §8, EXIF 2.32 §4.6).
  private static let describing: Set<Int> = [
    0x010D, 0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x02BC, 0x8298, 0x83BB, 0x8649, 0x8769, 0x8825,
    0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F, 0xC4A5, 0xC62F, 0xC634, 0xC65D, 0xC68B,
  ]

  /// The file after an edit that leaves its pixels alone.
  ///
  /// - Parameter xmp: where the XMP packet lies, as the probe found it.
  /// - Throws: `.unsupported` for a large TIFF, more than one table of pages, or a damaged structure.
  package static func edited(
    _ bytes: [UInt8], xmp: ByteRange?, _ edit: MetadataEdit
  ) throws(ImgtoolError) -> (bytes: [UInt8], findings: [Finding]) {
    // The packet lies in the file as an item of HEIF does.
    let keepsPacket = edit.strip != .all
    var result: (bytes: [UInt8], findings: [Finding]) = (bytes, [])
    if keepsPacket { result = try ItemMetadata.edited(bytes, exif: nil, xmp: xmp, edit) }
    result.findings.removeAll { $0.rule == "heif.items.kept" }
    guard edit.strip != .none else { return result }
    do throws(ImgtoolError) {
      var editor = try ExifEditor(result.bytes)
      guard editor.structure.table(.thumbnail) == nil else {
        throw ImgtoolError(.unsupported, "A TIFF of several pictures is not stripped; split it first.")
      }
      if edit.strip == .all {
        try editor.removeInPlace([.image: describing], tables: [.exif, .gps, .interoperability])
      } else {
        var tags = ExifEditor.privateTags
        // The packet was cleaned; further tables of a TIFF hold parts of its picture.
        tags[.image]?.subtract([0x02BC, 0x014A])
        try editor.removeInPlace(tags, tables: [.gps])
      }
      return (editor.block, result.findings)
    } catch {
      throw ImgtoolError(.unsupported, "The TIFF cannot be stripped where it lies.", underlying: error.message)
    }
  }
}
