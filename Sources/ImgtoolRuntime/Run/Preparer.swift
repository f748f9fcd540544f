// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe

/// Brings an input into the form a backend takes; an input that has it goes through byte for byte.
struct Preparer: Sendable {
  let pool: SharedPool

  /// An input as it is handed over, and what was done to it, in words.
  struct Prepared: Sendable {
    let image: PreparedImage
    let statement: String?
  }

  /// Prepares the image at `path`, writing into `scratch` where its bytes have to change.
  ///
  /// - Throws: `.limit` when the bytes do not fit even re-encoded, and what decoding throws.
  func prepare(
    _ path: String, _ facts: ImageFacts, as form: SendForm, in scratch: String, deadline: ContinuousClock.Instant?
  ) async throws -> Prepared {
    let original = PreparedImage(bytes: .file(path: path), facts: facts, isOriginal: true)
    let reasons = Self.reasons(facts, form)
    guard !reasons.isEmpty else { return Prepared(image: original, statement: nil) }
    let format = form.formats.contains(facts.format) && facts.fileBytes <= form.maximumBytes ? facts.format : nil
    let target = format ?? Self.substitute(facts, form)
    let encoding = EncodeOptions(
      format: target, quality: target == .jpeg ? 95 : nil, isLossless: target == .webp && facts.hasAlpha,
      keep: form.isPrivate ? .icc : .all)
    let bytes = try await pool.pool().run(
      cost: PixelCost.estimate(facts: facts, holdsPixels: facts.orientation != .up), deadline: deadline
    ) { thread in
      try Picture(opening: .file(path: path), facts: facts, on: thread).upright(as: facts).encoded(encoding)
    }
    guard bytes.count <= form.maximumBytes.bytes else {
      throw ImgtoolError(
        .limit, "Re-encoded as \(target.rawValue) the picture has \(ByteCount(bytes.count)); \(form.maximumBytes) fit.")
    }
    let prepared = "\(scratch)/input.\(target.extensions[0])"
    let file = try AtomicFile(prepared, replaces: true)
    try file.write(bytes)
    try file.commit()
    let image = PreparedImage(
      bytes: .file(path: prepared), facts: try Probe.facts(ofFile: prepared), isOriginal: false)
    return Prepared(image: image, statement: "re-encoded as \(target.rawValue): \(reasons.joined(separator: ", "))")
  }

  /// Why the bytes cannot go as they are.
  private static func reasons(_ facts: ImageFacts, _ form: SendForm) -> [String] {
    var reasons: [String] = []
    if !form.formats.contains(facts.format) { reasons.append("\(facts.format.rawValue) is not taken") }
    if facts.fileBytes > form.maximumBytes { reasons.append("\(facts.fileBytes) are too many") }
    if form.isUpright, facts.orientation != .up { reasons.append("the pixels were stored turned") }
    if form.isPrivate, facts.exif != nil || facts.xmp != nil { reasons.append("private metadata is dropped") }
    return reasons
  }

  /// The format to re-encode to: the first taken that keeps transparency where there is any.
  private static func substitute(_ facts: ImageFacts, _ form: SendForm) -> ImageFormat {
    let wanted: [ImageFormat] = facts.hasAlpha ? [.png, .webp] : [.jpeg, .png, .webp]
    return wanted.first(where: form.formats.contains) ?? form.formats.first ?? .png
  }
}
