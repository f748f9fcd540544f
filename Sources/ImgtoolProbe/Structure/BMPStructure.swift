// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Checks that the rows of a bitmap lie inside the file.
enum BMPStructure {
  static func follow(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    let stated = try window.little32(at: 2)
    let pixels = try window.little32(at: 10)
    let kind = try window.little32(at: 14)
    let facts = try BMPReader.facts(through: &window)
    walk.at = 14 + kind
    guard pixels >= walk.at else { throw .malformed("its pixels begin inside its header") }
    var end = pixels
    if facts.coding == "none" || facts.coding == "bitfields" {
      let bits = try window.little16(at: kind == 12 ? 24 : 28)
      // Rows are padded to four bytes; sides below 2³¹ and 32 bits stay far inside 64 bits for one row.
      let row = (facts.storedSize.width * bits + 31) / 32 * 4
      let (rows, overflow) = row.multipliedReportingOverflow(by: facts.storedSize.height)
      let (stop, past) = pixels.addingReportingOverflow(rows)
      end = overflow || past ? Int.max : stop
    } else {
      // Compressed rows tell their length in the header only.
      let size = kind >= 40 ? try window.little32(at: 34) : 0
      end = size > 0 ? pixels + size : max(stated, pixels + 1)
    }
    walk.at = min(end, window.length)
    if end > window.length {
      walk.failTruncated(at: window.length, of: end)
    } else {
      walk.frameCount = 1
      // A profile may stand behind the pixels, inside the length that is stated.
      walk.end = min(max(end, stated), window.length)
    }
  }
}
