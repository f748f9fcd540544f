// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Walks the chunks of a WebP to the length its header states (RFC 9649 §2.3–2.7).
enum WebPStructure {
  static func follow(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    // Only the heads of chunks are looked at.
    window.stride = Probe.hopBytes
    let end = try window.little32(at: 4) + 8
    walk.at = WebPReader.headerBytes
    if end > window.length { walk.failTruncated(at: window.length, of: end) }
    var hasPicture = false
    var isAnimated = false
    var isFirst = true
    var extent = (width: 1, height: 1)
    while walk.at < min(end, window.length) {
      guard walk.at <= end - 8 else { throw .malformed("less than a chunk is left") }
      guard let chunk = try chunk(at: walk.at, before: end, &window) else { return }
      switch chunk.type {
      case fourCC("VP8X") where isFirst && chunk.length >= 10:
        isAnimated = try window.byte(at: chunk.body) & 2 != 0
        let canvas = try window.bytes(at: chunk.body + 4, 6)
        extent = (canvas.little24 + 1, (canvas + 3).little24 + 1)
        walk.takeSurplus(chunk.length - 10)
        try walk.takeFrame(extent.width, extent.height, frames: 1, isAnimation: isAnimated)
      case fourCC("VP8 "), fourCC("VP8L"):
        if let size = try checkPicture(chunk, &window) {
          try walk.takeFrame(size.width, size.height, frames: 1, isAnimation: false)
        }
        if !isAnimated { hasPicture = true }
      case fourCC("ANMF"):
        try checkFrame(chunk, &window, &walk)
        walk.frameCount += 1
        // Offsets are halved, sides less one (RFC 9649 §2.7.1.1).
        let head = try window.bytes(at: chunk.body, 12)
        extent.width = max(extent.width, head.little24 * 2 + (head + 6).little24 + 1)
        extent.height = max(extent.height, (head + 3).little24 * 2 + (head + 9).little24 + 1)
        try walk.takeFrame(extent.width, extent.height, frames: walk.frameCount, isAnimation: true)
        hasPicture = true
      case fourCC("ANIM"): walk.takeSurplus(chunk.length - 6)
      case fourCC("ALPH"), fourCC("VP8X"): break
      default: try walk.takeMetadata(chunk.length, isColour: chunk.type == fourCC("ICCP"))
      }
      isFirst = false
      walk.at = chunk.end
    }
    guard walk.at >= end else { return }
    walk.at = end
    walk.end = end
    guard hasPicture else { throw .malformed("it has no picture") }
    walk.frameCount = max(walk.frameCount, 1)
  }

  private struct Chunk {
    let type: Int
    let body: Int
    let length: Int
    /// Behind the byte that pads an odd length.
    let end: Int
  }

  /// The chunk at `offset`; nothing where its head is cut off, which the length of the whole has told already.
  private static func chunk(
    at offset: Int, before limit: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> Chunk? {
    guard offset <= window.length - 8 else { return nil }
    let head = try window.bytes(at: offset, 8)
    let length = (head + 4).little32
    let end = offset + 8 + length + length % 2
    // A last chunk whose padding was left out is read by everyone.
    guard offset + 8 + length <= limit else { throw .malformed("a chunk is longer than what is around it") }
    return Chunk(type: head.big32, body: offset + 8, length: length, end: min(end, limit))
  }

  /// The head of a picture, and for VP8 whether its first part lies inside (RFC 6386 §9.1).
  ///
  /// - Returns: its size; nothing where it is cut off, which is told already.
  @discardableResult
  private static func checkPicture(_ chunk: Chunk, _ window: inout ByteWindow) throws(HeaderFault) -> PixelSize? {
    guard chunk.body + 10 <= window.length else { return nil }
    if chunk.type == fourCC("VP8L") {
      return try WebPReader.losslessHeader(at: chunk.body, chunk.length, &window).0
    } else {
      let size = try WebPReader.lossySize(at: chunk.body, chunk.length, &window)
      let part = try window.bytes(at: chunk.body, 3).little24 >> 5
      guard part <= chunk.length - 10 else { throw .malformed("the first part of a picture is longer than its chunk") }
      return size
    }
  }

  /// The chunks inside a frame of an animation, one of which is a picture (RFC 9649 §2.7.1.1).
  private static func checkFrame(
    _ frame: Chunk, _ window: inout ByteWindow, _ walk: inout StructureWalk
  ) throws(HeaderFault) {
    guard frame.length >= 24 else { throw .malformed("a frame is too short") }
    var at = frame.body + 16
    let end = frame.body + frame.length
    var hasPicture = false
    while at <= end - 8 {
      guard let chunk = try chunk(at: at, before: end, &window) else { return }
      if chunk.type == fourCC("VP8 ") || chunk.type == fourCC("VP8L") {
        try checkPicture(chunk, &window)
        hasPicture = true
      } else if chunk.type != fourCC("ALPH") {
        walk.takeSurplus(chunk.length + 8)
      }
      at = chunk.end
    }
    guard hasPicture else { throw .malformed("a frame has no picture") }
  }
}
