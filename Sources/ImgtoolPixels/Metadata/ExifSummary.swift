// SPDX-License-Identifier: Apache-2.0
import CExif

/// An EXIF block as libexif reads it: the second opinion every edit of ours is held against.
package struct ExifSummary: Sendable, Hashable {
  /// One entry as libexif understood it.
  package struct Entry: Sendable, Hashable {
    package let tag: Int
    /// libexif's name of the tag, for example "Orientation"; "0x9999" for one it does not know.
    package let name: String
    /// The TIFF field type.
    package let type: Int
    package let count: Int
    package let bytes: [UInt8]
    /// The value in words (libexif: exif_entry_get_value).
    package let text: String
  }

  package private(set) var entries: [ExifStructure.Directory: [Entry]] = [:]
  package private(set) var thumbnail: [UInt8] = []
  package private(set) var isBigEndian = false

  /// Reads a block that begins with a TIFF header; nothing when libexif finds no entry in it.
  ///
  /// libexif: exif_data_load_data, without its corrections and with tags it does not know.
  package init?(_ block: [UInt8]) {
    guard let data = exif_data_new() else { return nil }
    defer { exif_data_unref(data) }
    exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION)
    exif_data_unset_option(data, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS)
    exif_data_set_option(data, EXIF_DATA_OPTION_DONT_CHANGE_MAKER_NOTE)
    let framed = JPEGSegments.Segment.exifPrefix + block
    guard let length = UInt32(exactly: framed.count) else { return nil }
    exif_data_load_data(data, framed, length)
    isBigEndian = exif_data_get_byte_order(data) == EXIF_BYTE_ORDER_MOTOROLA
    let contents = data.pointee.ifd
    for (directory, index, content) in [
      (.image, EXIF_IFD_0, contents.0), (.thumbnail, EXIF_IFD_1, contents.1), (.exif, EXIF_IFD_EXIF, contents.2),
      (.gps, EXIF_IFD_GPS, contents.3), (.interoperability, EXIF_IFD_INTEROPERABILITY, contents.4),
    ] as [(ExifStructure.Directory, ExifIfd, UnsafeMutablePointer<ExifContent>?)] {
      entries[directory] = Self.entries(of: content, index, isBigEndian: isBigEndian)
    }
    guard entries.values.contains(where: { !$0.isEmpty }) else { return nil }
    if let start = data.pointee.data {
      thumbnail = Array(UnsafeBufferPointer(start: start, count: Int(data.pointee.size)))
    }
  }

  /// The first entry with a tag.
  package func entry(_ tag: Int, in directory: ExifStructure.Directory) -> Entry? {
    entries[directory]?.first { $0.tag == tag }
  }

  /// The first value of an entry of type BYTE, SHORT or LONG.
  package func number(_ tag: Int, in directory: ExifStructure.Directory) -> Int? {
    guard let entry = entry(tag, in: directory) else { return nil }
    let width = [1: 1, 3: 2, 4: 4][entry.type] ?? 0
    guard width > 0, entry.bytes.count >= width else { return nil }
    let value = Array(entry.bytes.prefix(width))
    return (isBigEndian ? value : value.reversed()).reduce(0) { $0 << 8 | Int($1) }
  }

  private static func entries(
    of content: UnsafeMutablePointer<ExifContent>?, _ index: ExifIfd, isBigEndian: Bool
  ) -> [Entry] {
    guard let content, let list = content.pointee.entries else { return [] }
    return (0..<Int(content.pointee.count)).compactMap { list[$0] }.map { entry in
      let tag = Int(entry.pointee.tag.rawValue)
      let bytes = UnsafeBufferPointer(start: entry.pointee.data, count: Int(entry.pointee.size))
      var text = [CChar](repeating: 0, count: 256)
      exif_entry_get_value(entry, &text, UInt32(text.count))
      let name = exif_tag_get_name_in_ifd(entry.pointee.tag, index).map { String(cString: $0) }
      return Entry(
        tag: tag, name: name ?? "0x" + String(tag, radix: 16), type: Int(entry.pointee.format.rawValue),
        count: Int(entry.pointee.components), bytes: entry.pointee.data == nil ? [] : Array(bytes),
        text: text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" })
    }
  }
}
