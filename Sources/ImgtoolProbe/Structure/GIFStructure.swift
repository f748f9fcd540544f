// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Walks the blocks of a GIF to its trailer.
enum GIFStructure {
  static func follow(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    var blocks = try GIFWalk(through: &window)
    walk.at = blocks.at
    defer { walk.frameCount = blocks.frames }
    var metadata = 0
    while try blocks.step(&window) {
      walk.at = blocks.at
      try walk.takeFrame(blocks.extent.width, blocks.extent.height, frames: blocks.frames, isAnimation: true)
      try walk.takeMetadata(blocks.extensionBytes - metadata, isColour: blocks.isLastExtensionColour)
      metadata = blocks.extensionBytes
      if let frame = blocks.lastFrame { try follow(frame, number: blocks.frames, &window, &walk) }
    }
    walk.at = blocks.at
    switch blocks.end {
    case .trailer: walk.end = blocks.at
    case .missing where blocks.frames > 0:
      walk.add(
        Finding(
          StructureRule.unterminated, .warn, "The trailer is missing: later frames may be lost.",
          measured: .count(window.length)))
      walk.end = blocks.at
    case .missing: throw .truncated(atLeast: window.length + 1)
    default: throw .malformed("there is no block")
    }
    if blocks.frames == 0 { throw .malformed("it has no picture") }
    if blocks.hasEmptyFrame { throw .malformed("a frame has no data") }
  }

  /// Counts the pixels of one frame.
  private static func follow(
    _ frame: (pixels: Int, data: Int), number: Int, _ window: inout ByteWindow, _ walk: inout StructureWalk
  ) throws(HeaderFault) {
    let counter = try LZWCounter.count(at: frame.data, pixels: frame.pixels, &window)
    walk.takeSurplus(counter.surplus)
    guard counter.isBroken || counter.pixels < frame.pixels else { return }
    let reason = counter.isBroken ? "break off" : "end"
    walk.fail(
      StructureRule.codes, "the codes of frame \(number) \(reason) after \(counter.pixels) of \(frame.pixels) pixels",
      measured: .count(counter.pixels), allowed: .count(frame.pixels))
  }
}
