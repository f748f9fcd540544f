// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore

/// A block of bytes a file carries beside its pixels.
package enum MetadataBlock: String, Sendable, Hashable, CaseIterable {
  case icc, exif, xmp, iptc, photoshop

  /// The field of a libvips image.
  var field: String {
    switch self {
    case .icc: "icc-profile-data"
    case .exif: "exif-data"
    case .xmp: "xmp-data"
    case .iptc: "iptc-data"
    case .photoshop: "photoshop-data"
    }
  }
}

extension Picture {
  /// Whether the file carries such a block.
  package func has(_ block: MetadataBlock) -> Bool { cvips_has_field(image, block.field) != 0 }

  /// A copy of a block; EXIF as libvips holds it, beginning with "Exif\0\0" where the file had that.
  package func metadata(_ block: MetadataBlock) -> [UInt8]? {
    var count = 0
    guard let bytes = cvips_blob_field(image, block.field, &count) else { return nil }
    return [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
  }

  /// The same pixels with a block added, replaced, or removed where `bytes` is nothing.
  ///
  /// Removing EXIF also removes every tag libvips has taken out of it.
  package func setting(_ block: MetadataBlock, to bytes: [UInt8]?) throws(ImgtoolError) -> Picture {
    let copy = try shared()
    if block == .exif {
      copy.removeFields { $0.hasPrefix("exif-") }
    } else {
      cvips_remove_field(copy.image, block.field)
    }
    bytes?.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress { cvips_set_blob_field(copy.image, block.field, base, buffer.count) }
    }
    return copy
  }

  /// The same pixels with only those blocks; comments, resolution and other fields of the file go as well.
  package func keeping(_ blocks: Set<MetadataBlock>) throws(ImgtoolError) -> Picture {
    let copy = try shared()
    let kept = Set(blocks.map(\.field))
    let keepsEXIF = blocks.contains(.exif)
    copy.removeFields { name in
      if name.hasPrefix("exif-") { return !keepsEXIF }
      let isText = name.hasPrefix("png-comment-") || name.hasSuffix("comment") || name == "image-description"
      return (isText || name.hasSuffix("-data")) && !kept.contains(name)
    }
    return copy
  }

  /// The same pixels with the blocks of another picture in place of its own.
  package func withMetadata(
    of other: borrowing Picture, _ blocks: Set<MetadataBlock> = Set(MetadataBlock.allCases)
  ) throws(ImgtoolError) -> Picture {
    var result = try shared()
    for block in MetadataBlock.allCases where blocks.contains(block) {
      result = try result.setting(block, to: other.metadata(block))
    }
    return result
  }

  /// The same pixels, said to be upright: libvips' orientation field and its EXIF tag become 1.
  func saidToBeUpright() throws(ImgtoolError) -> Picture {
    let copy = try shared()
    cvips_remove_field(copy.image, "exif-ifd0-Orientation")
    cvips_remove_field(copy.image, "exif-ifd1-Orientation")
    cvips_set_int_field(copy.image, "orientation", 1)
    return copy
  }

  /// Removes fields of a picture that was made for it just before.
  private func removeFields(where isUnwanted: (String) -> Bool) {
    guard let names = cvips_fields(image) else { return }
    defer { cvips_free_names(names) }
    var next = names
    while let name = next.pointee {
      let text = String(cString: name)
      if isUnwanted(text) { cvips_remove_field(image, text) }
      next += 1
    }
  }
}
