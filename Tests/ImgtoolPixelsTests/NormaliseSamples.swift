// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolTesting
import Testing

/// Files with an orientation, EXIF and XMP, as a camera would have written them.
enum NormaliseSamples {
  /// The file of stored pixels with an EXIF block and an XMP packet that both say `orientation`.
  static func oriented(
    _ encoded: [UInt8], _ format: ImageFormat, _ orientation: Orientation, stored: PixelSize,
    thumbnail: [UInt8]? = nil
  ) throws -> [UInt8] {
    let block = ExifSample.camera(orientation: orientation.rawValue, size: stored, thumbnail: thumbnail).block()
    let packet = MetadataSamples.xmp(orientation: orientation.rawValue, size: stored, asElements: false)
    switch format {
    case .png:
      var file = try PNGChunks(encoded)
      file.chunks.removeAll { $0.type == "eXIf" }
      let place = try #require(file.chunks.firstIndex { $0.type == "IDAT" })
      let text = PNGChunks.xmpKeyword + [0, 0, 0, 0] + packet
      file.chunks.insert(
        contentsOf: [.init(type: "eXIf", data: block[...]), .init(type: "iTXt", data: text[...])], at: place)
      return try file.encoded()
    case .webp:
      var donor = try WebPChunks(encoded)
      donor.chunks = [.init(type: "EXIF", data: block[...]), .init(type: "XMP ", data: packet[...])]
      var file = try WebPChunks(encoded)
      try file.adoptMetadata(of: donor)
      return try file.encoded()
    case .tiff:
      let edit = MetadataEdit(size: stored)
      return try orienting(TIFFGraft.grafted(from: block, onto: encoded, edit).bytes, orientation)
    default:
      var file = try JPEGSegments(encoded)
      file.segments.removeAll { $0.kind == .exif || $0.kind == .xmp }
      file.segments.insert(
        contentsOf: [MetadataSamples.exifSegment(block), MetadataSamples.xmpSegment(packet)], at: 1)
      return try file.encoded()
    }
  }

  /// The file of a picture, with the packet for a TIFF already in it, since only libvips writes that there.
  static func encoded(
    _ sample: SamplePicture, _ options: EncodeOptions, _ orientation: Orientation, isWide: Bool = false
  ) async throws -> [UInt8] {
    let packet = MetadataSamples.xmp(orientation: orientation.rawValue, size: sample.size, asElements: false)
    return try await onPixels { thread in
      let picture = isWide ? try sample.widePicture(on: thread) : try sample.picture(on: thread)
      guard options.format == .tiff else { return try picture.encoded(options) }
      return try picture.setting(.xmp, to: packet).upright(from: .up).encoded(options)
    }
  }

  /// A HEIF or AVIF of one item, as libheif writes it, with an `irot` property added (ISO/IEC 23008-12 §6.5.10).
  ///
  /// - Parameter turns: quarter turns against the clock.
  static func turningItem(_ file: [UInt8], turns: UInt8) throws -> [UInt8] {
    var bytes = file
    func start(_ type: String) throws -> Int {
      let name = Array(type.utf8)
      return try #require((4..<min(bytes.count - 4, 4000)).first { bytes[$0...].starts(with: name) }) - 4
    }
    func grow(_ place: Int, by count: Int) {
      let value = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } + count
      bytes.replaceSubrange(place..<place + 4, with: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) })
    }
    // Properties count from 1; the box itself holds `length − 8` bytes of them.
    let properties = try start("ipco")
    let end = properties + bytes[properties..<properties + 4].reduce(0) { $0 << 8 | Int($1) }
    var count = 0
    var place = properties + 8
    while place < end {
      place += bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      count += 1
    }
    let associations = try start("ipma")
    let listed = associations + 8 + 4 + 4 + 2
    bytes.insert(0x80 | UInt8(count + 1), at: listed + 1 + Int(bytes[listed]))
    bytes[listed] += 1
    grow(associations, by: 1)
    bytes.insert(contentsOf: [0, 0, 0, 9] + Array("irot".utf8) + [turns], at: end)
    grow(properties, by: 9)
    for box in ["iprp", "meta"] { grow(try start(box), by: 10) }
    // iloc of version 0 with sizes 4, 4 and 4: each item is 18 bytes with one extent.
    let locations = try start("iloc")
    for item in 0..<Int(bytes[locations + 15]) { grow(locations + 16 + 18 * item + 4, by: 10) }
    return bytes
  }

  /// A TIFF with another value in its orientation tag.
  private static func orienting(_ tiff: [UInt8], _ orientation: Orientation) throws -> [UInt8] {
    guard var data = TIFFBytes(tiff), let entry = try ExifStructure(data).entries(0x0112, in: .image).first else {
      throw ImgtoolError(.unsupported, "The TIFF has no orientation tag.")
    }
    data.put(short: orientation.rawValue, at: entry.position + 8)
    return data.bytes
  }

  static func normalised(_ bytes: [UInt8], _ options: NormaliseOptions = NormaliseOptions()) async throws
    -> NormaliseOutcome
  {
    try await Normaliser(options, on: try TestPool.pool()).normalised(bytes, try Probe.facts(of: bytes))
  }

  /// The decoded samples of a file, turned by nothing.
  ///
  /// - Parameter target: the size they are scaled to first, for comparing what is only alike.
  static func samples(
    _ bytes: [UInt8], _ format: ImageFormat, scaledTo target: PixelSize? = nil,
    turnedFrom orientation: Orientation = .up
  ) async throws -> (size: PixelSize, samples: [UInt8]) {
    let decoded = try await onPixels { thread in
      let options = OpenOptions(failOn: .warning, jpegShrink: target == nil ? 1 : 2)
      let opened = try Picture(opening: .bytes(bytes), as: format, options, on: thread).upright(from: orientation)
      let picture = try target.map { target throws(ImgtoolError) in try opened.resized(to: target) } ?? opened.shared()
      let wide = picture.sample == .u16 ? try picture.samples16() : []
      let narrow = picture.sample == .u16 ? wide.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } : try picture.samples8()
      return Decoded(size: picture.size, samples: narrow)
    }
    return (decoded.size, decoded.samples)
  }

  private struct Decoded: Sendable {
    let size: PixelSize
    let samples: [UInt8]
  }

  /// The EXIF block of a file, as the probe finds it.
  static func exif(_ bytes: [UInt8]) throws -> ExifSummary {
    let facts = try Probe.facts(of: bytes)
    if facts.format == .tiff { return try #require(ExifSummary(bytes)) }
    let range = try #require(facts.exif)
    return try #require(ExifSummary(Array(bytes[range.offset..<range.offset + range.length])))
  }

  /// The XMP packet of a file, as the probe finds it.
  static func xmp(_ bytes: [UInt8]) throws -> XMPEditor {
    let range = try #require(try Probe.facts(of: bytes).xmp)
    return try XMPEditor(Array(bytes[range.offset..<range.offset + range.length]))
  }
}
