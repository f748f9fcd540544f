// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads JPEG XL: size, orientation, depth and alpha of the codestream header (ISO/IEC 18181-1 annex D), bare or boxed.
enum JXLReader {
  static let boxLimit = 10_000

  static func facts(through window: inout ByteWindow) throws(HeaderFault) -> ImageFacts {
    var facts = ImageFacts(
      format: .jxl, storedSize: PixelSize(clamping: 1, 1), coding: "jxl", fileBytes: ByteCount(window.length))
    facts.isInterlaced = true
    guard try window.big16(at: 0) != 0xFF0A else {
      try readCodestream(at: 2, &window, into: &facts)
      return facts
    }
    var hasCodestream = false
    var at = 0
    for _ in 0..<boxLimit {
      guard at <= window.length - 8 else { break }
      let box = try Box(at: at, before: window.length, &window)
      switch box.type {
      case fourCC("jxlc"), fourCC("jxlp"):
        if !hasCodestream {
          let start = box.body + (box.type == fourCC("jxlp") ? 4 : 0)
          guard try window.big16(at: start) == 0xFF0A else { throw .malformed("its codestream has no signature") }
          try readCodestream(at: start + 2, &window, into: &facts)
          hasCodestream = true
        }
      case fourCC("Exif") where box.length > 4:
        try ExifReader.read(at: box.body + 4, box.length - 4, &window, into: &facts, orients: false)
      case fourCC("xml ") where facts.xmp == nil: try XMPReader.read(at: box.body, box.length, &window, into: &facts)
      default: break
      }
      if box.statedEnd > window.length { facts.noteTruncation(at: window.length, of: box.statedEnd) }
      at = box.end
    }
    guard hasCodestream else { throw .truncated(atLeast: window.length + 8) }
    return facts
  }

  /// Size header and image metadata; fields behind the extra channels are not read.
  private static func readCodestream(
    at start: Int, _ window: inout ByteWindow, into facts: inout ImageFacts
  ) throws(HeaderFault) {
    var bits = BitReader(at: start)
    facts.storedSize = try readSize(&bits, &window)
    guard try bits.take(1, &window) == 0 else { return }  // all fields have their default
    if try bits.take(1, &window) == 1 {
      // The decoder applies the orientation of the codestream; EXIF is ignored (18181-1 §D.3).
      if let turn = Orientation(rawValue: try bits.take(3, &window) + 1) {
        facts.orientation = turn
        facts.orientationSource = turn == .up ? .none : .itemProperties
      }
      if try bits.take(1, &window) == 1 { _ = try readSize(&bits, &window) }  // intrinsic size
      if try bits.take(1, &window) == 1 { try skipPreview(&bits, &window) }
      if try bits.take(1, &window) == 1 {
        facts.note(ProbeRule.framesUncounted, "the file is an animation whose frames are not counted")
        return
      }
    }
    facts.bitsPerSample = try readDepth(&bits, &window)
    _ = try bits.take(1, &window)  // whether 16-bit buffers are enough
    let extra = try bits.choose([0, 1, 2, 1], [0, 0, 4, 12], &window)
    for _ in 0..<extra {
      // The first extra channel of the default kind is alpha; others end what can be told simply.
      guard try bits.take(1, &window) == 1 else { break }
      facts.hasAlpha = true
    }
    facts.channels = facts.hasAlpha ? 4 : 3
  }

  /// ISO/IEC 18181-1 §D.2: a height, then a width or the ratio that gives it.
  private static func readSize(_ bits: inout BitReader, _ window: inout ByteWindow) throws(HeaderFault) -> PixelSize {
    let isSmall = try bits.take(1, &window) == 1
    let height = try isSmall ? (bits.take(5, &window) + 1) * 8 : readSide(&bits, &window)
    let ratio = try bits.take(3, &window)
    let width: Int
    switch ratio {
    case 0: width = try isSmall ? (bits.take(5, &window) + 1) * 8 : readSide(&bits, &window)
    case 1: width = height
    case 2: width = height * 12 / 10
    case 3: width = height * 4 / 3
    case 4: width = height * 3 / 2
    case 5: width = height * 16 / 9
    case 6: width = height * 5 / 4
    default: width = height * 2
    }
    return try PixelSize(stated: width, height)
  }

  private static func readSide(_ bits: inout BitReader, _ window: inout ByteWindow) throws(HeaderFault) -> Int {
    try bits.choose([1, 1, 1, 1], [9, 13, 18, 30], &window)
  }

  /// §D.3.3: the preview's size is not of interest, its bits are stepped over.
  private static func skipPreview(_ bits: inout BitReader, _ window: inout ByteWindow) throws(HeaderFault) {
    let isSmall = try bits.take(1, &window) == 1
    func skipSide(_ bits: inout BitReader, _ window: inout ByteWindow) throws(HeaderFault) {
      _ =
        try isSmall
        ? bits.choose([16, 32, 1, 33], [0, 0, 5, 9], &window)
        : bits.choose([1, 65, 321, 1345], [6, 8, 10, 12], &window)
    }
    try skipSide(&bits, &window)
    if try bits.take(3, &window) == 0 { try skipSide(&bits, &window) }
  }

  /// §D.3.4: integers of 1–31 bits, or floating point of up to 32.
  private static func readDepth(_ bits: inout BitReader, _ window: inout ByteWindow) throws(HeaderFault) -> Int {
    if try bits.take(1, &window) == 0 { return try bits.choose([8, 10, 12, 1], [0, 0, 0, 6], &window) }
    let depth = try bits.choose([32, 16, 24, 1], [0, 0, 0, 6], &window)
    _ = try bits.take(4, &window)  // bits of the exponent, less one
    return depth
  }
}

/// Reads bits from the lowest up, as JPEG XL packs them.
struct BitReader {
  private let start: Int
  private var position = 0

  init(at start: Int) { self.start = start }

  /// The next `count` bits, 0…32.
  mutating func take(_ count: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Int {
    var value = 0
    for index in 0..<count {
      let byte = try window.byte(at: start + position / 8)
      value |= ((byte >> (position % 8)) & 1) << index
      position += 1
    }
    return value
  }

  /// A number in one of four ranges, chosen by two bits: an offset and a count of further bits each.
  mutating func choose(
    _ offsets: [Int], _ widths: [Int], _ window: inout ByteWindow
  ) throws(HeaderFault) -> Int {
    let choice = try take(2, &window)
    return offsets[choice] + (try take(widths[choice], &window))
  }
}
