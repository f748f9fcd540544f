// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads orientation and the presence of a position from EXIF (EXIF 2.32 §4.5–4.6), by a bounded walk.
///
/// Broken EXIF never fails a file: it leaves a note.
enum ExifReader {
  /// Notes the EXIF at `offset`, `length` bytes with or without their "Exif\0\0" prefix.
  ///
  /// - Parameter orients: Whether its orientation counts; where it does not, a broken one is not worth a note either.
  static func read(
    at offset: Int, _ length: Int, _ window: inout ByteWindow, into facts: inout ImageFacts, orients: Bool = true
  ) throws(HeaderFault) {
    guard facts.exif == nil else {
      facts.note(ProbeRule.exifRepeated, "a second block of EXIF is ignored")
      return
    }
    var (start, count) = (offset, length)
    if length >= 6, try window.bytes(at: offset, 6).matches("Exif\0\0") { (start, count) = (offset + 6, length - 6) }
    facts.exif = ByteRange(offset: start, length: count)
    guard let stream = try TIFFStream(at: start, count, &window) else {
      facts.note(ProbeRule.exifMalformed, "the EXIF data does not begin with a TIFF header")
      return
    }
    let summary = try ExifSummary(of: stream, &window)
    facts.hasLocation = summary.hasLocation
    if orients, let value = summary.orientation { facts.orient(byTag: value) }
    if summary.isBroken { facts.note(ProbeRule.exifMalformed, "the EXIF directories are broken or out of range") }
  }
}

/// What the directories of one EXIF block say.
struct ExifSummary {
  /// Tag 0x0112 as written, whatever its value.
  private(set) var orientation: Int?
  private(set) var hasLocation = false
  /// The embedded JPEG thumbnail, as a range of the file.
  private(set) var thumbnail: ByteRange?
  private(set) var isBroken = false

  init(of stream: TIFFStream, _ window: inout ByteWindow) throws(HeaderFault) {
    guard let primary = try stream.directory(at: stream.firstDirectory, &window) else {
      isBroken = true
      return
    }
    var position: Int?
    for index in 0..<primary.count {
      let entry = try stream.entry(index, of: primary, &window)
      switch entry.tag {
      case 0x0112: orientation = try stream.value(0, of: entry, &window)
      case 0x8825: position = try stream.value(0, of: entry, &window)
      default: if entry.values == nil { isBroken = true }
      }
    }
    if let position { try readPosition(at: position, stream, &window) }
    try readThumbnail(after: primary, stream, &window)
  }

  /// A position is a latitude or a longitude (EXIF 2.32 §4.6.6, tags 2 and 4); an empty directory is none.
  private mutating func readPosition(
    at offset: Int, _ stream: TIFFStream, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    guard let directory = try stream.directory(at: offset, &window) else {
      isBroken = true
      return
    }
    for index in 0..<directory.count {
      let entry = try stream.entry(index, of: directory, &window)
      if entry.tag == 2 || entry.tag == 4, entry.count > 0 { hasLocation = true }
    }
  }

  /// The second directory describes the thumbnail (tags 0x0201 and 0x0202); a link back to the first is a loop.
  private mutating func readThumbnail(
    after primary: TIFFStream.Directory, _ stream: TIFFStream, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    // Many writers leave the last link out.
    guard let link = try stream.next(after: primary, &window), link != 0 else { return }
    guard link != stream.firstDirectory, let directory = try stream.directory(at: link, &window) else {
      isBroken = true
      return
    }
    var place: Int?
    var length: Int?
    for index in 0..<directory.count {
      let entry = try stream.entry(index, of: directory, &window)
      if entry.tag == 0x0201 { place = try stream.value(0, of: entry, &window) }
      if entry.tag == 0x0202 { length = try stream.value(0, of: entry, &window) }
    }
    guard let place, let length, length > 0 else { return }
    let room = stream.end - stream.base
    if length <= room, place <= room - length {
      thumbnail = ByteRange(offset: stream.base + place, length: length)
    } else {
      isBroken = true
    }
  }
}

extension ImageFacts {
  /// Takes over EXIF tag 0x0112; a value outside 1–8 is read as 1 and noted.
  mutating func orient(byTag value: Int) {
    if let tagged = Orientation(rawValue: value) {
      orientation = tagged
      orientationSource = .exif
    } else {
      note(
        ProbeRule.orientationInvalid, "the orientation tag is outside 1–8 and is read as 1", measured: .count(value),
        allowed: .text("1–8"))
    }
  }
}
