// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads HEIF and AVIF (ISO/IEC 23008-12, AV1 Image File Format): the primary item with its properties.
enum HEIFReader {
  static func facts(through window: inout ByteWindow) throws(HeaderFault) -> ImageFacts {
    let isAVIF = try Sniffer.format(of: window.run(at: 0)) == .avif
    var facts = ImageFacts(
      format: isAVIF ? .avif : .heif, storedSize: PixelSize(clamping: 1, 1), isInterlaced: true,
      fileBytes: ByteCount(window.length))
    var budget = StepBudget()
    var meta: Box?
    var movie: Box?
    var at = 0
    while at <= window.length - 8 {
      try budget.spend()
      // Whatever follows the last box is no part of the picture.
      guard try BoxStructure.isBox(at: at, &window) else { break }
      let box = try Box(at: at, before: window.length, &window)
      if box.type == fourCC("meta"), meta == nil { meta = box }
      if box.type == fourCC("moov"), movie == nil { movie = box }
      if box.statedEnd > window.length {
        // What follows cannot be known; the header itself may still be whole.
        if meta?.statedEnd ?? Int.max > window.length { throw .truncated(atLeast: box.statedEnd) }
        facts.noteTruncation(at: window.length, of: box.statedEnd)
      }
      at = box.end
    }
    if let meta {
      let items = try HEIFItems(in: meta, &window, &budget)
      try items.describe(&facts, &window, &budget)
    }
    if let movie {
      try HEIFSequence.describe(movie, isOnly: meta == nil, &facts, &window, &budget)
    }
    guard meta != nil || movie != nil else { throw .truncated(atLeast: window.length + 8) }
    return facts
  }
}

/// The boxes and entries one file may make a reader look at; more is hostile.
struct StepBudget {
  private var steps = 200_000

  mutating func spend() throws(HeaderFault) {
    steps -= 1
    if steps < 0 { throw .malformed("its boxes are too many to be a picture's") }
  }
}

extension Box {
  /// The boxes inside `self` from `offset` on, handed over one by one until `body` answers false.
  func eachChild(
    from offset: Int, _ window: inout ByteWindow, _ budget: inout StepBudget,
    _ visit: (Box, inout ByteWindow, inout StepBudget) throws(HeaderFault) -> Bool
  ) throws(HeaderFault) {
    var at = offset
    while at <= end - 8 {
      try budget.spend()
      let box = try Box(at: at, before: end, &window)
      guard try visit(box, &window, &budget) else { return }
      at = box.end
    }
  }

  /// The first child of that type, looked for from `offset` on.
  func child(
    _ type: StaticString, from offset: Int, _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) -> Box? {
    let wanted = fourCC(type)
    var found: Box?
    try eachChild(from: offset, &window, &budget) { (box, _, _) throws(HeaderFault) in
      if box.type == wanted { found = box }
      return found == nil
    }
    return found
  }
}
