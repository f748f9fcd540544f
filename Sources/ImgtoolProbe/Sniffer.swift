// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// Tells a format from the first bytes, never from a name.
public enum Sniffer {
  /// Bytes that are enough to tell every format here.
  public static let enoughBytes = 1024

  /// The format whose signature these bytes begin with; nothing where it is none, or too little is there to say.
  ///
  /// A HEIF-like file is told apart by its brands alone; `Probe` looks at the picture inside as well.
  public static func format(of bytes: UnsafeRawBufferPointer) -> ImageFormat? {
    guard let start = bytes.baseAddress, bytes.count >= 2 else { return nil }
    let head = start.big16
    if head == 0xFFD8 { return bytes.count < 3 || start.byte(2) == 0xFF ? .jpeg : nil }
    if head == 0xFF0A { return .jxl }
    if bytes.count >= 8 {
      switch start.big32 {
      // Twelve bytes are no whole file, eight are the whole header.
      case 0x4949_2A00, 0x4D4D_002A, 0x4949_2B00, 0x4D4D_002B: return .tiff
      default: break
      }
    }
    if bytes.count >= 12 {
      switch start.big32 {
      case 0x8950_4E47: return (start + 4).big32 == 0x0D0A_1A0A ? .png : nil
      case fourCC("RIFF"): return (start + 8).big32 == fourCC("WEBP") ? .webp : nil
      case fourCC("GIF8"): return start.matches("GIF87a") || start.matches("GIF89a") ? .gif : nil
      case 0xFF4F_FF51: return .jp2
      case 0x0000_000C:
        guard (start + 8).big32 == 0x0D0A_870A else { return nil }
        switch (start + 4).big32 {
        case fourCC("JXL "): return .jxl
        case fourCC("jP  "): return .jp2
        default: return nil
        }
      default: break
      }
      if (start + 4).big32 == fourCC("ftyp") { return brandedFormat(bytes) }
    }
    if head == 0x424D { return isBitmap(bytes) ? .bmp : nil }
    return isVectorDrawing(bytes) ? .svg : nil
  }

  /// What bytes are that begin with the signature of something else than the formats here, for a clear refusal.
  ///
  /// For example "a PDF document"; nothing where no signature is known.
  public static func foreignName(of bytes: UnsafeRawBufferPointer) -> String? {
    func begins(_ text: StaticString, at offset: Int = 0) -> Bool {
      guard let start = bytes.baseAddress, bytes.count >= offset + text.utf8CodeUnitCount else { return false }
      return (start + offset).matches(text)
    }
    let signatures: [(StaticString, String)] = [
      ("%PDF-", "a PDF document"), ("8BPS", "a Photoshop picture"), ("SIMPLE  =", "a FITS picture"),
      ("#?RADIANCE", "a Radiance picture"), ("#?RGBE", "a Radiance picture"), ("MATLAB 5.0", "a MATLAB file"),
      ("PK\u{3}\u{4}", "a ZIP archive"), ("%!PS", "a PostScript program"), ("gimp xcf", "a GIMP picture"),
      ("qoif", "a QOI picture"), ("DDS ", "a DirectDraw picture"), ("FORM", "an IFF file"),
    ]
    if let found = signatures.first(where: { begins($0.0) }) { return found.1 }
    guard let start = bytes.baseAddress, bytes.count >= 4 else { return nil }
    switch start.big32 {
    case 0x762F_3101: return "an OpenEXR picture"
    case 0x0000_0100: return "a Windows icon"
    case 0x0000_0200: return "a Windows cursor"
    case 0x1F8B_0800...0x1F8B_08FF: return "a compressed file"
    case 0x08F2_A6B6: return "a libvips picture"
    default: break
    }
    // PBM to PFM: a letter, a digit or F, and white space.
    let kinds: [Int] = Array("1234567Ff".utf8).map(Int.init)
    if start.byte(0) == 0x50, kinds.contains(start.byte(1)), [9, 10, 13, 32, 35].contains(start.byte(2)) {
      return "a Netpbm picture"
    }
    return nil
  }

  /// Why bytes of no format here are refused.
  static func refusal(of bytes: UnsafeRawBufferPointer) -> HeaderFault {
    if let name = foreignName(of: bytes) { return .unsupported("the file is \(name), which is not read here") }
    return .malformed("it is not an image of a known format")
  }

  /// ISO/IEC 14496-12 §4.3: a major brand and compatible ones.
  private static func brandedFormat(_ bytes: UnsafeRawBufferPointer) -> ImageFormat? {
    guard let start = bytes.baseAddress else { return nil }
    let end = min(start.big32, bytes.count)
    var found: ImageFormat?
    var at = 8
    while at + 4 <= end {
      if at != 12 {  // the minor version
        switch (start + at).big32 {
        case fourCC("avif"), fourCC("avis"): return .avif
        case fourCC("heic"), fourCC("heix"), fourCC("heim"), fourCC("heis"), fourCC("hevc"), fourCC("hevx"),
          fourCC("hevm"), fourCC("hevs"), fourCC("mif1"), fourCC("msf1"), fourCC("mif2"), fourCC("miaf"):
          found = .heif
        default: break
        }
      }
      at += 4
    }
    return found
  }

  /// "BM" begins many texts: the size of the info header must be one that exists.
  private static func isBitmap(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress, bytes.count >= 18 else { return false }
    switch (start + 14).little32 {
    case 12, 16, 40, 52, 56, 64, 108, 124: return true
    default: return false
    }
  }

  /// Looks for an `<svg` element after white space, a byte order mark, declarations and comments.
  private static func isVectorDrawing(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes.prefix(enoughBytes)
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    let text = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    guard text.first == UInt8(ascii: "<") else { return false }
    let marks: [UInt8] = Array("<svg".utf8)
    return text.indices.contains { text[$0...].starts(with: marks) }
  }
}
