// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// What one decode of a whole file gives to every check: whether it is whole, and a small picture of it.
package struct ReducedDecode: Sendable, Hashable {
  /// `whole.decoded` or `whole.damaged`.
  package var integrity: Finding
  /// Nothing where the file is damaged.
  package var picture: SmallPicture?

  package init(integrity: Finding, picture: SmallPicture?) {
    self.integrity = integrity
    self.picture = picture
  }

  /// Decodes a file from its first line to its last and keeps a copy with sides of at most `longSide` pixels.
  ///
  /// A JPEG is decoded at an eighth, a quarter or half of its size where that leaves more than half of `longSide`:
  /// every scan is read to the end marker all the same, by libjpeg-turbo itself. The first frame of an animation
  /// stands for it, but every frame is decoded. A warning of the decoder counts as damage.
  /// - `byHalves`: reduce by powers of two alone, so that every format of one size gives one reduced size.
  /// - Throws: `.unsupported`, `.limit`, `.timeout`, `.cancelled`, `.fault`; damage is a finding and not thrown.
  package static func of(
    _ image: AdmittedImage, longSide: Int = 512, byHalves: Bool = false,
    strictness: OpenOptions.Strictness = .warning, on thread: borrowing VipsThread
  ) throws(ImgtoolError) -> ReducedDecode {
    guard let workers = thread.workers else {
      return try decoded(image, longSide: longSide, byHalves: byHalves, strictness: strictness, on: thread)
    }
    let longSide = min(max(16, longSide), 4_096)
    let (answer, region) = try workers.perform(
      .reduce(longSide: longSide, byHalves: byHalves, strictness: strictness), on: image,
      room: longSide * longSide * 3 + 4_096,
      thread.watch)
    guard case .reduced(var integrity, let size) = answer else {
      throw ImgtoolError(.fault, "The decoder answered another question.")
    }
    integrity.message = String(integrity.message.prefix(WorkerAnswer.textLimit)).harmless
    guard let size, integrity.severity < .fail else {
      integrity.severity = .fail
      return ReducedDecode(integrity: integrity, picture: nil)
    }
    guard size.longSide <= longSide, let samples = region.copy(at: 0, size.area * 3) else {
      throw ImgtoolError(.fault, "The decoder described a picture that cannot be.")
    }
    return ReducedDecode(integrity: integrity, picture: SmallPicture(size: size, samples: samples))
  }

  /// The same, decoded in this process.
  static func decoded(
    _ image: AdmittedImage, longSide: Int, byHalves: Bool = false, strictness: OpenOptions.Strictness = .warning,
    on thread: borrowing VipsThread
  ) throws(ImgtoolError) -> ReducedDecode {
    let facts = image.facts
    do {
      let small = try decode(image, max(16, longSide), byHalves, image.strictness(strictness), thread)
      let frames = facts.frameCount == 1 ? "" : " in \(facts.frameCount) frames"
      return ReducedDecode(
        integrity: Finding("whole.decoded", .pass, "The picture decodes to its last line\(frames)."), picture: small)
    } catch  where error.kind == .input {
      let cause = error.underlying.map { ": \($0)" } ?? ""
      return ReducedDecode(
        integrity: Finding("whole.damaged", .fail, "The picture does not decode to its end\(cause)."), picture: nil)
    }
  }

  private static func decode(
    _ image: AdmittedImage, _ longSide: Int, _ byHalves: Bool, _ strictness: OpenOptions.Strictness,
    _ thread: borrowing VipsThread
  ) throws(ImgtoolError) -> SmallPicture {
    let facts = image.facts
    if let small = try smallJPEG(image, longSide, strictness, thread) { return small }
    let opened = try opened(image, longSide, strictness, thread)
    var factor = max(1, (opened.size.longSide + longSide - 1) / longSide)
    if byHalves, factor & (factor - 1) != 0 { factor = 1 << (Int.bitWidth - factor.leadingZeroBitCount) }
    // Blocks are completed at the end, so the last lines are asked for too; a reduction that rounds would skip them.
    let reduced = try opened.flattened(onGrey: 0.5).blockAverage(factor).copiedToMemory()
    try decodeOtherFrames(image, strictness, thread)
    let isUpright = facts.format == .heif || facts.format == .avif
    let shown = try reduced.inSRGB().flattened(onGrey: 0.5).upright(from: isUpright ? .up : facts.orientation)
    guard let small = SmallPicture(size: shown.size, samples: try shown.samples8()) else {
      throw ImgtoolError(.unsupported, "The picture has \(shown.bands) samples a pixel where colours have three.")
    }
    return small
  }

  /// A JPEG that is sRGB or grey as stored needs no libvips: libjpeg-turbo reduces it, and turning it is a loop.
  private static func smallJPEG(
    _ image: AdmittedImage, _ longSide: Int, _ strictness: OpenOptions.Strictness,
    _ thread: borrowing VipsThread
  ) throws(ImgtoolError) -> SmallPicture? {
    let facts = image.facts
    guard facts.format == .jpeg, facts.icc == nil, strictness == .warning else { return nil }
    guard facts.colourModel == .rgb || facts.colourModel == .grey, facts.bitsPerSample == 8 else { return nil }
    let shrink = shrink(facts, longSide)
    guard (facts.storedSize.longSide + shrink - 1) / shrink <= longSide else { return nil }
    let strict = try StrictJPEG(image, shrink: shrink)
    try thread.check()
    return SmallPicture(stored: strict.samples, size: strict.size, bands: strict.bands, turnedBy: facts.orientation)
  }

  /// The reduction that libjpeg-turbo makes while decoding: an eighth is its fastest.
  private static func shrink(_ facts: ImageFacts, _ longSide: Int) -> Int {
    [8, 4, 2].first { facts.storedSize.longSide / $0 > longSide / 2 } ?? 1
  }

  /// The first frame, a JPEG at a fraction of its size.
  private static func opened(
    _ image: AdmittedImage, _ longSide: Int, _ strictness: OpenOptions.Strictness,
    _ thread: borrowing VipsThread
  ) throws(ImgtoolError) -> Picture {
    let facts = image.facts
    var options = OpenOptions(failOn: strictness)
    guard facts.format == .jpeg else { return try Picture(opening: image, options, on: thread) }
    let shrink = shrink(facts, longSide)
    options.jpegShrink = shrink
    let picture = try Picture(opening: image, options, on: thread)
    guard strictness == .warning else { return picture }
    let strict = try StrictJPEG(image, shrink: shrink)
    try thread.check()
    // CMYK needs libvips' knowledge of Adobe's inversion.
    guard strict.bands < 4 else { return picture }
    return try Picture(samples: strict.samples, size: strict.size, bands: strict.bands, on: thread)
      .setting(.icc, to: picture.metadata(.icc))
  }

  /// Decodes every further frame of an animation, a few at a time, only to learn whether it can be decoded.
  private static func decodeOtherFrames(
    _ image: AdmittedImage, _ strictness: OpenOptions.Strictness, _ thread: borrowing VipsThread
  ) throws(ImgtoolError) {
    let facts = image.facts
    guard facts.frameCount > 1, facts.format == .gif || facts.format == .webp else { return }
    let all = try Picture(opening: image, OpenOptions(failOn: strictness, pages: nil), on: thread)
    let expected = facts.frameCount.multipliedReportingOverflow(by: all.frameHeight)
    guard !expected.overflow, all.height >= expected.partialValue || facts.frameCount > 4096 else {
      throw ImgtoolError(
        .input, "The animation ends early.",
        underlying: "\(all.height / max(1, all.frameHeight)) of \(facts.frameCount) frames")
    }
    _ = try all.statistics()
  }
}

extension Picture {
  /// Each block of `factor` × `factor` pixels as its mean, the last ones completed by the edge.
  func blockAverage(_ factor: Int) throws(ImgtoolError) -> Picture {
    guard factor > 1 else { return try shared() }
    return try shrunk(by: factor)
  }
}
