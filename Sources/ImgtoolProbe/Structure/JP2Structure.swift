// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Walks the boxes of JP2 and the markers and tile parts of its codestream to the end marker (T.800 annex A).
enum JP2Structure {
  static func follow(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    window.stride = Probe.hopBytes
    guard try window.big32(at: 0) != 0xFF4F_FF51 else {
      walk.at = 2
      try followCodestream(before: window.length, &window, &walk)
      walk.end = walk.at
      return
    }
    var budget = StepBudget()
    while walk.at <= window.length - 8, try BoxStructure.isBox(at: walk.at, &window) {
      try budget.spend()
      let box = try Box(at: walk.at, before: window.length, &window)
      if box.type == fourCC("jp2c"), walk.frameCount == 0 {
        guard box.length >= 2, try window.big16(at: box.body) == 0xFF4F else {
          throw .malformed("its codestream does not begin")
        }
        walk.at = box.body + 2
        if box.statedEnd > window.length {
          walk.failTruncated(at: window.length, of: box.statedEnd)
          return
        }
        try followCodestream(before: box.end, &window, &walk)
      } else if box.statedEnd > window.length {
        walk.failTruncated(at: window.length, of: box.statedEnd)
      }
      walk.at = box.end
    }
    guard walk.frameCount > 0 else { throw .truncated(atLeast: window.length + 8) }
    walk.end = walk.at
  }

  /// From the marker behind the start to the end marker.
  private static func followCodestream(
    before limit: Int, _ window: inout ByteWindow, _ walk: inout StructureWalk
  ) throws(HeaderFault) {
    var budget = StepBudget()
    while true {
      try budget.spend()
      guard walk.at <= limit - 2 else { throw .truncated(atLeast: limit + 2) }
      let marker = try window.big16(at: walk.at)
      if marker == 0xFFD9 {
        walk.at += 2
        walk.frameCount = 1
        return
      }
      guard marker >> 8 == 0xFF else { throw .malformed("there is no marker") }
      let size = try window.big16(at: walk.at + 2)
      guard size >= 2 else { throw .malformed("a marker segment states a length of \(size)") }
      guard marker == 0xFF90 else {
        walk.at += 2 + size
        continue
      }
      // A tile part says how long it is, counted from its marker; 0 for all but the end marker.
      guard size >= 10 else { throw .malformed("the head of a tile part is too short") }
      let part = try window.big32(at: walk.at + 6)
      guard part == 0 || part >= 14 else { throw .malformed("a tile part states a length of \(part)") }
      let next = part == 0 ? limit - 2 : walk.at + part
      guard next <= limit else { throw .truncated(atLeast: next) }
      walk.at = next
    }
  }
}
