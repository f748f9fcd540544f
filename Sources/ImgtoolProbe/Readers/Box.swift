// SPDX-License-Identifier: Apache-2.0

/// A box of ISO/IEC 14496-12 §4.2 (and of JP2 and JPEG XL): a length, a four-letter type, a body.
struct Box {
  /// The type as a big-endian number.
  let type: Int
  /// Offset of the body.
  let body: Int
  /// Offset behind the box, `limit` at most.
  let end: Int
  /// Offset behind the box as it states itself, which may be past the source.
  let statedEnd: Int

  /// Bytes of the body that lie inside the limit.
  var length: Int { end - body }

  /// Reads the head of the box at `offset`, inside something that ends at `limit`.
  ///
  /// A box that states more is cut at the limit: whether that matters is for the caller to say.
  init(at offset: Int, before limit: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    let head = try window.bytes(at: offset, 8)
    var size = head.big32
    type = (head + 4).big32
    var headBytes = 8
    if size == 1 {
      size = try window.big64(at: offset + 8)
      headBytes = 16
    } else if size == 0 {
      size = limit - offset
    }
    guard size >= headBytes else { throw .malformed("a box states a length of \(size)") }
    let (stated, overflow) = offset.addingReportingOverflow(size)
    body = offset + headBytes
    statedEnd = overflow ? Int.max : stated
    end = max(body, min(statedEnd, limit))
  }
}
