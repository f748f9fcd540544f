// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// A file whose metadata can be edited without touching its coded picture: JPEG, PNG and WebP.
package protocol MetadataContainer: Sendable {
  /// Takes a file apart.
  ///
  /// - Throws: `.input` when its pieces do not fit into it.
  init(_ bytes: [UInt8]) throws(ImgtoolError)

  /// Edits EXIF and XMP and leaves out what the edit strips; says what could not be done as wished.
  mutating func apply(_ edit: MetadataEdit) throws(ImgtoolError) -> [Finding]

  /// Takes over what is not picture or colour from the file this picture was made of, in place of its own.
  mutating func adoptMetadata(of source: Self) throws(ImgtoolError)

  /// The whole file again.
  func encoded() throws(ImgtoolError) -> [UInt8]
}

extension MetadataContainer {
  /// A file after an edit; equal bytes when there was nothing to edit.
  package static func edited(
    _ bytes: [UInt8], _ edit: MetadataEdit
  ) throws(ImgtoolError) -> (bytes: [UInt8], findings: [Finding]) {
    var file = try Self(bytes)
    let findings = try file.apply(edit)
    return (try file.encoded(), findings)
  }
}
