// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// How much metadata leaves a file.
public enum MetadataStrip: String, Sendable, Hashable, Codable, CaseIterable {
  /// Everything stays.
  case none
  /// Location, serial numbers, owner, maker notes, thumbnails and what cannot be looked into; credit stays.
  ///
  /// Credit is Artist, Copyright, captions and comments a person wrote to be read. UserComment goes: cameras and
  /// apps keep machine notes there.
  case `private`
  /// Everything but what the colours need: ICC, JFIF and Adobe's transform flag.
  case all
}

/// What is to be done to the metadata of one file, in one go.
package struct MetadataEdit: Sendable, Hashable {
  /// The orientation the pixels had and have no longer; `up` when they were not touched.
  package var turn: Orientation
  /// The size of the pixels now.
  package var size: PixelSize
  package var strip: MetadataStrip
  /// The most memory turning a thumbnail may take.
  package var limit: ByteCount

  package init(
    turn: Orientation = .up, size: PixelSize, strip: MetadataStrip = .none, limit: ByteCount = .mebibytes(64)
  ) {
    self.turn = turn
    self.size = size
    self.strip = strip
    self.limit = limit
  }
}

/// Metadata after an edit; `bytes` is nothing when it had to be left out.
package struct EditedMetadata: Sendable, Hashable {
  package var bytes: [UInt8]?
  package var findings: [Finding]

  package init(_ bytes: [UInt8]?, _ findings: [Finding] = []) {
    self.bytes = bytes
    self.findings = findings
  }
}
