// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads the size of JPEG 2000: the boxes of JP2 (ISO/IEC 15444-1 annex I) and the SIZ marker of a bare codestream.
enum JP2Reader {
  static let boxLimit = 10_000

  static func facts(through window: inout ByteWindow) throws(HeaderFault) -> ImageFacts {
    var facts = ImageFacts(
      format: .jp2, storedSize: PixelSize(clamping: 1, 1), coding: "j2k", fileBytes: ByteCount(window.length))
    facts.isInterlaced = true
    guard try window.big32(at: 0) != 0xFF4F_FF51 else {
      try readCodestream(at: 0, &window, into: &facts)
      return facts
    }
    var at = 0
    for _ in 0..<boxLimit {
      let box = try Box(at: at, before: window.length, &window)
      switch box.type {
      case fourCC("jp2h"): try readHeader(box, &window, into: &facts)
      case fourCC("jp2c"):
        let colours = (facts.hasAlpha, facts.colourModel)
        let isDescribed = facts.coding == "jp2"
        try readCodestream(at: box.body, &window, into: &facts)
        if isDescribed { (facts.hasAlpha, facts.colourModel) = colours }
        return facts
      default: break
      }
      at = box.end
    }
    throw .malformed("it has more than \(boxLimit) boxes")
  }

  /// T.800 §A.5.1: image extent less its offset, number of components, bits of the first one.
  private static func readCodestream(
    at start: Int, _ window: inout ByteWindow, into facts: inout ImageFacts
  ) throws(HeaderFault) {
    guard try window.big32(at: start) == 0xFF4F_FF51 else { throw .malformed("its codestream has no SIZ marker") }
    let size = try window.bytes(at: start + 8, 35)
    facts.storedSize = try PixelSize(
      stated: size.big32 - (size + 8).big32, (size + 4).big32 - (size + 12).big32)
    let components = (size + 32).big16
    guard (1...16_384).contains(components) else { throw .malformed("it states \(components) components") }
    facts.channels = components
    facts.bitsPerSample = (size.byte(34) & 0x7F) + 1
    guard facts.bitsPerSample <= 38 else { throw .malformed("it states \(facts.bitsPerSample) bits a sample") }
    facts.hasAlpha = components == 2 || components == 4
    facts.colourModel = components <= 2 ? .grey : .rgb
  }

  /// The colour boxes of the header; the size is taken from the codestream.
  private static func readHeader(
    _ header: Box, _ window: inout ByteWindow, into facts: inout ImageFacts
  ) throws(HeaderFault) {
    facts.coding = "jp2"
    var at = header.body
    for _ in 0..<boxLimit where at <= header.end - 8 {
      let box = try Box(at: at, before: header.end, &window)
      switch box.type {
      case fourCC("colr") where box.length >= 3: try readColour(box, &window, into: &facts)
      case fourCC("pclr"): facts.colourModel = .palette
      case fourCC("cdef") where box.length >= 2:
        let count = min(try window.big16(at: box.body), (box.length - 2) / 6)
        for index in 0..<count {
          let kind = try window.big16(at: box.body + 2 + 6 * index + 2)
          if kind == 1 || kind == 2 { facts.hasAlpha = true }
        }
      default: break
      }
      at = box.end
    }
  }

  private static func readColour(
    _ box: Box, _ window: inout ByteWindow, into facts: inout ImageFacts
  ) throws(HeaderFault) {
    let method = try window.byte(at: box.body)
    if method == 1, box.length >= 7 {
      switch try window.big32(at: box.body + 3) {
      case 12: facts.colourModel = .cmyk
      case 14: facts.colourModel = .lab
      case 17: facts.colourModel = .grey
      default: break
      }
    } else if method == 2 || method == 3, facts.icc == nil {
      try ICCReader.read(at: box.body + 3, box.length - 3, &window, into: &facts)
    }
  }
}
