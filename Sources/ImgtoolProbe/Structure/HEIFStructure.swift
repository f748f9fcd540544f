// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Walks the boxes of HEIF and AVIF and checks that every item lies inside the file (ISO/IEC 14496-12 §4.2, §8.11.3).
enum HEIFStructure {
  static func follow(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    window.stride = Probe.hopBytes
    var budget = StepBudget()
    var meta: Box?
    var hasMovie = false
    var dataBytes = 0
    walk.at = 0
    while walk.at < window.length {
      try budget.spend()
      guard walk.at <= window.length - 8, try BoxStructure.isBox(at: walk.at, &window) else { break }
      let box = try Box(at: walk.at, before: window.length, &window)
      if box.statedEnd > window.length { walk.failTruncated(at: window.length, of: box.statedEnd) }
      if box.type == fourCC("meta"), meta == nil { meta = box }
      if box.type == fourCC("moov") { hasMovie = true }
      switch box.type {
      case fourCC("ftyp"), fourCC("meta"), fourCC("moov"): break
      case fourCC("mdat"): dataBytes += box.length
      default: walk.takeSurplus(box.end - walk.at)
      }
      walk.at = box.end
    }
    let end = walk.at
    guard meta != nil || hasMovie else { throw .truncated(atLeast: window.length + 8) }
    if let meta {
      let placed = try followItems(meta, &window, &budget, &walk)
      // Data of films is not looked through.
      if !hasMovie { walk.takeSurplus(dataBytes - placed) }
    }
    walk.at = end
    if walk.findings.failures.isEmpty { walk.end = end }
  }

  /// - Returns: bytes that belong to items.
  private static func followItems(
    _ meta: Box, _ window: inout ByteWindow, _ budget: inout StepBudget, _ walk: inout StructureWalk
  ) throws(HeaderFault) -> Int {
    let items = try HEIFItems(in: meta, &window, &budget)
    var facts = ImageFacts(format: .heif, storedSize: PixelSize(clamping: 1, 1))
    try items.describe(&facts, &window, &budget)
    walk.frameCount = facts.frameCount
    try walk.takeFrame(
      facts.storedSize.width, facts.storedSize.height, frames: facts.frameCount, isAnimation: false)
    try walk.takeMetadata(facts.icc?.bytes.length ?? 0, isColour: true)
    for block in [facts.exif, facts.xmp] { try walk.takeMetadata(block?.length ?? 0) }
    var (needed, placed) = (0, 0)
    var isPrimaryPlaced = false
    try items.eachExtent(of: nil, &window, &budget) { (item, range) throws(HeaderFault) in
      let (stop, overflow) = range.offset.addingReportingOverflow(range.length)
      needed = max(needed, overflow ? Int.max : stop)
      placed = min(placed, .max / 2) + min(max(range.length, 0), .max / 2)
      if item == items.primary { isPrimaryPlaced = true }
    }
    guard isPrimaryPlaced else { throw .malformed("the primary picture is nowhere in the file") }
    if needed > window.length, walk.findings.failures.isEmpty {
      walk.failTruncated(at: window.length, of: needed)
    }
    return placed
  }
}

/// What the formats made of boxes share.
enum BoxStructure {
  /// Whether what is at `offset` looks like a box: a printable type and a length that is possible.
  ///
  /// Anything else behind the last box is trailing data. Eight bytes must be there.
  static func isBox(at offset: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Bool {
    let head = try window.bytes(at: offset, 8)
    let size = head.big32
    guard size == 0 || size == 1 || size >= 8 else { return false }
    return (4..<8).allSatisfy { (0x20...0x7E).contains(head.byte($0)) }
  }
}
