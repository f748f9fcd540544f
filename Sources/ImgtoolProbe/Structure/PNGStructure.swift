// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Walks the chunks of a PNG or APNG to IEND, with their CRCs, their order and the sequence of an animation.
enum PNGStructure {
  static func follow(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    // Runs of chunks are summed faster the longer they are.
    window.stride = Structure.windowBytes
    var crc = CRC32()
    var run = PNGChunkRun()
    var order = PNGOrder()
    walk.at = PNGReader.signatureBytes
    while true {
      let head = try window.bytes(at: walk.at, 8)
      let length = head.big32
      let type = (head + 4).big32
      guard length <= Int(Int32.max), PNGReader.isName(type) else {
        throw .malformed("there is no chunk")
      }
      let body = walk.at + 8
      guard body + length + 4 <= window.length else { throw .truncated(atLeast: body + length + 4) }
      try order.take(type, at: body, length, &window, &walk)
      try PNGMetadata.take(type, at: body, length, &window, &walk)
      let end = body + length
      try run.check(at: walk.at, crc, &window)
      if run.checkedEnd < end + 4, try sum(from: walk.at + 4, to: end, &crc, &window) != window.big32(at: end) {
        walk.fail(StructureRule.crc, "the chunk \(name(of: type)) at byte \(walk.at) has another CRC than it states")
      }
      walk.at = end + 4
      if type == fourCC("IEND") {
        walk.end = walk.at
        try order.finish(&walk)
        return
      }
    }
  }

  /// The CRC of a part of the file: of a chunk, the type and the body.
  private static func sum(
    from start: Int, to end: Int, _ crc: inout CRC32, _ window: inout ByteWindow
  ) throws(HeaderFault) -> Int {
    crc.restart()
    var at = start
    while at < end {
      let run = try window.run(at: at)
      guard let base = run.baseAddress else { break }
      let count = min(run.count, end - at)
      crc.add(base, count)
      at += count
    }
    return crc.value
  }

  private static func name(of type: Int) -> String {
    String(decoding: [24, 16, 8, 0].map { UInt8((type >> $0) & 0xFF) }, as: UTF8.self)
  }
}

/// The order of chunks and of an animation's frames (PNG third edition §5.6, §4.9.4).
private struct PNGOrder {
  private var chunks = 0
  private var hasPixels = false
  private var arePixelsOver = false
  private var declaredFrames: Int?
  private var controls = 0
  private var frames = 0
  private var isFramePending = false
  private var nextSequence = 0
  private var isSequenceBroken = false

  mutating func take(
    _ type: Int, at body: Int, _ length: Int, _ window: inout ByteWindow, _ walk: inout StructureWalk
  ) throws(HeaderFault) {
    chunks += 1
    if type == fourCC("IHDR") || type == fourCC("CgBI") {
      // Apple's variant puts a chunk of its own before the header.
      guard chunks <= 2 else { throw .malformed("a second header chunk begins") }
    } else if chunks == 1 {
      throw .malformed("the header chunk is missing")
    }
    switch type {
    case fourCC("IDAT"):
      if arePixelsOver { throw .malformed("the image data is interrupted") }
      if !hasPixels, length >= 2 { try checkStream(at: body, &window) }
      hasPixels = hasPixels || length > 0
      takeFrameData(walk: &walk)
    case fourCC("acTL") where length == 8: declaredFrames = try window.big32(at: body)
    case fourCC("fcTL") where length == 26:
      try takeSequence(at: body, &window)
      controls += 1
      isFramePending = true
    case fourCC("fdAT") where length >= 4:
      try takeSequence(at: body, &window)
      takeFrameData(walk: &walk)
    default: break
    }
    if hasPixels, type != fourCC("IDAT") { arePixelsOver = true }
  }

  /// The two bytes that begin a zlib stream (RFC 1950 §2.2).
  private func checkStream(at body: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    let head = try window.big16(at: body)
    guard head >> 8 & 15 == 8, head % 31 == 0 else { throw .malformed("the image data does not begin a zlib stream") }
  }

  private mutating func takeFrameData(walk: inout StructureWalk) {
    if isFramePending { frames += 1 }
    isFramePending = false
  }

  private mutating func takeSequence(at body: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    if try window.big32(at: body) != nextSequence { isSequenceBroken = true }
    nextSequence += 1
  }

  func finish(_ walk: inout StructureWalk) throws(HeaderFault) {
    guard hasPixels else { throw .malformed("it has no image data") }
    walk.frameCount = max(frames, 1)
    guard let declaredFrames else { return }
    if isSequenceBroken { walk.fail(StructureRule.sequence, "the sequence numbers of the animation are out of order") }
    if frames != declaredFrames || controls != declaredFrames {
      walk.fail(
        StructureRule.frames, "the animation has \(frames) frames of \(declaredFrames)", measured: .count(frames),
        allowed: .count(declaredFrames))
    }
  }
}
