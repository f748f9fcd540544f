// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Walks the directories of a TIFF or BigTIFF, and checks that every strip and tile lies inside the file.
///
/// The pixel data itself is not read, so the cost grows with the number of strips and not with their bytes.
enum TIFFStructure {
  /// Directories of reduced pictures that are followed for one page (tag 330).
  static let subdirectoryLimit = 64

  static func follow(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    window.stride = Probe.hopBytes
    guard let stream = try TIFFStream(at: 0, window.length, &window) else { throw .truncated(atLeast: 16) }
    var extents = TIFFExtents(length: window.length)
    var watch = ChainWatch()
    var link = stream.firstDirectory
    while link != 0 {
      walk.at = link
      guard !watch.hasSeen(link) else {
        walk.fail(StructureRule.loop, "the chain of pages runs in a loop at byte \(link)", measured: .count(link))
        break
      }
      guard walk.frameCount < TIFFReader.pageLimit else {
        throw .malformed("it has more than \(TIFFReader.pageLimit) pages")
      }
      let directory = try directory(at: link, stream, &window)
      try extents.takePage(directory, stream, &window, &walk)
      walk.frameCount += 1
      try walk.takeFrame(extents.width, extents.height, frames: walk.frameCount, isAnimation: false)
      // Tiles are completed beyond the page, by less than one.
      if walk.limits != nil, extents.tileWidth > extents.width + 65_536 || extents.tileHeight > extents.height + 65_536
      {
        throw .malformed("its tiles are of \(extents.tileWidth)×\(extents.tileHeight)")
      }
      guard let next = try stream.next(after: directory, &window) else {
        throw .truncated(atLeast: directory.link + (stream.isBig ? 8 : 4))
      }
      link = next
    }
    guard walk.frameCount > 0 else { throw .malformed("it has no page") }
    walk.at = min(extents.end, window.length)
    if extents.end > window.length {
      walk.failTruncated(at: window.length, of: extents.end)
    } else {
      walk.end = extents.end
      walk.takeSurplus(extents.gaps)
    }
  }

  /// The directory at `offset`, or the fault that it does not lie inside.
  static func directory(
    at offset: Int, _ stream: TIFFStream, _ window: inout ByteWindow
  ) throws(HeaderFault) -> TIFFStream.Directory {
    if let directory = try stream.directory(at: offset, &window) { return directory }
    if offset < 8 { throw .malformed("a link leads into the header") }
    throw .truncated(atLeast: max(offset, window.length + 1))
  }
}

/// How far the parts of all pages reach.
private struct TIFFExtents {
  /// The offset behind the last part.
  private(set) var end = 16
  /// The sides of the page taken last, and of its tiles.
  private(set) var (width, height, tileWidth, tileHeight) = (1, 1, 1, 1)
  private let length: Int
  /// Bytes of all parts, those that several share counted as often, and how many parts there are.
  private var (covered, parts) = (8, 0)

  /// Bytes that no part covers; each part may be followed by one that aligns the next.
  var gaps: Int { max(0, end - min(end, covered) - parts) }

  init(length: Int) { self.length = length }

  mutating func takePage(
    _ page: TIFFStream.Directory, _ stream: TIFFStream, _ window: inout ByteWindow, _ walk: inout StructureWalk
  ) throws(HeaderFault) {
    (width, height, tileWidth, tileHeight) = (1, 1, 1, 1)
    try takeDirectory(page, stream, &window)
    for index in 0..<page.count {
      let entry = try stream.entry(index, of: page, &window)
      switch entry.tag {
      case 256: width = try stream.value(0, of: entry, &window) ?? 1
      case 257: height = try stream.value(0, of: entry, &window) ?? 1
      case 322: tileWidth = try stream.value(0, of: entry, &window) ?? 1
      case 323: tileHeight = try stream.value(0, of: entry, &window) ?? 1
      // Where the parts are, and how long, is no metadata.
      case 273, 279, 324, 325: break
      default:
        guard TIFFStream.size(ofType: entry.type) > 0 else { break }
        try walk.takeMetadata(entry.length, isColour: Self.isPicture(entry.tag))
      }
      // Reduced pictures hang below their page; EXIF and positions hold no pixels.
      guard entry.tag == 330 || entry.tag == 34_665 || entry.tag == 34_853 else { continue }
      for number in 0..<min(entry.count, TIFFStructure.subdirectoryLimit) {
        guard let offset = try stream.value(number, of: entry, &window) else { break }
        try takeDirectory(TIFFStructure.directory(at: offset, stream, &window), stream, &window)
      }
    }
  }

  /// Whether a tag says what the picture is and how it looks (TIFF 6.0; 34675 is the ICC profile).
  private static func isPicture(_ tag: Int) -> Bool {
    switch tag {
    case 254...268, 274, 277...284, 290...303, 317...322, 331, 332, 334...336, 338...347, 512...532, 34_675: true
    default: false
    }
  }

  private mutating func takeDirectory(
    _ directory: TIFFStream.Directory, _ stream: TIFFStream, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    reach(directory.link + (stream.isBig ? 8 : 4))
    cover(stream.isBig ? 16 + 20 * directory.count : 6 + 12 * directory.count)
    var offsets: TIFFStream.Entry?
    var counts: TIFFStream.Entry?
    for index in 0..<directory.count {
      let entry = try stream.entry(index, of: directory, &window)
      guard TIFFStream.size(ofType: entry.type) > 0 else { continue }
      guard let values = entry.values else {
        // Where they begin is not kept, only that they do not end inside.
        throw .truncated(atLeast: length + 1)
      }
      reach(values + entry.length)
      if entry.length > (stream.isBig ? 8 : 4) { cover(entry.length) }
      switch entry.tag {
      case 273, 324: offsets = entry
      case 279, 325: counts = entry
      default: break
      }
    }
    guard let offsets else { return }
    guard let counts else { throw .malformed("a page does not say how long its strips are") }
    guard offsets.count == counts.count else {
      throw .malformed("a page has \(offsets.count) strips and \(counts.count) lengths")
    }
    try takeParts(offsets, counts, stream, &window)
  }

  /// Offsets and lengths lie apart: they are read in turns of a few thousand, so that the window does not jump.
  private mutating func takeParts(
    _ offsets: TIFFStream.Entry, _ counts: TIFFStream.Entry, _ stream: TIFFStream, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    var places: [Int] = []
    var first = 0
    while first < offsets.count {
      let next = min(first + 4_096, offsets.count)
      places.removeAll(keepingCapacity: true)
      for index in first..<next {
        guard let place = try stream.value(index, of: offsets, &window) else {
          throw .malformed("the place of a strip is not a whole number")
        }
        places.append(place)
      }
      for index in first..<next {
        guard let count = try stream.value(index, of: counts, &window) else {
          throw .malformed("the length of a strip is not a whole number")
        }
        // Nothing at 0 stands for a strip that was left out (a sparse file).
        if count > 0 {
          reach(places[index - first], count)
          cover(count)
        }
      }
      first = next
    }
  }

  private mutating func cover(_ count: Int) {
    covered = min(covered, .max / 2) + min(max(count, 0), .max / 2)
    parts += 1
  }

  private mutating func reach(_ offset: Int, _ count: Int = 0) {
    let (stop, overflow) = offset.addingReportingOverflow(count)
    end = max(end, overflow ? Int.max : stop)
  }
}
