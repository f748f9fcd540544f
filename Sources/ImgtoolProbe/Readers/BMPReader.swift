// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads the headers of Windows and OS/2 bitmaps (BITMAPFILEHEADER and its info headers of 12–124 bytes).
enum BMPReader {
  static func facts(through window: inout ByteWindow) throws(HeaderFault) -> ImageFacts {
    let kind = try window.little32(at: 14)
    var facts = ImageFacts(
      format: .bmp, storedSize: PixelSize(clamping: 1, 1), coding: "none", fileBytes: ByteCount(window.length))
    let bits: Int
    if kind == 12 {
      let header = try window.bytes(at: 18, 8)
      facts.storedSize = try PixelSize(stated: header.little16, (header + 2).little16)
      bits = (header + 6).little16
    } else {
      let header = try window.bytes(at: 18, kind == 16 ? 12 : 36)
      let width = Int(Int32(truncatingIfNeeded: header.little32))
      let height = Int(Int32(truncatingIfNeeded: (header + 4).little32))
      // A height below zero means that the first row is the top one.
      facts.storedSize = try PixelSize(stated: width, abs(height))
      bits = (header + 10).little16
      if kind >= 40 {
        facts.coding = coding((header + 12).little32)
        facts.hasAlpha = try hasAlpha(kind, bits, (header + 12).little32, &window)
      }
    }
    guard [1, 2, 4, 8, 16, 24, 32].contains(bits) || (bits == 0 && facts.coding != "none") else {
      throw .malformed("its header states \(bits) bits a pixel")
    }
    facts.bitsPerSample = bits == 16 ? 5 : min(max(bits, 1), 8)
    facts.colourModel = bits != 0 && bits <= 8 ? .palette : .rgb
    facts.channels = facts.colourModel == .palette ? 1 : (facts.hasAlpha ? 4 : 3)
    return facts
  }

  private static func coding(_ compression: Int) -> String {
    switch compression {
    case 0: "none"
    case 1: "rle8"
    case 2: "rle4"
    case 3, 6: "bitfields"
    case 4: "jpeg"
    case 5: "png"
    default: "compression-\(compression)"
    }
  }

  /// Alpha is stated by a mask, in the header from version 3 on or behind it.
  private static func hasAlpha(
    _ kind: Int, _ bits: Int, _ compression: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> Bool {
    guard bits == 32 || bits == 16, compression == 6 || (kind >= 56 && compression == 3) else { return false }
    return try window.little32(at: 66) != 0
  }
}
