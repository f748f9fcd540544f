// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// The chunks of one WebP (RFC 9649 §2.3–2.7).
package struct WebPChunks: Sendable {
  /// One chunk without its padding.
  package struct Chunk: Sendable, Hashable {
    /// Four characters, for example "VP8 ".
    package let type: String
    package var data: ArraySlice<UInt8>

    package init(type: String, data: ArraySlice<UInt8>) {
      self.type = type
      self.data = data
    }
  }

  /// Flags of the VP8X chunk (RFC 9649 §2.7.1).
  private enum Flag {
    static let xmp: UInt8 = 0x04
    static let exif: UInt8 = 0x08
    static let alpha: UInt8 = 0x10
  }

  package static let chunkLimit = 100_000

  package let source: [UInt8]
  package var chunks: [Chunk] = []
  /// What follows the RIFF file.
  package var trailing: Range<Int>

  /// Takes a WebP apart.
  ///
  /// - Throws: `.input` when a chunk does not fit into the file, `.limit` for too many chunks.
  package init(_ bytes: [UInt8]) throws(ImgtoolError) {
    guard bytes.count >= 12, bytes.starts(with: "RIFF".utf8), bytes[8..<12].elementsEqual("WEBP".utf8) else {
      throw ImgtoolError(.input, "The bytes do not start like a WebP.")
    }
    let end = 8 + Self.number(bytes[4..<8])
    guard end >= 12, end <= bytes.count else {
      throw ImgtoolError(.input, "The WebP is shorter than it states.")
    }
    source = bytes
    var position = 12
    while end - position >= 8 {
      let length = Self.number(bytes[position + 4..<position + 8])
      guard length <= end - position - 8 else {
        throw ImgtoolError(.input, "A WebP chunk at byte \(position) reaches beyond the file.")
      }
      guard chunks.count < Self.chunkLimit else {
        throw ImgtoolError(.limit, "The WebP has more than \(Self.chunkLimit) chunks.")
      }
      chunks.append(
        Chunk(
          type: String(decoding: bytes[position..<position + 4], as: UTF8.self),
          data: bytes[position + 8..<position + 8 + length]))
      position += 8 + length + length % 2
    }
    trailing = end..<bytes.count
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reversed().reduce(0) { $0 << 8 | Int($1) } }

  private static func littleEndian(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}

extension WebPChunks: MetadataContainer {
  package mutating func apply(_ edit: MetadataEdit) throws(ImgtoolError) -> [Finding] {
    var findings: [Finding] = []
    var kept: [Chunk] = []
    for chunk in chunks {
      if let chunk = try edited(chunk, edit, &findings) { kept.append(chunk) }
    }
    chunks = kept
    setFlags()
    if edit.strip != .none, !trailing.isEmpty {
      findings.append(
        Finding("trailing.dropped", .note, "\(ByteCount(trailing.count)) after the end of the WebP were left out."))
      trailing = source.count..<source.count
    }
    return findings
  }

  package mutating func adoptMetadata(of other: WebPChunks) throws(ImgtoolError) {
    chunks.removeAll { !$0.isPicture }
    let adopted = other.chunks.filter { !$0.isPicture }
    if !adopted.isEmpty, chunks.first?.type != "VP8X" { chunks.insert(try extendedHeader(), at: 0) }
    chunks += adopted
    setFlags()
  }

  package func encoded() throws(ImgtoolError) -> [UInt8] {
    var body = Array("WEBP".utf8)
    body.reserveCapacity(source.count + 1024)
    for chunk in chunks {
      body += Array(chunk.type.utf8) + Self.littleEndian(chunk.data.count, 4) + chunk.data
      if chunk.data.count % 2 == 1 { body.append(0) }
    }
    guard body.count <= Int(UInt32.max) - 10 else { throw ImgtoolError(.limit, "The WebP grew too long.") }
    return Array("RIFF".utf8) + Self.littleEndian(body.count, 4) + body + source[trailing]
  }

  private func edited(
    _ chunk: Chunk, _ edit: MetadataEdit, _ findings: inout [Finding]
  ) throws(ImgtoolError) -> Chunk? {
    var chunk = chunk
    switch (chunk.type, edit.strip) {
    case ("EXIF", .none), ("EXIF", .private):
      // Some writers put the prefix of JPEG before the TIFF header.
      let prefix = chunk.data.starts(with: JPEGSegments.Segment.exifPrefix) ? JPEGSegments.Segment.exifPrefix : []
      let edited = try ExifEditor.edited(Array(chunk.data.dropFirst(prefix.count)), edit, byteLimit: 1 << 24)
      findings += edited.findings
      guard let bytes = edited.bytes else { return nil }
      chunk.data = ArraySlice(prefix + bytes)
    case ("XMP ", .none), ("XMP ", .private):
      let edited = XMPEditor.edited(Array(chunk.data), edit, byteLimit: 1 << 24)
      findings += edited.findings
      guard let bytes = edited.bytes else { return nil }
      chunk.data = ArraySlice(bytes)
    default:
      // Unknown chunks may hold anything, so any stripping takes them.
      return chunk.isPicture || edit.strip == .none ? chunk : nil
    }
    return chunk
  }

  /// States in VP8X what is there.
  private mutating func setFlags() {
    guard let header = chunks.first, header.type == "VP8X", let first = header.data.first else { return }
    var flags = first & ~(Flag.exif | Flag.xmp)
    if chunks.contains(where: { $0.type == "EXIF" }) { flags |= Flag.exif }
    if chunks.contains(where: { $0.type == "XMP " }) { flags |= Flag.xmp }
    chunks[0].data = [flags] + header.data.dropFirst()
  }

  /// The VP8X chunk a file of one plain bitstream needs before it may hold metadata.
  private func extendedHeader() throws(ImgtoolError) -> Chunk {
    guard let picture = chunks.first(where: { $0.type == "VP8 " || $0.type == "VP8L" }) else {
      throw ImgtoolError(.input, "The WebP has no picture.")
    }
    let data = Array(picture.data.prefix(10))
    let width: Int
    let height: Int
    var flags: UInt8 = 0
    if picture.type == "VP8L", data.count >= 5 {
      let bits = Self.number(data[1..<5])
      (width, height) = (bits & 0x3FFF, bits >> 14 & 0x3FFF)
      if bits >> 28 & 1 == 1 { flags |= Flag.alpha }
    } else if data.count >= 10 {
      (width, height) = ((Self.number(data[6..<8]) & 0x3FFF) - 1, (Self.number(data[8..<10]) & 0x3FFF) - 1)
    } else {
      throw ImgtoolError(.input, "The WebP bitstream has no header.")
    }
    guard width >= 0, height >= 0 else { throw ImgtoolError(.input, "The WebP bitstream has no size.") }
    let body = [flags, 0, 0, 0] + Self.littleEndian(width, 3) + Self.littleEndian(height, 3)
    return Chunk(type: "VP8X", data: ArraySlice(body))
  }
}

extension WebPChunks.Chunk {
  /// Whether the chunk belongs to the coded picture or its colours (RFC 9649 §2.7).
  fileprivate var isPicture: Bool { ["VP8X", "ICCP", "ANIM", "ANMF", "ALPH", "VP8 ", "VP8L"].contains(type) }
}
