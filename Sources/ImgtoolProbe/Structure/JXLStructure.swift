// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Walks the boxes of JPEG XL (ISO/IEC 18181-2 §9); a bare codestream shows no lengths to walk by.
enum JXLStructure {
  static func follow(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    window.stride = Probe.hopBytes
    _ = try JXLReader.facts(through: &window)
    walk.frameCount = 1
    guard try window.big16(at: 0) != 0xFF0A else {
      walk.at = window.length
      walk.end = window.length
      walk.add(
        Finding(StructureRule.opaque, .note, "Only a decode can tell whether a bare JPEG XL codestream is whole."))
      return
    }
    var budget = StepBudget()
    var isOver = false
    var isInParts = false
    walk.at = 0
    while walk.at <= window.length - 8, try BoxStructure.isBox(at: walk.at, &window) {
      try budget.spend()
      let box = try Box(at: walk.at, before: window.length, &window)
      if box.statedEnd > window.length { walk.failTruncated(at: window.length, of: box.statedEnd) }
      if box.type == fourCC("jxlc") { isOver = true }
      if box.type == fourCC("jxlp"), box.length >= 4 {
        isInParts = true
        // The number of the last part has its highest bit set.
        if try window.big32(at: box.body) >> 31 == 1 { isOver = true }
      }
      walk.at = box.end
    }
    if isInParts, !isOver, walk.findings.failures.isEmpty { throw .truncated(atLeast: window.length + 8) }
    if walk.findings.failures.isEmpty { walk.end = walk.at }
  }
}
