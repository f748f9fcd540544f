// SPDX-License-Identifier: Apache-2.0

/// What the tests read out of encoded files, by the letter of the formats and without our own readers.
enum FileParts {
  /// The segments of a JPEG up to the first scan: marker and content (ITU-T T.81 §B.1.1.4).
  static func jpegSegments(_ file: [UInt8]) -> [(marker: UInt8, content: [UInt8])] {
    var segments: [(marker: UInt8, content: [UInt8])] = []
    var place = 2
    while place + 4 <= file.count, file[place] == 0xFF {
      let marker = file[place + 1]
      let length = Int(file[place + 2]) << 8 | Int(file[place + 3])
      guard length >= 2, place + 2 + length <= file.count else { break }
      segments.append((marker, Array(file[(place + 4)..<(place + 2 + length)])))
      if marker == 0xDA { break }
      place += 2 + length
    }
    return segments
  }

  /// The chunks of a PNG: type and content (RFC 2083 §3.2).
  static func pngChunks(_ file: [UInt8]) -> [(type: String, content: [UInt8])] {
    var chunks: [(type: String, content: [UInt8])] = []
    var place = 8
    while place + 12 <= file.count {
      let length = file[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
      guard place + 12 + length <= file.count else { break }
      let type = String(decoding: file[(place + 4)..<(place + 8)], as: UTF8.self)
      chunks.append((type, Array(file[(place + 8)..<(place + 8 + length)])))
      place += 12 + length
    }
    return chunks
  }

  /// The chunk names of a WebP, in order.
  static func webpChunks(_ file: [UInt8]) -> [String] {
    var names: [String] = []
    var place = 12
    while place + 8 <= file.count {
      names.append(String(decoding: file[place..<(place + 4)], as: UTF8.self))
      let length = file[(place + 4)..<(place + 8)].reversed().reduce(0) { $0 << 8 | Int($1) }
      place += 8 + length + length % 2
    }
    return names
  }

  /// The first value of a tag of the first directory of a little-endian TIFF (TIFF 6.0 §2).
  static func tiffTag(_ file: [UInt8], _ tag: Int) -> Int? {
    func number(_ place: Int, _ count: Int) -> Int {
      guard place + count <= file.count else { return 0 }
      return file[place..<(place + count)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    let directory = number(4, 4)
    for entry in 0..<number(directory, 2) {
      let place = directory + 2 + entry * 12
      if number(place, 2) == tag { return number(place + 8, number(place + 2, 2) == 3 ? 2 : 4) }
    }
    return nil
  }

  /// Whether a file holds a text anywhere.
  static func holds(_ file: [UInt8], _ text: String) -> Bool { holds(file, Array(text.utf8)) }

  /// Whether a file holds a row of bytes anywhere.
  static func holds(_ file: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard let first = wanted.first, file.count >= wanted.count else { return false }
    return (0...(file.count - wanted.count)).contains { place in
      file[place] == first && file[place..<(place + wanted.count)].elementsEqual(wanted)
    }
  }
}
