// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads the head of an ICC profile: colour space and description (ICC.1:2022 §7.2, §9.2.41; ICC.1:2001-04 §6.5.17).
enum ICCReader {
  static let headerBytes = 128
  /// Tags looked at for the description; real profiles have fewer than 30.
  static let tagLimit = 100
  /// Characters of the description that are kept.
  static let textLimit = 256

  /// Notes the profile at `offset`, of which `length` bytes lie there in one piece.
  static func read(
    at offset: Int, _ length: Int, _ window: inout ByteWindow, into facts: inout ImageFacts
  ) throws(HeaderFault) {
    var icc = ICCFacts(bytes: ByteRange(offset: offset, length: length))
    if length >= headerBytes, try isProfile(at: offset, &window) {
      icc.colourSpace = try colourSpace(at: offset, &window)
      icc.description = try description(at: offset, length, &window)
    } else {
      facts.note(ProbeRule.iccMalformed, "the ICC profile has no profile header")
    }
    facts.icc = icc
  }

  private static func isProfile(at offset: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Bool {
    try window.bytes(at: offset, headerBytes).matches(at: 36, "acsp")
  }

  private static func colourSpace(at offset: Int, _ window: inout ByteWindow) throws(HeaderFault) -> String? {
    let name = try window.bytes(at: offset + 16, 4)
    switch name.big32 {
    case fourCC("RGB "): return "RGB"
    case fourCC("GRAY"): return "GRAY"
    case fourCC("CMYK"): return "CMYK"
    default: return text(UnsafeRawBufferPointer(start: name, count: 4))
    }
  }

  private static func description(
    at offset: Int, _ length: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> String? {
    guard length >= headerBytes + 4 else { return nil }
    let count = min(try window.big32(at: offset + headerBytes), tagLimit, (length - headerBytes - 4) / 12)
    for index in 0..<max(0, count) {
      let entry = try window.bytes(at: offset + headerBytes + 4 + 12 * index, 12)
      guard entry.big32 == fourCC("desc") else { continue }
      let start = (entry + 4).big32
      // Of a profile in several chunks only the first one is here, and a text may go on in the next.
      let size = min((entry + 8).big32, length - start)
      guard size >= 12 else { return nil }
      return try tagText(at: offset + start, size, &window)
    }
    return nil
  }

  /// The text of a `desc` element: version 2's textDescription, a plain text, or version 4's multi-localised Unicode.
  private static func tagText(
    at offset: Int, _ size: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> String? {
    let head = try window.bytes(at: offset, 12)
    switch head.big32 {
    case fourCC("desc"):
      let count = min((head + 8).big32, size - 12, textLimit)
      return text(UnsafeRawBufferPointer(start: try window.bytes(at: offset + 12, count), count: count))
    case fourCC("text"):
      let count = min(size - 8, textLimit)
      return text(UnsafeRawBufferPointer(start: try window.bytes(at: offset + 8, count), count: count))
    case fourCC("mluc"):
      return try localisedText(at: offset, size, records: (head + 8).big32, &window)
    default: return nil
    }
  }

  /// The English record of a multi-localised text, or the first one (ICC.1:2022 §10.15).
  private static func localisedText(
    at offset: Int, _ size: Int, records: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> String? {
    let count = min(records, tagLimit, (size - 16) / 12)
    var chosen: (start: Int, length: Int)?
    for index in 0..<max(0, count) {
      let record = try window.bytes(at: offset + 16 + 12 * index, 12)
      let place = (start: (record + 8).big32, length: (record + 4).big32)
      guard place.start <= size, place.length <= size - place.start else { continue }
      let isEnglish = record.matches("en")
      if isEnglish || chosen == nil { chosen = place }
      if isEnglish { break }
    }
    guard let chosen else { return nil }
    let units = min(chosen.length / 2, textLimit)
    let start = try window.bytes(at: offset + chosen.start, units * 2)
    // Latin text of UTF-16 is read without a detour; anything else through the standard library.
    var scalars = String()
    var decoder = UTF16()
    var source = (0..<units).lazy.map { UInt16((start + 2 * $0).big16) }.makeIterator()
    loop: while true {
      switch decoder.decode(&source) {
      case .scalarValue(let scalar) where scalar.value >= 0x20 && scalar.value != 0x7F:
        scalars.unicodeScalars.append(scalar)
      case .scalarValue: break
      case .error: scalars.unicodeScalars.append("\u{FFFD}")
      case .emptyInput: break loop
      }
    }
    return scalars.isEmpty ? nil : scalars
  }

  /// Text of files: up to the first NUL, without control characters and outer spaces.
  static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    var end = 0
    var isPlain = true
    while end < bytes.count, bytes[end] != 0 {
      if bytes[end] < 0x20 || bytes[end] == 0x7F { isPlain = false }
      end += 1
    }
    while end > 0, bytes[end - 1] == 0x20 { end -= 1 }
    guard end > 0 else { return nil }
    let part = UnsafeRawBufferPointer(rebasing: bytes[0..<end])
    if isPlain { return String(decoding: part, as: UTF8.self) }
    let clean = String(decoding: part.filter { $0 >= 0x20 && $0 != 0x7F }, as: UTF8.self)
    return clean.isEmpty ? nil : clean
  }
}

extension UnsafeRawPointer {
  /// Whether the bytes from `offset` on are the ASCII text `text`.
  @inline(__always)
  func matches(at offset: Int, _ text: StaticString) -> Bool { (self + offset).matches(text) }
}
