// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// The chunks of one PNG (PNG Third Edition §5.3); data of untouched chunks is a range of the source.
package struct PNGChunks: Sendable {
  /// One chunk.
  package struct Chunk: Sendable, Hashable {
    /// Four letters.
    package let type: String
    package var data: ArraySlice<UInt8>
    /// The chunk as it stands in the file, checksum included; nothing for a changed one.
    var stored: Range<Int>?
  }

  package static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// The keyword of an XMP packet in an iTXt chunk (XMP Specification Part 3 §1.1.5).
  package static let xmpKeyword = Array("XML:com.adobe.xmp\0".utf8)
  package static let chunkLimit = 100_000

  package let source: [UInt8]
  package var chunks: [Chunk] = []
  /// What follows IEND.
  package var trailing: Range<Int>

  /// Takes a PNG apart; checksums are not checked, and those of untouched chunks are handed on as they are.
  ///
  /// - Throws: `.input` when a chunk does not fit or IEND is missing, `.limit` for too many chunks.
  package init(_ bytes: [UInt8]) throws(ImgtoolError) {
    guard bytes.starts(with: Self.signature) else {
      throw ImgtoolError(.input, "The bytes do not start like a PNG.")
    }
    source = bytes
    var position = 8
    while chunks.last?.type != "IEND" {
      guard bytes.count - position >= 12 else { throw ImgtoolError(.input, "The PNG ends before its last chunk.") }
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let type = bytes[position + 4..<position + 8]
      guard length <= bytes.count - position - 12, type.allSatisfy({ (65...90).contains($0 & 0xDF) }) else {
        throw ImgtoolError(.input, "A PNG chunk at byte \(position) is broken.")
      }
      guard chunks.count < Self.chunkLimit else {
        throw ImgtoolError(.limit, "The PNG has more than \(Self.chunkLimit) chunks.")
      }
      let end = position + 12 + length
      chunks.append(
        Chunk(
          type: String(decoding: type, as: UTF8.self), data: bytes[position + 8..<end - 4], stored: position..<end))
      position = end
    }
    trailing = position..<bytes.count
  }
}

extension PNGChunks: MetadataContainer {
  package mutating func apply(_ edit: MetadataEdit) throws(ImgtoolError) -> [Finding] {
    var findings: [Finding] = []
    var kept: [Chunk] = []
    for chunk in chunks {
      if let chunk = try edited(chunk, edit, &findings) { kept.append(chunk) }
    }
    chunks = kept
    if edit.strip != .none, !trailing.isEmpty {
      findings.append(
        Finding("trailing.dropped", .note, "\(ByteCount(trailing.count)) after the end of the PNG were left out."))
      trailing = source.count..<source.count
    }
    return findings
  }

  package mutating func adoptMetadata(of other: PNGChunks) throws(ImgtoolError) {
    chunks.removeAll { $0.isMetadata || $0.isColour }
    let place = chunks.firstIndex { $0.type == "PLTE" || $0.type == "IDAT" } ?? min(1, chunks.count)
    let adopted = other.chunks.filter { $0.isMetadata || $0.isColour }.map { Chunk(type: $0.type, data: $0.data) }
    chunks.insert(contentsOf: adopted, at: place)
  }

  package func encoded() throws(ImgtoolError) -> [UInt8] {
    var result = Self.signature
    result.reserveCapacity(source.count + 1024)
    for chunk in chunks {
      if let stored = chunk.stored {
        result += source[stored]
        continue
      }
      guard let length = UInt32(exactly: chunk.data.count), length < 1 << 31 else {
        throw ImgtoolError(.limit, "A PNG chunk cannot hold \(chunk.data.count) bytes.")
      }
      let body = Array(chunk.type.utf8) + chunk.data
      result += Self.bigEndian(length) + body + Self.bigEndian(CRC32.checksum(body))
    }
    return result + source[trailing]
  }

  private func edited(
    _ chunk: Chunk, _ edit: MetadataEdit, _ findings: inout [Finding]
  ) throws(ImgtoolError) -> Chunk? {
    if chunk.type == "pHYs", edit.turn.isTurned, chunk.data.count == 9 {
      return chunk.replacingData(chunk.data.dropFirst(4).prefix(4) + chunk.data.prefix(4) + chunk.data.suffix(1))
    }
    guard chunk.isMetadata else { return chunk }
    if edit.strip == .all { return nil }
    if chunk.type == "eXIf" {
      let edited = try ExifEditor.edited(Array(chunk.data), edit, byteLimit: 1 << 24)
      findings += edited.findings
      return chunk.replacingData(edited.bytes)
    }
    if let packet = chunk.xmpPacket {
      let edited = XMPEditor.edited(Array(packet), edit, byteLimit: 1 << 24)
      findings += edited.findings
      return chunk.replacingData(edited.bytes.map { chunk.data[..<packet.startIndex] + $0 })
    }
    if edit.strip == .private, chunk.mayHidePrivate {
      findings.append(
        Finding("png.text.dropped", .note, "A \(chunk.type) chunk that may hold private metadata was left out."))
      return nil
    }
    if chunk.isXMP, edit.turn != .up {
      findings.append(
        Finding("xmp.unreadable", .warn, "The XMP packet is compressed; it was left as it is and may contradict."))
    }
    return chunk
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] {
    [UInt8(number >> 24), UInt8(number >> 16 & 0xFF), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]
  }
}

extension PNGChunks.Chunk {
  /// A chunk of one's own; its length and checksum are made when the file is put together.
  package init(type: String, data: ArraySlice<UInt8>) { self.init(type: type, data: data, stored: nil) }

  /// Whether the chunk is about the picture rather than part of it.
  var isMetadata: Bool { ["eXIf", "iTXt", "tEXt", "zTXt", "tIME"].contains(type) }

  /// Whether the chunk says what the samples mean: libvips reads none of these but the profile.
  var isColour: Bool { ["gAMA", "cHRM", "sRGB", "iCCP", "cICP", "mDCV", "cLLI", "pHYs"].contains(type) }

  /// The XMP packet of an uncompressed iTXt chunk (PNG Third Edition §11.3.3.4).
  var xmpPacket: ArraySlice<UInt8>? {
    guard isXMP, data.dropFirst(PNGChunks.xmpKeyword.count).first == 0 else { return nil }
    // Compression flag and method, then language and translated keyword, each ended by a zero.
    let names = data.dropFirst(PNGChunks.xmpKeyword.count + 2)
    guard let language = names.firstIndex(of: 0), let keyword = names[(language + 1)...].firstIndex(of: 0) else {
      return nil
    }
    return data[(keyword + 1)...]
  }

  /// Text that is not plain: whole EXIF or XMP blocks in hexadecimal, and compressed text nobody here looks into.
  fileprivate var mayHidePrivate: Bool {
    isXMP || type == "zTXt" || data.starts(with: "Raw profile type".utf8)
      || XMPPrivacy.isPrivate("png:" + String(decoding: data.prefix { $0 != 0 }, as: UTF8.self))
      || (type == "iTXt" && data.firstIndex(of: 0).map { data.dropFirst($0 - data.startIndex + 1).first != 0 } ?? true)
  }

  fileprivate var isXMP: Bool { type == "iTXt" && data.starts(with: PNGChunks.xmpKeyword) }

  fileprivate func replacingData(_ new: (some Collection<UInt8>)?) -> PNGChunks.Chunk? {
    guard let new else { return nil }
    return new.elementsEqual(data) ? self : PNGChunks.Chunk(type: type, data: ArraySlice(new))
  }
}
