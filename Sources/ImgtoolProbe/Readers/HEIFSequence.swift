// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Counts the frames of an image sequence: the samples of its picture track (ISO/IEC 23008-12 §7).
enum HEIFSequence {
  /// - Parameter isOnly: Whether there is no still picture beside the sequence, so that the track gives the size.
  static func describe(
    _ movie: Box, isOnly: Bool, _ facts: inout ImageFacts, _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) {
    var frames = 0
    var size: PixelSize?
    try movie.eachChild(from: movie.body, &window, &budget) { (track, window, budget) throws(HeaderFault) in
      guard frames == 0, track.type == fourCC("trak"),
        let media = try track.child("mdia", from: track.body, &window, &budget),
        let handler = try media.child("hdlr", from: media.body, &window, &budget), handler.length >= 12,
        try window.big32(at: handler.body + 8) == fourCC("pict"),
        let information = try media.child("minf", from: media.body, &window, &budget),
        let table = try information.child("stbl", from: information.body, &window, &budget),
        let sizes = try table.child("stsz", from: table.body, &window, &budget), sizes.length >= 12
      else { return true }
      frames = try window.big32(at: sizes.body + 8)
      if let head = try track.child("tkhd", from: track.body, &window, &budget), head.length >= 84 {
        // Two numbers of 16.16 at the end of the box.
        size = PixelSize(
          width: try window.big16(at: head.end - 8), height: try window.big16(at: head.end - 4))
      }
      return true
    }
    if frames > 1 { facts.frameCount = min(frames, Int(Int32.max)) }
    guard isOnly else { return }
    guard let size else { throw .malformed("its sequence has no size") }
    facts.storedSize = size
    facts.coding = facts.format == .avif ? "av1" : "hevc"
    facts.isDecodable = false
  }
}
