// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// The frame header of a JPEG (ITU-T T.81 §B.2.2): size, coding process and block grid.
public struct JPEGFrame: Sendable, Hashable {
  /// One component's sampling factors, each 1–4.
  public struct Component: Sendable, Hashable {
    public let horizontal: Int
    public let vertical: Int
  }

  public let size: PixelSize
  /// The SOF marker, 0xC0…0xCF: 0xC0 baseline, 0xC1 extended, 0xC2 progressive.
  public let marker: UInt8
  /// Bits of one sample: 8, 12 or 16.
  public let precision: Int
  public let components: [Component]

  /// Reads the payload of an SOF segment; nothing when a field is out of its range or the height is left to DNL.
  package init?(marker: UInt8, payload: [UInt8]) {
    guard Self.isFrame(marker), payload.count >= 6 else { return nil }
    let count = Int(payload[5])
    let height = Int(payload[1]) << 8 | Int(payload[2])
    let width = Int(payload[3]) << 8 | Int(payload[4])
    guard let size = PixelSize(width: width, height: height), (1...4).contains(count),
      payload.count >= 6 + 3 * count
    else { return nil }
    let components = (0..<count).map { index in
      let factors = payload[7 + 3 * index]
      return Component(horizontal: Int(factors >> 4), vertical: Int(factors & 15))
    }
    guard components.allSatisfy({ (1...4).contains($0.horizontal) && (1...4).contains($0.vertical) }) else {
      return nil
    }
    self.size = size
    self.marker = marker
    self.precision = Int(payload[0])
    self.components = components
  }

  /// The first frame header among the segments.
  package init?(_ segments: JPEGSegments) {
    guard let header = segments.segments.first(where: { Self.isFrame($0.marker) }) else { return nil }
    self.init(marker: header.marker, payload: header.payload)
  }

  /// The first frame header of a file; the scans are not walked.
  ///
  /// - Throws: `.input` when the bytes are not a JPEG or a segment before the header does not fit into them.
  package init?(of bytes: [UInt8]) throws(ImgtoolError) {
    guard let header = try JPEGSegments.first(in: bytes, where: Self.isFrame) else { return nil }
    self.init(marker: header.marker, payload: header.payload)
  }

  public var isProgressive: Bool { marker == 0xC2 }

  /// The pixels one row or column of the interleaved block grid covers: a multiple of 8.
  ///
  /// A single component is never interleaved: its grid is 8×8 whatever its factors say (T.81 §A.2.2).
  public var gridWidth: Int { components.count == 1 ? 8 : 8 * (components.map(\.horizontal).max() ?? 1) }
  public var gridHeight: Int { components.count == 1 ? 8 : 8 * (components.map(\.vertical).max() ?? 1) }

  /// The samples of all components together, padded to whole blocks.
  public var sampleCount: Int {
    let columns = (size.width + gridWidth - 1) / gridWidth
    let rows = (size.height + gridHeight - 1) / gridHeight
    let blocks = components.count == 1 ? 1 : components.reduce(0) { $0 + $1.horizontal * $1.vertical }
    return columns * rows * blocks * 64
  }

  private static func isFrame(_ marker: UInt8) -> Bool {
    (0xC0...0xCF).contains(marker) && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
  }
}
