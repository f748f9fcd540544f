// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads TIFF 6.0 and BigTIFF: the first page in full, the others counted.
enum TIFFReader {
  /// Pages that are counted; the chain is called broken behind them.
  static let pageLimit = 100_000

  static func facts(through window: inout ByteWindow) throws(HeaderFault) -> ImageFacts {
    guard let stream = try TIFFStream(at: 0, window.length, &window) else {
      throw .truncated(atLeast: 16)
    }
    guard let first = try stream.directory(at: stream.firstDirectory, &window) else {
      if stream.firstDirectory > window.length - 2 {
        throw .truncated(atLeast: max(stream.firstDirectory, window.length + 1))
      }
      throw .malformed("its first directory does not lie inside the file")
    }
    var page = TIFFPage()
    for index in 0..<first.count {
      try page.take(try stream.entry(index, of: first, &window), stream, &window)
    }
    var facts = try page.facts(fileBytes: window.length, isBig: stream.isBig)
    try page.readMetadata(stream, &window, into: &facts)
    try countPages(from: first, stream, &window, into: &facts)
    return facts
  }

  private static func countPages(
    from first: TIFFStream.Directory, _ stream: TIFFStream, _ window: inout ByteWindow, into facts: inout ImageFacts
  ) throws(HeaderFault) {
    var watch = ChainWatch()
    _ = watch.hasSeen(stream.firstDirectory)
    var directory = first
    var pages = 1
    var isWhole = false
    while pages < pageLimit {
      guard let link = try stream.next(after: directory, &window) else { break }
      guard link != 0 else {
        isWhole = true
        break
      }
      guard !watch.hasSeen(link), let next = try stream.directory(at: link, &window) else { break }
      directory = next
      pages += 1
    }
    facts.frameCount = pages
    if !isWhole {
      facts.note(
        ProbeRule.pagesBroken, "the chain of pages is broken behind page \(pages)", measured: .count(pages))
    }
  }
}

/// The fields of the first directory that describe its picture (TIFF 6.0 §8, §18, §23).
private struct TIFFPage {
  private var width = 0
  private var height = 0
  private var bits = 1
  private var compression = 1
  private var photometric: Int?
  private var samples = 1
  private var hasAlpha = false
  private var extraSamples = 0
  private var orientation: Int?
  private var sampleFormat = 1
  private var icc: ByteRange?
  private var xmp: ByteRange?
  private var positions: Int?
  private var exif: Int?

  mutating func take(
    _ entry: TIFFStream.Entry, _ stream: TIFFStream, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    switch entry.tag {
    case 256: width = try stream.value(0, of: entry, &window) ?? 0
    case 257: height = try stream.value(0, of: entry, &window) ?? 0
    case 258: bits = try stream.value(0, of: entry, &window) ?? 0
    case 259: compression = try stream.value(0, of: entry, &window) ?? 0
    case 262: photometric = try stream.value(0, of: entry, &window)
    case 274: orientation = try stream.value(0, of: entry, &window)
    case 277: samples = try stream.value(0, of: entry, &window) ?? 0
    case 338:
      extraSamples = entry.count
      let kind = try stream.value(0, of: entry, &window)
      hasAlpha = kind == 1 || kind == 2
    case 339: sampleFormat = try stream.value(0, of: entry, &window) ?? 1
    case 700: if let place = entry.values { xmp = ByteRange(offset: place, length: entry.length) }
    case 34665: exif = try stream.value(0, of: entry, &window)
    case 34675: if let place = entry.values { icc = ByteRange(offset: place, length: entry.length) }
    case 34853: positions = try stream.value(0, of: entry, &window)
    default: break
    }
  }

  func facts(fileBytes: Int, isBig: Bool) throws(HeaderFault) -> ImageFacts {
    guard (1...32).contains(bits) || bits == 64 || bits == 128 else {
      throw .malformed("its first page states \(bits) bits a sample")
    }
    guard (1...65_535).contains(samples) else { throw .malformed("its first page states \(samples) samples a pixel") }
    var facts = ImageFacts(
      format: .tiff, storedSize: try PixelSize(stated: width, height), bitsPerSample: bits, channels: samples,
      hasAlpha: hasAlpha, coding: Self.codings[compression] ?? "compression-\(compression)",
      fileBytes: ByteCount(fileBytes))
    facts.isDecodable = Self.codings[compression] != nil
    switch photometric {
    case 0, 1, 4: facts.colourModel = .grey
    case 2, 6: facts.colourModel = .rgb
    case 3: facts.colourModel = .palette
    case 5: facts.colourModel = .cmyk
    case 8, 9, 10: facts.colourModel = .lab
    case 32_803, 34_892:  // a sensor's mosaic, linear raw
      facts.colourModel = .other
      facts.isDecodable = false
    default: facts.colourModel = .other
    }
    if let orientation { facts.orient(byTag: orientation) }
    return facts
  }

  func readMetadata(
    _ stream: TIFFStream, _ window: inout ByteWindow, into facts: inout ImageFacts
  ) throws(HeaderFault) {
    if let icc { try ICCReader.read(at: icc.offset, icc.length, &window, into: &facts) }
    if let xmp { try XMPReader.read(at: xmp.offset, xmp.length, &window, into: &facts) }
    if let exif {
      if let directory = try stream.directory(at: exif, &window) {
        facts.exif = ByteRange(offset: stream.base + exif, length: directory.link - stream.base - exif)
      } else {
        facts.note(ProbeRule.exifMalformed, "the EXIF directory does not lie inside the file")
      }
    }
    guard let positions, let directory = try stream.directory(at: positions, &window) else { return }
    for index in 0..<directory.count {
      let tag = try stream.entry(index, of: directory, &window).tag
      if tag == 2 || tag == 4 { facts.hasLocation = true }
    }
  }

  /// TIFF 6.0 §7 and the registered compressions that libtiff reads.
  private static let codings: [Int: String] = [
    1: "none", 2: "ccitt-rle", 3: "ccitt-g3", 4: "ccitt-g4", 5: "lzw", 6: "jpeg-old", 7: "jpeg", 8: "deflate",
    32_773: "packbits", 32_946: "deflate", 34_676: "sgilog", 34_677: "sgilog24", 34_887: "lerc", 34_925: "lzma",
    50_000: "zstd", 50_001: "webp",
  ]
}
