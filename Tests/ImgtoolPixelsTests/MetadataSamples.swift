// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels

/// Builds EXIF blocks for tests, in either byte order.
struct ExifSample {
  /// One value as its TIFF type and bytes.
  enum Value {
    case short(Int), long(Int), ascii(String), rational(Int, Int), rationals([Int]), blob([UInt8]), bytes([UInt8])
  }

  var isBigEndian = true
  var image: [(Int, Value)] = []
  var exif: [(Int, Value)] = []
  var gps: [(Int, Value)] = []
  var thumbnail: [UInt8]?
  var thumbnailEntries: [(Int, Value)] = []
  /// Bytes that no entry leads to, as earlier editors leave them behind.
  var stray: [UInt8] = []

  static let serial = "SERIAL-47110815"
  static let owner = "Erika Mustermann"
  static let makerNote = Array("MAKERNOTE-SECRET with offsets and \u{0} bytes".utf8)
  static let latitude = [48, 1, 8, 1, 654_321, 10_000]
  static let strayText = "STRAY-GPS-REST"

  /// A block as a camera writes it, with something in it of every kind.
  static func camera(
    orientation: Int = 6, size: PixelSize, isBigEndian: Bool = true, thumbnail: [UInt8]? = nil
  ) -> ExifSample {
    ExifSample(
      isBigEndian: isBigEndian,
      image: [
        (0x010F, .ascii("Maker")), (0x0110, .ascii("Model One")), (0x0112, .short(orientation)),
        (0x011A, .rational(72, 1)), (0x011B, .rational(96, 1)), (0x0128, .short(2)),
        (0x013B, .ascii("An Artist")), (0x8298, .ascii("© kept")), (0xC62F, .ascii(serial)),
      ],
      exif: [
        (0x829A, .rational(1, 250)), (0x9000, .blob(Array("0232".utf8))), (0x927C, .blob(makerNote)),
        (0x9286, .blob(Array("ASCII\0\0\0user comment".utf8))), (0xA001, .short(1)), (0xA002, .short(size.width)),
        (0xA003, .long(size.height)), (0xA420, .ascii("0123456789abcdef0123456789abcdef")),
        (0xA430, .ascii(owner)), (0xA431, .ascii(serial)), (0xA434, .ascii("Lens 50mm")), (0xA435, .ascii(serial)),
      ],
      gps: [
        (0x0000, .bytes([2, 3, 0, 0])), (0x0001, .ascii("N")), (0x0002, .rationals(latitude)), (0x0003, .ascii("E")),
        (0x0004, .rationals(latitude.map { $0 + 3 })),
      ],
      thumbnail: thumbnail, thumbnailEntries: [(0x0103, .short(6)), (0x0112, .short(orientation))],
      stray: Array(strayText.utf8))
  }

  /// What must not be found in a cleaned block.
  static func secrets(isBigEndian: Bool) -> [[UInt8]] {
    let sample = ExifSample(isBigEndian: isBigEndian)
    return [
      Array(serial.utf8), Array(owner.utf8), Array("MAKERNOTE".utf8), Array("user comment".utf8),
      Array("0123456789abcdef".utf8), Array(strayText.utf8), sample.number(654_321, 4), sample.number(654_324, 4),
    ]
  }

  /// The block: IFD0, Exif, GPS, IFD1, stray bytes, thumbnail; each table is followed by its values.
  func block() -> [UInt8] {
    var result = (isBigEndian ? [0x4D, 0x4D, 0x00, 0x2A] : [0x49, 0x49, 0x2A, 0x00]) + number(8, 4)
    var first = image
    if !exif.isEmpty { first.append((0x8769, .long(0))) }
    if !gps.isEmpty { first.append((0x8825, .long(0))) }
    let exifStart = 8 + length(first)
    let gpsStart = exifStart + (exif.isEmpty ? 0 : length(exif))
    let thumbnailStart = gpsStart + (gps.isEmpty ? 0 : length(gps))
    first = first.map { entry in
      switch entry.0 {
      case 0x8769 where !exif.isEmpty: (entry.0, .long(exifStart))
      case 0x8825 where !gps.isEmpty: (entry.0, .long(gpsStart))
      default: entry
      }
    }
    result += table(first, at: 8, next: thumbnail == nil ? 0 : thumbnailStart)
    if !exif.isEmpty { result += table(exif, at: exifStart, next: 0) }
    if !gps.isEmpty { result += table(gps, at: gpsStart, next: 0) }
    guard let thumbnail else { return result + stray }
    var entries = thumbnailEntries + [(0x0201, .long(0)), (0x0202, .long(thumbnail.count))]
    let start = thumbnailStart + length(entries) + stray.count
    entries[entries.count - 2] = (0x0201, .long(start))
    return result + table(entries, at: thumbnailStart, next: 0) + stray + thumbnail
  }

  private func length(_ entries: [(Int, Value)]) -> Int {
    6 + 12 * entries.count + entries.map { outside($0.1).count }.reduce(0, +)
  }

  private func table(_ entries: [(Int, Value)], at start: Int, next: Int) -> [UInt8] {
    var head = number(entries.count, 2)
    var tail: [UInt8] = []
    let valuesStart = start + 6 + 12 * entries.count
    for (tag, value) in entries {
      let (type, count, bytes) = coded(value)
      head += number(tag, 2) + number(type, 2) + number(count, 4)
      if bytes.count <= 4 {
        head += bytes + Array(repeating: 0, count: 4 - bytes.count)
      } else {
        head += number(valuesStart + tail.count, 4)
        tail += outside(value)
      }
    }
    return head + number(next, 4) + tail
  }

  /// A value longer than four bytes, padded to an even count.
  private func outside(_ value: Value) -> [UInt8] {
    let bytes = coded(value).2
    return bytes.count <= 4 ? [] : bytes + (bytes.count % 2 == 1 ? [0] : [])
  }

  private func coded(_ value: Value) -> (Int, Int, [UInt8]) {
    switch value {
    case .short(let value): (3, 1, number(value, 2))
    case .long(let value): (4, 1, number(value, 4))
    case .ascii(let text): (2, text.utf8.count + 1, Array(text.utf8) + [0])
    case .rational(let above, let below): (5, 1, number(above, 4) + number(below, 4))
    case .rationals(let all): (5, all.count / 2, all.flatMap { number($0, 4) })
    case .blob(let bytes): (7, bytes.count, bytes)
    case .bytes(let bytes): (1, bytes.count, bytes)
    }
  }

  func number(_ value: Int, _ count: Int) -> [UInt8] {
    let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    return isBigEndian ? little.reversed() : little
  }
}

/// Pictures and packets for metadata tests.
enum MetadataSamples {
  /// A picture with a different look at each side: slopes, an off-centre square and a little texture.
  static func picture(_ width: Int, _ height: Int, channels: Int = 3) -> TurboJPEG.Pixels {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let inSquare = (width / 8..<width / 3).contains(x) && (height / 6..<height / 2).contains(y)
        let texture = (x * 7 + y * 13) % 11
        let red = x * 200 / width + texture
        let green = y * 200 / height + (inSquare ? 50 : 0)
        let blue = inSquare ? 220 : (x + y) * 100 / (width + height)
        bytes += [red, green, blue].prefix(channels).map { UInt8(clamping: $0) }
      }
    }
    return TurboJPEG.Pixels(size: PixelSize(clamping: width, height), channels: channels, bytes: bytes)
  }

  static func jpeg(
    _ width: Int, _ height: Int, _ subsampling: TurboJPEG.Subsampling = .quarter, quality: Int = 90,
    isProgressive: Bool = false
  ) throws -> [UInt8] {
    try TurboJPEG.encoded(
      picture(width, height, channels: subsampling == .grey ? 1 : 3), quality: quality, subsampling: subsampling,
      isProgressive: isProgressive)
  }

  /// A packet with padding, with the properties as attributes or as elements.
  static func xmp(orientation: Int = 6, size: PixelSize, asElements: Bool, padding: Int = 40) -> [UInt8] {
    let values = [
      ("tiff:Orientation", "\(orientation)"), ("tiff:ImageWidth", "\(size.width)"),
      ("tiff:ImageLength", "\(size.height)"), ("exif:PixelXDimension", "\(size.width)"),
      ("exif:PixelYDimension", "\(size.height)"), ("exif:GPSLatitude", "48,8.654321N"),
      ("aux:SerialNumber", ExifSample.serial), ("aux:OwnerName", ExifSample.owner), ("photoshop:City", "SECRETCITY"),
      ("dc:format", "image/jpeg"), ("xmp:Rating", "5"),
    ]
    let attributes = asElements ? "" : values.map { "\n    \($0.0)=\"\($0.1)\"" }.joined()
    let elements = asElements ? values.map { "\n   <\($0.0)>\($0.1)</\($0.0)>" }.joined() : ""
    let text = """
      <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
      <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
       <rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
         xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
         xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
         xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"\(attributes)>\(elements)
        <xmp:Thumbnails><rdf:Alt><rdf:li>/9j/SECRETPICTURE</rdf:li></rdf:Alt></xmp:Thumbnails>
        <dc:title>A &lt;kept&gt; title</dc:title>
       </rdf:Description></rdf:RDF></x:xmpmeta>
      \(String(repeating: " ", count: padding))<?xpacket end="w"?>
      """
    return Array(text.utf8)
  }

  /// A JPEG with segments put before its tables.
  static func adding(_ segments: [JPEGSegments.Segment], to jpeg: [UInt8]) throws -> [UInt8] {
    var file = try JPEGSegments(jpeg)
    file.segments.insert(contentsOf: segments, at: 1)
    return try file.encoded()
  }

  static func exifSegment(_ block: [UInt8]) -> JPEGSegments.Segment {
    .init(marker: JPEGSegments.Marker.app1, payload: JPEGSegments.Segment.exifPrefix + block)
  }

  static func xmpSegment(_ packet: [UInt8]) -> JPEGSegments.Segment {
    .init(marker: JPEGSegments.Marker.app1, payload: JPEGSegments.Segment.xmpPrefix + packet)
  }

  /// The largest difference of two samples at the same place; nothing for different sizes.
  static func difference(_ one: TurboJPEG.Pixels, _ other: TurboJPEG.Pixels) -> Int? {
    guard one.size == other.size, one.channels == other.channels else { return nil }
    return zip(one.bytes, other.bytes).map { abs(Int($0) - Int($1)) }.max()
  }
}

extension Collection<UInt8> {
  /// Whether a run of bytes occurs anywhere.
  func contains(run: [UInt8]) -> Bool {
    let all = Array(self)
    guard let first = run.first, all.count >= run.count else { return false }
    var start = 0
    while let found = all[start...].firstIndex(of: first) {
      if all[found...].starts(with: run) { return true }
      start = found + 1
    }
    return false
  }
}

/// A reproducible random source (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
