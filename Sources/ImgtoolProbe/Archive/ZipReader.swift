// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Reads a zip archive in memory (PKWARE APPNOTE 6.3.10), bounded in entries and in unpacked bytes.
///
/// Nothing is ever written under a name from an archive. Only the central directory is believed, and every entry must
/// lie where it says without overlapping another, which is what the known bombs do.
package struct ZipReader: Sendable {
  /// One file of an archive.
  package struct Entry: Sendable, Hashable {
    /// The whole name, relative and without "..", printable characters only.
    package let path: String
    package let bytes: [UInt8]

    /// The last component of the path.
    package var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  }

  package let maximumEntries: Int
  /// Unpacked bytes of all entries together.
  package let maximumBytes: Int

  package init(maximumEntries: Int, maximumBytes: Int) {
    self.maximumEntries = maximumEntries
    self.maximumBytes = maximumBytes
  }

  /// Whether bytes begin as an archive does, one without a file included.
  package static func isZip(_ bytes: some Collection<UInt8>) -> Bool {
    let head = bytes.prefix(4)
    return head.elementsEqual([0x50, 0x4B, 0x03, 0x04]) || head.elementsEqual([0x50, 0x4B, 0x05, 0x06])
  }

  /// The files of an archive in the order of their full names; folders are left out.
  ///
  /// - Throws: `.input` for a broken, encrypted, 64-bit or escaping archive or one with two files of one name, `.limit`
  ///   over a bound.
  package func entries(of archive: [UInt8]) throws(ImgtoolError) -> [Entry] {
    let directory = try directory(of: archive)
    var spans: [Range<Int>] = []
    var found: [Entry] = []
    var paths: Set<String> = []
    var crc = CRC32()
    var left = maximumBytes
    for record in directory where !record.path.hasSuffix("/") {
      try check(record)
      if isNoise(record.path) { continue }
      guard paths.insert(record.path).inserted else { throw broken("two files in it are named \(record.path)") }
      let span = try span(of: record, in: archive)
      guard !spans.contains(where: { $0.overlaps(span.whole) }) else { throw broken("entries overlap") }
      spans.append(span.whole)
      guard record.size <= left else {
        throw ImgtoolError(.limit, "The zip unpacks to more than \(ByteCount(maximumBytes)).")
      }
      let bytes = try unpack(archive[span.data], record)
      crc.restart()
      bytes.withUnsafeBytes { buffer in
        if let start = buffer.baseAddress { crc.add(start, buffer.count) }
      }
      guard crc.value == record.checksum else { throw broken("the checksum of \(record.path) does not agree") }
      left -= bytes.count
      found.append(Entry(path: record.path, bytes: bytes))
    }
    return found.sorted { $0.path < $1.path }
  }

  private struct Record {
    let path: String
    let method: Int
    let flags: Int
    let packed: Int
    let size: Int
    let offset: Int
    let checksum: Int
    let isLink: Bool
  }

  private func broken(_ why: String) -> ImgtoolError { ImgtoolError(.input, "The zip cannot be read: \(why).") }

  private func word(_ bytes: [UInt8], _ at: Int, _ count: Int) throws(ImgtoolError) -> Int {
    guard at >= 0, at + count <= bytes.count else { throw broken("it ends early") }
    return (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
  }

  /// §4.3.12, found through the end record of §4.3.16 within the last 64 KiB.
  private func directory(of archive: [UInt8]) throws(ImgtoolError) -> [Record] {
    let floor = max(0, archive.count - 22 - 65_535)
    var end = archive.count - 22
    while end >= floor, try word(archive, end, 4) != 0x0605_4B50 { end -= 1 }
    guard end >= floor, end >= 0 else { throw broken("it has no directory") }
    let count = try word(archive, end + 10, 2)
    var at = try word(archive, end + 16, 4)
    guard count <= maximumEntries else { throw ImgtoolError(.limit, "The zip has more than \(maximumEntries) files.") }
    var records: [Record] = []
    for _ in 0..<count {
      guard try word(archive, at, 4) == 0x0201_4B50 else { throw broken("its directory is damaged") }
      let nameLength = try word(archive, at + 28, 2)
      let nameEnd = at + 46 + nameLength
      guard nameEnd <= archive.count,
        let path = String(validating: archive[(at + 46)..<nameEnd], as: UTF8.self)
      else { throw broken("a name is not UTF-8") }
      records.append(
        Record(
          path: path, method: try word(archive, at + 10, 2), flags: try word(archive, at + 8, 2),
          packed: try word(archive, at + 20, 4), size: try word(archive, at + 24, 4),
          offset: try word(archive, at + 42, 4), checksum: try word(archive, at + 16, 4),
          isLink: try word(archive, at + 38, 4) >> 28 == 0xA))
      at = nameEnd + (try word(archive, at + 30, 2)) + (try word(archive, at + 32, 2))
    }
    return records
  }

  /// Names that leave the folder are refused although nothing is written by name: such an archive means harm.
  private func check(_ record: Record) throws(ImgtoolError) {
    let parts = record.path.split(separator: "/", omittingEmptySubsequences: false)
    guard !record.path.isEmpty, !record.path.hasPrefix("/"), !parts.contains(".."), !record.path.contains("\\"),
      !record.path.contains(":"), !record.path.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else { throw broken("a name leaves its folder") }
    guard record.flags & 0x1 == 0 else { throw broken("it is encrypted") }
    guard !record.isLink else { throw broken("it holds a link") }
    guard record.size != 0xFFFF_FFFF, record.packed != 0xFFFF_FFFF, record.offset != 0xFFFF_FFFF else {
      throw broken("it is a 64-bit archive")
    }
  }

  /// Where an entry lies: its local header (§4.3.7) with the data, and the data alone.
  private func span(of record: Record, in archive: [UInt8]) throws(ImgtoolError) -> (
    whole: Range<Int>, data: Range<Int>
  ) {
    guard try word(archive, record.offset, 4) == 0x0403_4B50 else { throw broken("an entry is not where it should be") }
    let header = 30 + (try word(archive, record.offset + 26, 2)) + (try word(archive, record.offset + 28, 2))
    let start = record.offset + header
    guard start + record.packed <= archive.count else { throw broken("it ends early") }
    return (record.offset..<start + record.packed, start..<start + record.packed)
  }

  private func unpack(_ data: ArraySlice<UInt8>, _ record: Record) throws(ImgtoolError) -> [UInt8] {
    switch record.method {
    case 0:
      guard record.size == record.packed else { throw broken("a size does not agree") }
      return Array(data)
    case 8:
      do {
        let bytes = try Inflate.unpack(data, limit: record.size)
        guard bytes.count == record.size else { throw Inflate.Failure.truncated }
        return bytes
      } catch {
        throw broken("an entry does not unpack to its stated size")
      }
    default: throw broken("an entry is packed by method \(record.method); 0 and 8 are known")
    }
  }

  /// What macOS adds to archives.
  private func isNoise(_ path: String) -> Bool {
    path.hasPrefix("__MACOSX/") || path.split(separator: "/").last?.hasPrefix(".") == true
  }
}
