// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// The tables of an EXIF block and where each entry's value lies (EXIF 2.32 §4.5, TIFF 6.0 §2).
///
/// Positions count from the first byte of the TIFF header. What is damaged is left out and stated in `flaws`.
package struct ExifStructure: Sendable, Hashable {
  /// The five tables an EXIF block has by the standard.
  package enum Directory: String, Sendable, Hashable, CaseIterable {
    /// IFD0, which describes the main picture.
    case image
    /// IFD1, which describes the thumbnail.
    case thumbnail
    case exif, gps, interoperability
  }

  /// One entry of 12 bytes.
  package struct Entry: Sendable, Hashable {
    package let directory: Directory
    package let tag: Int
    /// The TIFF field type, 1–13; others are unknown.
    package let type: Int
    package let count: Int
    /// Where the entry itself begins.
    package let position: Int
    /// Where its value lies, inside the entry or elsewhere; nothing when it is not inside the block.
    package let value: Range<Int>?

    /// Where the value lies when it is longer than the four bytes an entry has room for.
    package var outside: Range<Int>? { value.flatMap { $0.lowerBound == position + 8 ? nil : $0 } }
  }

  /// One table.
  package struct Table: Sendable, Hashable {
    package let directory: Directory
    /// Where the number of entries stands; they follow it.
    package let position: Int
    package let entries: [Entry]
    /// The entries the table states, which may be more than fit.
    package let statedCount: Int

    /// Where the offset of the next table stands.
    package var nextPosition: Int { position + 2 + 12 * statedCount }

    /// The bytes the table needs; only the first one surely has an offset of the next after its entries.
    package var range: Range<Int> { position..<(directory == .image ? nextPosition + 4 : nextPosition) }
  }

  /// Tag numbers of EXIF 2.32 §4.6 and TIFF 6.0 the structure itself needs.
  package enum Pointer {
    package static let exif = 0x8769
    package static let gps = 0x8825
    package static let interoperability = 0xA005
    package static let thumbnail = 0x0201
    package static let thumbnailLength = 0x0202
  }

  package private(set) var tables: [Table] = []
  /// What is damaged; empty for a block that can be edited without guessing.
  package private(set) var flaws: [Finding] = []

  /// Reads the tables of a block.
  ///
  /// - Throws: `.input` when not even the first table is inside the block.
  package init(_ bytes: TIFFBytes) throws(ImgtoolError) {
    guard let first = bytes.long(at: 4), let count = bytes.short(at: first), bytes.holds(first, 2 + 12 * count) else {
      throw ImgtoolError(.input, "The first table of the EXIF block is not inside the block.")
    }
    read(.image, at: first, bytes)
    if let image = table(.image), let next = bytes.long(at: image.nextPosition), next != 0 {
      read(.thumbnail, at: next, bytes)
    }
    follow(Pointer.exif, from: .image, to: .exif, bytes)
    follow(Pointer.gps, from: .image, to: .gps, bytes)
    follow(Pointer.interoperability, from: .exif, to: .interoperability, bytes)
    for index in tables.indices { checkOverlap(of: index) }
  }

  package func table(_ directory: Directory) -> Table? { tables.first { $0.directory == directory } }

  /// The entries with a tag, in the order they stand.
  package func entries(_ tag: Int, in directory: Directory) -> [Entry] {
    table(directory)?.entries.filter { $0.tag == tag } ?? []
  }

  /// The first value of an entry of type BYTE, SHORT or LONG.
  package static func number(_ entry: Entry, _ bytes: TIFFBytes) -> Int? {
    guard let value = entry.value, entry.count >= 1 else { return nil }
    switch entry.type {
    case 1: return bytes.holds(value.lowerBound, 1) ? Int(bytes.bytes[value.lowerBound]) : nil
    case 3: return bytes.short(at: value.lowerBound)
    case 4, 13: return bytes.long(at: value.lowerBound)
    default: return nil
    }
  }

  /// The thumbnail's bytes, when both of its entries are there and lead inside the block.
  package func thumbnailRange(_ bytes: TIFFBytes) -> Range<Int>? {
    guard let start = entries(Pointer.thumbnail, in: .thumbnail).first.flatMap({ Self.number($0, bytes) }),
      let length = entries(Pointer.thumbnailLength, in: .thumbnail).first.flatMap({ Self.number($0, bytes) }),
      length > 0, bytes.holds(start, length)
    else { return nil }
    return start..<start + length
  }

  private mutating func follow(
    _ tag: Int, from source: Directory, to target: Directory, _ bytes: TIFFBytes
  ) {
    let pointers = entries(tag, in: source)
    guard let pointer = pointers.first else { return }
    if pointers.count > 1 { flaw("exif.structure.repeated", "Two entries lead to the \(target.rawValue) table.") }
    guard let position = Self.number(pointer, bytes) else {
      flaw("exif.structure.pointer", "The entry that leads to the \(target.rawValue) table holds no offset.")
      return
    }
    read(target, at: position, bytes)
  }

  private mutating func read(_ directory: Directory, at position: Int, _ bytes: TIFFBytes) {
    guard position >= 8, let count = bytes.short(at: position) else {
      flaw("exif.structure.outside", "The \(directory.rawValue) table is not inside the EXIF block.")
      return
    }
    guard !tables.contains(where: { $0.position == position }) else {
      flaw("exif.structure.loop", "The \(directory.rawValue) table is one that was read before.")
      return
    }
    var entries: [Entry] = []
    for index in 0..<count {
      guard let entry = entry(directory, at: position + 2 + 12 * index, bytes) else {
        flaw("exif.structure.truncated", "The \(directory.rawValue) table reaches beyond the EXIF block.")
        break
      }
      entries.append(entry)
    }
    tables.append(Table(directory: directory, position: position, entries: entries, statedCount: count))
  }

  private mutating func entry(_ directory: Directory, at position: Int, _ bytes: TIFFBytes) -> Entry? {
    guard bytes.holds(position, 12), let tag = bytes.short(at: position), let type = bytes.short(at: position + 2),
      let count = bytes.long(at: position + 4), let offset = bytes.long(at: position + 8)
    else { return nil }
    var value: Range<Int>?
    if let size = Self.sizes[type] {
      // At most 2³² − 1 values of 8 bytes: far from overflow in 64 bits.
      let length = count * size
      let start = length <= 4 ? position + 8 : offset
      if bytes.holds(start, length) {
        value = start..<start + length
      } else {
        flaw("exif.structure.value", "The value of tag \(tagName(tag)) is not inside the EXIF block.")
      }
    } else {
      flaw("exif.structure.type", "Tag \(tagName(tag)) has the unknown type \(type).")
    }
    return Entry(directory: directory, tag: tag, type: type, count: count, position: position, value: value)
  }

  /// Tables that lie over each other cannot be edited one by one.
  private mutating func checkOverlap(of index: Int) {
    let range = tables[index].range
    if tables[..<index].contains(where: { $0.range.overlaps(range) }) {
      flaw("exif.structure.overlap", "Two tables of the EXIF block lie over each other.")
    }
  }

  private mutating func flaw(_ rule: String, _ message: String) {
    // A hostile block may have thousands: a few tell the story.
    if flaws.count < 16 { flaws.append(Finding(rule, .warn, message)) }
  }

  private func tagName(_ tag: Int) -> String {
    let digits = String(tag, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// Bytes of one value by TIFF type 1–13 (TIFF 6.0 §2; 13 is IFD of TIFF Technical Note 1).
  private static let sizes = [1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4]
}
