// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Edits an EXIF block where it lies: what is not edited stays byte for byte and at its offset.
///
/// A block begins with the TIFF header, without the "Exif\0\0" of JPEG. Maker notes may hold offsets into the
/// block, so nothing is ever moved but the entries of a table something was removed from.
package struct ExifEditor: Sendable {
  package internal(set) var data: TIFFBytes
  package internal(set) var structure: ExifStructure
  /// What could not be done as wished.
  package internal(set) var findings: [Finding] = []

  /// Tags of EXIF 2.32 §4.6 and TIFF 6.0 that turning touches.
  enum Tag {
    static let imageWidth = 0x0100
    static let imageLength = 0x0101
    static let orientation = 0x0112
    static let xResolution = 0x011A
    static let yResolution = 0x011B
    static let pixelXDimension = 0xA002
    static let pixelYDimension = 0xA003
  }

  /// Reads a block for editing.
  ///
  /// - Throws: `.input` when there is no TIFF header or the first table is not inside the block.
  package init(_ block: [UInt8]) throws(ImgtoolError) {
    guard let data = TIFFBytes(block) else {
      throw ImgtoolError(.input, "The EXIF block does not begin with a TIFF header.")
    }
    self.data = data
    structure = try ExifStructure(data)
  }

  package var block: [UInt8] { data.bytes }

  /// The orientation the block states for the main picture, of whatever value.
  package var orientation: Int? { number(Tag.orientation, in: .image) }

  /// The first number of the first entry with a tag.
  package func number(_ tag: Int, in directory: ExifStructure.Directory) -> Int? {
    structure.entries(tag, in: directory).first.flatMap { ExifStructure.number($0, data) }
  }

  /// States orientation 1 wherever the block states one.
  package mutating func setUpright() {
    for directory in [ExifStructure.Directory.image, .thumbnail] {
      set(Tag.orientation, in: directory, to: 1)
    }
  }

  /// States the new size of the main picture wherever the block states one (tags 0xA002, 0xA003, 0x0100, 0x0101).
  package mutating func setSize(_ size: PixelSize) {
    set(Tag.pixelXDimension, in: .exif, to: size.width)
    set(Tag.pixelYDimension, in: .exif, to: size.height)
    set(Tag.imageWidth, in: .image, to: size.width)
    set(Tag.imageLength, in: .image, to: size.height)
  }

  /// Exchanges the resolutions across and down, which differ only for pixels that are not square.
  package mutating func exchangeResolutions() {
    for directory in [ExifStructure.Directory.image, .thumbnail] {
      guard let across = structure.entries(Tag.xResolution, in: directory).first,
        let down = structure.entries(Tag.yResolution, in: directory).first,
        let left = across.value, let right = down.value, left.count == 8, right.count == 8, !left.overlaps(right)
      else { continue }
      let values = (Array(data.bytes[left]), Array(data.bytes[right]))
      data.put(values.1, at: left.lowerBound)
      data.put(values.0, at: right.lowerBound)
    }
  }

  /// Writes a number over every entry with this tag; an entry that is not one SHORT or LONG becomes one.
  ///
  /// Entries that hold the number already are not touched.
  mutating func set(_ tag: Int, in directory: ExifStructure.Directory, to value: Int) {
    for entry in structure.entries(tag, in: directory) where ExifStructure.number(entry, data) != value {
      if entry.type == 3, entry.count == 1, value <= 0xFFFF {
        data.put(short: value, at: entry.position + 8)
      } else if entry.type == 4, entry.count == 1 {
        data.put(long: value, at: entry.position + 8)
      } else if value <= 0xFFFF {
        data.put(short: 3, at: entry.position + 2)
        data.put(long: 1, at: entry.position + 4)
        data.put(long: 0, at: entry.position + 8)
        data.put(short: value, at: entry.position + 8)
      } else {
        data.put(short: 4, at: entry.position + 2)
        data.put(long: 1, at: entry.position + 4)
        data.put(long: value, at: entry.position + 8)
      }
    }
    reread()
  }

  /// Reads the tables again after entries changed; the first table is where it was, so it is still readable.
  mutating func reread() {
    if let fresh = try? ExifStructure(data) {  // an edit never moves the first table: this cannot fail
      structure = fresh
    }
  }
}
