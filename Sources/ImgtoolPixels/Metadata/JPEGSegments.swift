// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// The marker segments of one JPEG, taken apart for replacing and put together again (ITU-T T.81 Annex B).
///
/// Scan data is never copied while editing; it is a range of the source. Fill bytes between segments are not kept
/// by `encoded()`, so a caller that changed nothing hands on the source bytes themselves.
package struct JPEGSegments: Sendable {
  /// One marker with its payload and, after SOS, the entropy-coded data that follows it.
  package struct Segment: Sendable, Hashable {
    /// The second byte of the marker, 0x01…0xFE.
    package var marker: UInt8
    /// The bytes after the length field; empty for a marker that has none.
    package var payload: [UInt8]
    /// Entropy-coded data up to the next marker, as a range of the source; empty but for SOS.
    package var scan: Range<Int>

    package init(marker: UInt8, payload: [UInt8], scan: Range<Int> = 0..<0) {
      self.marker = marker
      self.payload = payload
      self.scan = scan
    }
  }

  /// The longest payload a length field of 16 bits can tell.
  package static let payloadLimit = 65_533
  /// More segments than this are taken for an attack, not a picture.
  package static let segmentLimit = 20_000

  package let source: [UInt8]
  package var segments: [Segment]
  /// Whether the end-of-image marker is there.
  package let hasEnd: Bool
  /// What follows the end-of-image marker: previews, gain maps, padding.
  package var trailing: Range<Int>

  /// Takes a JPEG apart.
  ///
  /// - Throws: `.input` when the bytes are not a JPEG or a segment does not fit into them.
  package init(_ bytes: [UInt8]) throws(ImgtoolError) {
    guard bytes.count >= 4, bytes[0] == 0xFF, bytes[1] == Marker.start else {
      throw ImgtoolError(.input, "The bytes do not start like a JPEG.")
    }
    source = bytes
    var walker = SegmentWalker(bytes: bytes, position: 2)
    segments = try walker.segments()
    hasEnd = walker.hasEnd
    trailing = walker.hasEnd ? walker.position..<bytes.count : bytes.count..<bytes.count
  }

  /// The first segment of a kind of marker, found without walking the scans that follow it.
  ///
  /// - Throws: `.input` when the bytes are not a JPEG or a segment before it does not fit into them.
  package static func first(
    in bytes: [UInt8], where isWanted: (UInt8) -> Bool
  ) throws(ImgtoolError) -> Segment? {
    guard bytes.count >= 4, bytes[0] == 0xFF, bytes[1] == Marker.start else {
      throw ImgtoolError(.input, "The bytes do not start like a JPEG.")
    }
    var walker = SegmentWalker(bytes: bytes, position: 2)
    return try walker.segments(until: isWanted).last { isWanted($0.marker) }
  }

  /// The whole file again.
  ///
  /// - Throws: `.limit` when a payload is longer than a segment can hold.
  package func encoded() throws(ImgtoolError) -> [UInt8] {
    var result: [UInt8] = [0xFF, Marker.start]
    result.reserveCapacity(source.count + 1024)
    for segment in segments {
      result += [0xFF, segment.marker]
      guard !Marker.standsAlone(segment.marker) else { continue }
      guard segment.payload.count <= Self.payloadLimit else {
        throw ImgtoolError(.limit, "A JPEG segment cannot hold \(segment.payload.count) bytes.")
      }
      let length = segment.payload.count + 2
      result += [UInt8(length >> 8), UInt8(length & 0xFF)]
      result += segment.payload
      result += source[segment.scan]
    }
    if hasEnd { result += [0xFF, Marker.end] }
    result += source[trailing]
    return result
  }

  /// Marker codes of T.81 table B.1 that the project needs by name.
  package enum Marker {
    package static let start: UInt8 = 0xD8
    package static let end: UInt8 = 0xD9
    package static let scan: UInt8 = 0xDA
    package static let app0: UInt8 = 0xE0
    package static let app1: UInt8 = 0xE1
    package static let app2: UInt8 = 0xE2
    package static let app13: UInt8 = 0xED
    package static let app14: UInt8 = 0xEE
    package static let app15: UInt8 = 0xEF
    package static let comment: UInt8 = 0xFE

    /// Whether no length field follows: TEM and the restart markers.
    package static func standsAlone(_ marker: UInt8) -> Bool { marker == 0x01 || (0xD0...0xD7).contains(marker) }
  }
}

/// Walks the markers of a JPEG from a position after SOI to EOI or the end of the bytes.
private struct SegmentWalker {
  let bytes: [UInt8]
  var position: Int
  var hasEnd = false

  /// The segments up to the end, or up to and with the first whose marker is the last one wanted.
  mutating func segments(
    until isLast: (UInt8) -> Bool = { _ in false }
  ) throws(ImgtoolError) -> [JPEGSegments.Segment] {
    var found: [JPEGSegments.Segment] = []
    while let marker = try nextMarker() {
      guard marker != JPEGSegments.Marker.end else {
        hasEnd = true
        return found
      }
      guard found.count < JPEGSegments.segmentLimit else {
        throw ImgtoolError(.limit, "The JPEG has more than \(JPEGSegments.segmentLimit) segments.")
      }
      found.append(try segment(marker))
      if isLast(marker) { return found }
    }
    return found
  }

  /// The next marker code, after any fill bytes; nothing at the end of the bytes.
  private mutating func nextMarker() throws(ImgtoolError) -> UInt8? {
    guard position < bytes.count else { return nil }
    guard bytes[position] == 0xFF else {
      throw ImgtoolError(.input, "The JPEG has no marker where one is due, at byte \(position).")
    }
    while position < bytes.count, bytes[position] == 0xFF { position += 1 }
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func segment(_ marker: UInt8) throws(ImgtoolError) -> JPEGSegments.Segment {
    guard !JPEGSegments.Marker.standsAlone(marker) else { return .init(marker: marker, payload: []) }
    guard marker != 0x00, marker != JPEGSegments.Marker.start, bytes.count - position >= 2 else {
      throw ImgtoolError(.input, "The JPEG has a broken marker at byte \(position).")
    }
    let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
    guard length >= 2, length <= bytes.count - position else {
      throw ImgtoolError(.input, "A JPEG segment at byte \(position) reaches beyond the end of the file.")
    }
    let payload = Array(bytes[position + 2..<position + length])
    position += length
    guard marker == JPEGSegments.Marker.scan else { return .init(marker: marker, payload: payload) }
    let start = position
    skipScan()
    return .init(marker: marker, payload: payload, scan: start..<position)
  }

  /// Moves to the marker that ends the entropy-coded data; stuffed zeros and restart markers belong to it.
  private mutating func skipScan() {
    position = bytes.withUnsafeBufferPointer { all in
      var at = position
      while at + 1 < all.count {
        if all[at] != 0xFF {
          at += 1
        } else if all[at + 1] == 0xFF {
          at += 1
        } else if all[at + 1] == 0 || (0xD0...0xD7).contains(all[at + 1]) {
          at += 2
        } else {
          return at
        }
      }
      return all.count
    }
  }
}
