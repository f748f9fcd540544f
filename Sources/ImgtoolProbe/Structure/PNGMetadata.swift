// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// What the chunks beside the picture of a PNG inflate to (PNG third edition §11.3.2.3, §11.3.3).
enum PNGMetadata {
  /// What a decoder keeps of each text beside its bytes.
  private static let overhead = 64

  /// Counts one chunk.
  static func take(
    _ type: Int, at body: Int, _ length: Int, _ window: inout ByteWindow, _ walk: inout StructureWalk
  ) throws(HeaderFault) {
    let left = walk.metadataLeft ?? 0
    switch type {
    case fourCC("tEXt"), fourCC("eXIf"), fourCC("sPLT"): try walk.takeMetadata(length + overhead)
    case fourCC("zTXt"), fourCC("iCCP"):
      let name = try end(ofTextAt: body, before: body + length, &window)
      let inflated = try InflateCounter.count(
        at: name + 1, body + length - name - 1, limit: max(left, 0), &window)
      try walk.takeMetadata(inflated + overhead, isColour: type == fourCC("iCCP"))
    case fourCC("iTXt"):
      let name = try end(ofTextAt: body, before: body + length, &window)
      guard name + 2 < body + length, try window.byte(at: name) == 1 else {
        return try walk.takeMetadata(length + overhead)
      }
      // A language and a translated keyword stand before the text.
      let language = try end(ofTextAt: name + 2, before: body + length, &window)
      let keyword = try end(ofTextAt: language, before: body + length, &window)
      let inflated = try InflateCounter.count(
        at: keyword, body + length - keyword, limit: max(left, 0), &window)
      try walk.takeMetadata(inflated + keyword - body + overhead)
    default:
      if !known.contains(type) {
        try walk.takeMetadata(length + overhead)
      } else if let most = lengths[type] {
        walk.takeSurplus(length - most)
      }
    }
  }

  /// The longest a chunk is by its definition (PNG third edition §11.2–11.3).
  private static let lengths: [Int: Int] = Dictionary(
    uniqueKeysWithValues: ([
      ("IHDR", 13), ("PLTE", 768), ("IEND", 0), ("tRNS", 256), ("cHRM", 32), ("gAMA", 4), ("sBIT", 4), ("sRGB", 1),
      ("cICP", 4), ("mDCv", 24), ("cLLi", 8), ("bKGD", 6), ("hIST", 512), ("pHYs", 9), ("acTL", 8), ("fcTL", 26),
    ] as [(StaticString, Int)]).map { (fourCC($0.0), $0.1) })

  /// The chunks that say what the picture is and how it looks (PNG third edition table 5.1).
  private static let known: Set<Int> = Set(
    ([
      "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "sBIT", "sRGB", "cICP", "mDCv", "cLLi", "bKGD", "hIST",
      "pHYs", "acTL", "fcTL", "fdAT",
    ] as [StaticString]).map(fourCC))

  /// The offset behind the NUL that ends a text, `limit` where there is none.
  private static func end(
    ofTextAt start: Int, before limit: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> Int {
    var at = start
    while at < limit {
      let isEnd = try window.byte(at: at) == 0
      at += 1
      if isEnd { break }
    }
    return at
  }
}
