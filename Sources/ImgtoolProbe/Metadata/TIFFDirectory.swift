// SPDX-License-Identifier: Apache-2.0

/// The walk over directories of TIFF 6.0 §2, of BigTIFF, and of the TIFF structure inside EXIF.
///
/// Offsets inside are relative to `base`; nothing is read at or past `end`.
struct TIFFStream {
  let base: Int
  let end: Int
  let isLittle: Bool
  let isBig: Bool
  /// Where the first directory is, relative to `base`.
  let firstDirectory: Int

  /// Reads the header of a TIFF structure of `length` bytes; nothing where there is none.
  init?(at base: Int, _ length: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    guard length >= 8 else { return nil }
    let head = try window.bytes(at: base, 8)
    switch head.big32 {
    case 0x4949_2A00: (isLittle, isBig) = (true, false)
    case 0x4D4D_002A: (isLittle, isBig) = (false, false)
    case 0x4949_2B00: (isLittle, isBig) = (true, true)
    case 0x4D4D_002B: (isLittle, isBig) = (false, true)
    default: return nil
    }
    self.base = base
    end = base + length
    if isBig {
      guard length >= 16 else { return nil }
      firstDirectory = try isLittle ? window.little64(at: base + 8) : window.big64(at: base + 8)
    } else {
      firstDirectory = isLittle ? (head + 4).little32 : (head + 4).big32
    }
  }

  var entryBytes: Int { isBig ? 20 : 12 }
  private var countBytes: Int { isBig ? 8 : 2 }
  private var linkBytes: Int { isBig ? 8 : 4 }

  /// A directory that lies wholly inside the structure.
  struct Directory {
    /// Absolute offset of its first entry.
    let entries: Int
    let count: Int
    /// Absolute offset of the link to the next directory.
    let link: Int
  }

  /// The directory at `offset`; nothing where it does not lie inside.
  func directory(at offset: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Directory? {
    guard offset >= 8, offset <= end - base - countBytes else { return nil }
    let place = base + offset
    let count = try isBig ? long(at: place, &window) : short(at: place, &window)
    let entries = place + countBytes
    guard count <= (end - entries) / entryBytes else { return nil }
    return Directory(entries: entries, count: count, link: entries + count * entryBytes)
  }

  /// Where the directory after `directory` is, 0 for none; nothing where the link is cut off.
  func next(after directory: Directory, _ window: inout ByteWindow) throws(HeaderFault) -> Int? {
    guard directory.link <= end - linkBytes else { return nil }
    return try isBig ? long(at: directory.link, &window) : word(at: directory.link, &window)
  }

  /// One entry: what it is called, and where its values are.
  struct Entry {
    let tag: Int
    let type: Int
    let count: Int
    /// Absolute offset of the first value; nothing where the values do not lie inside.
    let values: Int?
    /// Bytes of all values.
    let length: Int
  }

  /// The entry of `directory` at `index`.
  func entry(_ index: Int, of directory: Directory, _ window: inout ByteWindow) throws(HeaderFault) -> Entry {
    let place = directory.entries + index * entryBytes
    let tag = try short(at: place, &window)
    let type = try short(at: place + 2, &window)
    let count = try isBig ? long(at: place + 4, &window) : word(at: place + 4, &window)
    let inline = place + (isBig ? 12 : 8)
    let (length, overflow) = count.multipliedReportingOverflow(by: Self.size(ofType: type))
    guard !overflow else { return Entry(tag: tag, type: type, count: count, values: nil, length: Int.max) }
    if length <= linkBytes { return Entry(tag: tag, type: type, count: count, values: inline, length: length) }
    let offset = try isBig ? long(at: inline, &window) : word(at: inline, &window)
    let isInside = length <= end - base && offset <= end - base - length
    return Entry(tag: tag, type: type, count: count, values: isInside ? base + offset : nil, length: length)
  }

  /// The value of an entry at `index` as a whole number; nothing for other types and places outside.
  func value(_ index: Int, of entry: Entry, _ window: inout ByteWindow) throws(HeaderFault) -> Int? {
    guard let values = entry.values, index < entry.count else { return nil }
    switch entry.type {
    case 1: return try window.byte(at: values + index)
    case 3: return try short(at: values + 2 * index, &window)
    case 4, 13: return try word(at: values + 4 * index, &window)
    case 16, 18: return try long(at: values + 8 * index, &window)
    default: return nil
    }
  }

  /// Bytes of one value of a type; 0 for an unknown one.
  static func size(ofType type: Int) -> Int {
    switch type {
    case 1, 2, 6, 7: 1
    case 3, 8: 2
    case 4, 9, 11, 13: 4
    case 5, 10, 12, 16, 17, 18: 8
    default: 0
    }
  }

  @inline(__always)
  private func short(at place: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Int {
    try isLittle ? window.little16(at: place) : window.big16(at: place)
  }

  @inline(__always)
  private func word(at place: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Int {
    try isLittle ? window.little32(at: place) : window.big32(at: place)
  }

  private func long(at place: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Int {
    try isLittle ? window.little64(at: place) : window.big64(at: place)
  }
}

/// The steps of a chain, watched for a loop in constant memory (Brent's method).
struct ChainWatch {
  private var mark = -1
  private var steps = 0
  private var power = 1

  /// Whether `place` was seen before, found at the latest after three rounds of the loop.
  mutating func hasSeen(_ place: Int) -> Bool {
    if place == mark { return true }
    steps += 1
    if steps == power {
      mark = place
      power *= 2
      steps = 0
    }
    return false
  }
}
