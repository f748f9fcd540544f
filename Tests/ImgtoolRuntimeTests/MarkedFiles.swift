// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolTesting

/// A picture with texts in it that nobody sees, and nobody means to send.
struct MarkedFile: Sendable {
  let name: String
  let bytes: [UInt8]
  let markers: [String]

  /// The markers that occur in bytes: as they are, in hexadecimal digits, or two bytes a character.
  func markers(in bytes: [UInt8]) -> [String] {
    markers.filter { marker in
      let text = Array(marker.utf8)
      let digits = Array("0123456789abcdef".utf8)
      let hex = text.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
      return [text, hex, text.flatMap { [$0, 0] }].contains { bytes.holds($0) }
    }
  }
}

extension [UInt8] {
  /// Whether a row of bytes occurs anywhere.
  func holds(_ wanted: [UInt8]) -> Bool {
    guard let first = wanted.first, count >= wanted.count else { return false }
    return (0...(count - wanted.count)).contains { place in
      self[place] == first && self[place..<(place + wanted.count)].elementsEqual(wanted)
    }
  }
}

/// Hidden parts of files, put together by the letter of the formats and without our own writers.
enum MarkedFiles {
  static let scene = SamplePictures.scene(size(48, 32))

  static func encoded(_ format: ImageFormat) async throws -> [UInt8] {
    try await RuntimeTest.file(scene, EncodeOptions(format: format, tiffCompression: .none, keep: .none))
  }

  // MARK: JPEG (ITU-T T.81 §B.1.1.4)

  static func segment(_ marker: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0xFF, marker] + [UInt8((payload.count + 2) >> 8), UInt8((payload.count + 2) & 255)] + payload
  }

  /// Segments put behind the first two bytes.
  static func jpeg(_ segments: [[UInt8]], _ file: [UInt8]) -> [UInt8] {
    Array(file.prefix(2)) + segments.flatMap { $0 } + Array(file.dropFirst(2))
  }

  // MARK: PNG (RFC 2083 §3.2)

  static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
    let head = Array(name.utf8) + body
    return big(body.count) + head + big(Int(SamplePicture.checksum(head)))
  }

  /// Chunks put between the header and the picture.
  static func png(_ chunks: [[UInt8]]) -> [UInt8] {
    let plain = scene.png()
    return Array(plain[..<33]) + chunks.flatMap { $0 } + Array(plain[33...])
  }

  /// A zlib stream of one stored block (RFC 1950, RFC 1951 §3.2.4).
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var (low, high) = (1, 0)
    for byte in bytes { (low, high) = ((low + Int(byte)) % 65_521, (high + (low + Int(byte))) % 65_521) }
    let count = [UInt8(bytes.count & 255), UInt8(bytes.count >> 8)]
    return [0x78, 0x01, 1] + count + count.map { ~$0 } + bytes + big(high << 16 | low)
  }

  // MARK: GIF (GIF89a §15–26)

  static func blocks(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count)] + bytes + [0] }

  /// Blocks put before the trailer.
  static func gif(_ blocks: [[UInt8]], _ file: [UInt8]) -> [UInt8] {
    Array(file.dropLast()) + blocks.flatMap { $0 } + [0x3B]
  }

  // MARK: WebP (RFC 9649 §2.3)

  static func webp(_ chunks: [(String, [UInt8])], _ file: [UInt8]) -> [UInt8] {
    let more = chunks.flatMap { name, body -> [UInt8] in
      Array(name.utf8) + little(body.count, 4) + body + (body.count % 2 == 1 ? [0] : [])
    }
    let all = Array(file.dropFirst(8)) + more
    return Array("RIFF".utf8) + little(all.count, 4) + all
  }

  // MARK: TIFF and EXIF (TIFF 6.0 §2)

  typealias Entry = (tag: Int, type: Int, value: [UInt8])

  static func text(_ tag: Int, _ text: String, type: Int = 2) -> Entry { (tag, type, Array(text.utf8) + [0]) }
  static func number(_ tag: Int, _ value: Int) -> Entry { (tag, 4, little(value, 4)) }

  /// A directory with its values behind it.
  static func directory(_ entries: [Entry], at start: Int, next: Int = 0) -> [UInt8] {
    var (head, tail) = (little(entries.count, 2), [UInt8]())
    let values = start + 6 + 12 * entries.count
    for (tag, type, value) in entries {
      head += little(tag, 2) + little(type, 2) + little(value.count / (type == 4 ? 4 : type == 3 ? 2 : 1), 4)
      if value.count <= 4 {
        head += value + [UInt8](repeating: 0, count: 4 - value.count)
      } else {
        head += little(values + tail.count, 4)
        tail += value + (value.count % 2 == 1 ? [0] : [])
      }
    }
    return head + little(next, 4) + tail
  }

  /// An EXIF block with a place, serial numbers, a maker note, names, and a thumbnail (EXIF 2.32 §4.6).
  static func exif(_ mark: (String) -> String) -> [UInt8] {
    let camera = [
      text(0x927C, mark("makernote"), type: 7), text(0x9286, "ASCII\0\0\0" + mark("usercomment"), type: 7),
      text(0xA420, mark("uniqueid")), text(0xA430, mark("owner")), text(0xA431, mark("bodyserial")),
      text(0xA435, mark("lensserial")),
    ]
    let place = [
      (tag: 1, type: 2, value: Array("N\0".utf8)), text(0x12, mark("gpsdatum")), text(0x1B, mark("gpsmethod"), type: 7),
      text(0x1C, mark("gpsarea"), type: 7),
    ]
    let thumbnail = [0xFF, 0xD8] + segment(0xFE, Array(mark("thumbnail").utf8)) + [0xFF, 0xD9]
    func image(_ camera: Int, _ place: Int) -> [Entry] {
      [
        text(0x010E, mark("description")), text(0x0131, mark("software")), text(0x013B, mark("artist")),
        text(0x8298, mark("copyright")), number(0x8769, camera), number(0x8825, place),
        text(0x9C9C, mark("xpcomment"), type: 1),
        text(0xC62F, mark("cameraserial")),
      ]
    }
    let first = 8 + directory(image(0, 0), at: 8).count
    let second = first + directory(camera, at: first).count
    let third = second + directory(place, at: second).count
    let small = [number(0x0201, third + 30), number(0x0202, thumbnail.count)]
    return [0x49, 0x49, 42, 0, 8, 0, 0, 0] + directory(image(first, second), at: 8, next: third)
      + directory(camera, at: first) + directory(place, at: second) + directory(small, at: third) + thumbnail
  }

  /// A TIFF of the scene with bytes between its header and its pixels, which no entry leads to, and more entries.
  static func tiff(gap: [UInt8] = [], _ entries: [Entry] = []) -> [UInt8] {
    let gap = gap + (gap.count % 2 == 1 ? [0] : [])
    let (pixels, start) = (scene.samples, 8 + gap.count)
    let plain: [Entry] = [
      number(256, scene.size.width), number(257, scene.size.height), (258, 3, [8, 0, 8, 0, 8, 0]), (259, 3, [1, 0]),
      (262, 3, [2, 0]), number(273, start), (277, 3, [3, 0]), number(278, scene.size.height),
      number(279, pixels.count),
    ]
    let table = directory((plain + entries).sorted { $0.tag < $1.tag }, at: start + pixels.count)
    return [0x49, 0x49, 42, 0] + little(start + pixels.count, 4) + gap + pixels + table
  }

  static func xmp(_ mark: (String) -> String) -> [UInt8] {
    Array(
      """
      <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
      <rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
      exif:GPSLatitude="\(mark("xmpgps"))" dc:creator="\(mark("xmpcreator"))"/></rdf:RDF></x:xmpmeta>
      """.utf8)
  }

  /// Photoshop's resource of IPTC data: a city and a name (IIM 4.2 §6, Photoshop 0x0404).
  static func iptc(_ mark: (String) -> String) -> [UInt8] {
    let sets = [(90, "iptccity"), (80, "iptcbyline")].flatMap { number, name -> [UInt8] in
      let value = Array(mark(name).utf8)
      return [0x1C, 2, UInt8(number), 0, UInt8(value.count)] + value
    }
    return Array("Photoshop 3.0\0".utf8) + Array("8BIM".utf8) + [4, 4, 0, 0] + big(sets.count) + sets
      + (sets.count % 2 == 1 ? [0] : [])
  }

  static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func big(_ value: Int) -> [UInt8] { little(value, 4).reversed() }
}

extension MarkedFiles {
  /// Pictures with everything cameras and editors leave in them: 50 markers, each of its own.
  static func privateFiles() async throws -> [MarkedFile] {
    var markers: [String] = []
    func marked(_ name: String, _ make: ((String) -> String) throws -> [UInt8]) rethrows -> MarkedFile {
      markers = []
      let bytes = try make { part in
        let marker = "CANARY-\(name)-\(part)"
        if !markers.contains(marker) { markers.append(marker) }
        return marker
      }
      return MarkedFile(name: name, bytes: bytes, markers: markers)
    }
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    let (jpeg, webp) = (try await encoded(.jpeg), try await encoded(.webp))
    return [
      marked("jpeg") { mark in
        Self.jpeg(
          [
            segment(0xE1, bytes("Exif\0\0") + exif(mark)),
            segment(0xE1, bytes("http://ns.adobe.com/xap/1.0/\0") + xmp(mark)),
            segment(0xED, iptc(mark)), segment(0xFE, bytes(mark("comment"))),
            segment(0xE0, bytes("JFXX\0") + [0x10] + bytes(mark("jfxx"))),
            segment(0xE2, bytes("MPF\0") + bytes(mark("mpf"))), segment(0xE2, bytes("FPXR\0" + mark("fpxr"))),
            segment(0xE5, bytes(mark("app5"))), segment(0xEB, bytes(mark("app11"))),
          ], jpeg) + bytes(mark("trailer"))
      },
      marked("png") { mark in
        png([
          chunk("eXIf", exif(mark)), chunk("tEXt", bytes("Author\0" + mark("text"))),
          chunk("zTXt", bytes("Comment\0\0") + stored(bytes(mark("ztext")))),
          chunk("iTXt", bytes("XML:com.adobe.xmp\0\0\0\0\0") + xmp(mark)),
          chunk("iTXt", bytes("Title\0\0\0de\0Titel\0" + mark("itext"))), chunk("tIME", [7, 0xE8, 1, 2, 3, 4, 5]),
          chunk("prVt", bytes(mark("chunk"))),
        ]) + bytes(mark("trailer"))
      },
      marked("webp") { mark in
        Self.webp(
          [
            ("EXIF", exif(mark)), ("XMP ", xmp(mark)), ("JUNK", bytes(mark("chunk"))),
          ], webp) + bytes(mark("trailer"))
      },
      marked("tiff") { mark in
        tiff([text(270, mark("description")), text(315, mark("artist")), text(65_000, mark("private"), type: 7)])
          + bytes(mark("trailer"))
      },
    ]
  }

  /// Pictures that are something else as well, or carry it where few look.
  static func polyglots() async throws -> [MarkedFile] {
    let (jpeg, gif) = (try await encoded(.jpeg), try await encoded(.gif))
    let (webp, avif) = (try await encoded(.webp), try await encoded(.avif))
    let payload = "CANARY-payload"
    let bytes = Array(payload.utf8)
    func file(_ name: String, _ content: [UInt8]) -> MarkedFile {
      MarkedFile(name: name, bytes: content, markers: [payload])
    }
    let (html, zip) = (Array("<html><script>/*\(payload)*/".utf8), [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 0, 0] + bytes)
    var script = gif
    script.replaceSubrange(6..<8, with: Array("/*".utf8))
    return [
      file("JPEG and ZIP", jpeg + zip), file("JPEG with a page in a comment", Self.jpeg([segment(0xFE, html)], jpeg)),
      file("JPEG with a document in a comment", Self.jpeg([segment(0xFE, Array("%PDF-1.4\n".utf8) + bytes)], jpeg)),
      file(
        "JPEG with many comments",
        Self.jpeg((0..<40).map { segment($0 % 2 == 0 ? 0xFE : 0xE7, bytes + [UInt8($0)]) }, jpeg)),
      file("JPEG with a profile that is none", Self.jpeg([segment(0xE2, Array("ICC_PROFIL\0\0".utf8) + bytes)], jpeg)),
      file("JPEG with bytes between segments", Self.jpeg([segment(0xFE, [0]), bytes], jpeg)),
      file("JPEG with a long restart interval", Self.jpeg([segment(0xDD, [0, 0] + bytes)], jpeg)),
      file("two JPEGs", jpeg + Self.jpeg([segment(0xFE, bytes)], jpeg)),
      file("PNG and page", scene.png() + html), file("PNG and ZIP", scene.png() + zip),
      file("PNG and JPEG", scene.png() + Self.jpeg([segment(0xFE, bytes)], jpeg)),
      file("PNG with a text", png([chunk("tEXt", Array("k\0".utf8) + html)])),
      file("PNG with a chunk of its own", png([chunk("heLo", bytes)])),
      file("PNG with a long density", png([chunk("pHYs", [0, 0, 0, 1, 0, 0, 0, 1, 0] + bytes)])),
      file("PNG with a long gamma", png([chunk("gAMA", [0, 0, 0xB1, 0x8F] + bytes)])),
      file("GIF and script", script + Array("*/=1;'\(payload)'".utf8)),
      file("GIF with a comment", Self.gif([[0x21, 0xFE] + blocks(html)], gif)), file("GIF and ZIP", gif + zip),
      file("GIF with a long control block", Self.gif([[0x21, 0xF9, 4, 0, 0, 0, 0] + blocks(bytes)], gif)),
      file(
        "GIF with a long loop count",
        Self.gif([[0x21, 0xFF, 11] + Array("NETSCAPE2.0".utf8) + [3, 1, 0, 0] + blocks(bytes)], gif)),
      file("WebP with a chunk of its own", Self.webp([("heLo", bytes)], webp)), file("WebP and ZIP", webp + zip),
      file("TIFF with bytes nothing leads to", tiff(gap: bytes)),
      file("TIFF with a tag of its own", tiff([text(65_000, payload, type: 7)])),
      file("AVIF and ZIP", avif + zip),
      file("AVIF with free space", avif + big(8 + bytes.count) + Array("free".utf8) + bytes),
      file(
        "AVIF with a box of its own",
        avif + big(24 + bytes.count) + Array("uuid".utf8) + [UInt8](repeating: 7, count: 16) + bytes),
    ]
  }
}
