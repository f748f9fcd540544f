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
    /// How the bytes were changed; nothing where they go as they are.
    let statement: String?
  }

  /// Prepares the image at `path`, writing into `scratch` where its bytes have to change.
  ///
  /// - Parameter isPaid: whether the bytes have to be proven whole: those to be sent are decoded to their end.
  /// - Throws: `.limit` when the bytes do not fit even re-encoded, what the gate and decoding throw.
  func prepare(
    _ path: String, _ facts: ImageFacts, as form: SendForm, policy: InputPolicy, isPaid: Bool, in scratch: String,
    deadline: ContinuousClock.Instant?
  ) async throws -> Prepared {
    let look = try Gate(policy.decoding ?? pool.decoding).look(at: .file(path: path))
    let admitted = try look.admitted()
    guard admitted.facts == facts else { throw ImgtoolError(.input, "The file changed while it was looked at.") }
    let original = PreparedImage(bytes: .file(path: path), facts: facts, isOriginal: true)
    let reasons = Self.reasons(look, form, policy.passThrough)
    guard !reasons.isEmpty else {
      if isPaid { try await prove(admitted, deadline) }
      return Prepared(image: original, statement: nil)
    }
    let format = form.formats.contains(facts.format) && facts.fileBytes <= form.maximumBytes ? facts.format : nil
    let target = format ?? Self.substitute(facts, form)
    let encoding = EncodeOptions(
      format: target, quality: target == .jpeg ? 95 : nil, isLossless: target == .webp && facts.hasAlpha,
      keep: form.isPrivate ? .icc : .all)
    let bytes = try await pool.pool().run(
      cost: PixelCost.estimate(facts: facts, holdsPixels: facts.orientation != .up || pool.isIsolated),
      deadline: deadline
    ) { thread in
      try Picture(opening: admitted, on: thread).upright(as: facts).encoded(encoding)
    }
    guard bytes.count <= form.maximumBytes.bytes else {
      throw ImgtoolError(
        .limit, "Re-encoded as \(target.rawValue) the picture has \(ByteCount(bytes.count)); \(form.maximumBytes) fit.")
    }
    let prepared = "\(scratch)/input.\(target.extensions[0])"
    let file = try AtomicFile(prepared, replaces: true)
    try file.write(bytes)
    try file.commit()
    if isPaid {
      try await prove(try Gate(policy.decoding ?? pool.decoding).admit(.file(path: prepared)), deadline)
      // Encoding takes what a strict look at the source would not: it is the source that has to be whole.
      try await prove(admitted, deadline)
    }
    let image = PreparedImage(
      bytes: .file(path: prepared), facts: try Probe.facts(ofFile: prepared), isOriginal: false)
    return Prepared(image: image, statement: "re-encoded as \(target.rawValue): \(reasons.joined(separator: ", "))")
  }

  /// Decodes the very bytes to their end; one warning of the decoder is damage.
  ///
  /// - Throws: `.input` for damage.
  private func prove(_ image: AdmittedImage, _ deadline: ContinuousClock.Instant?) async throws {
    let decoded = try await pool.pool().run(cost: PixelCost.estimate(facts: image.facts), deadline: deadline) {
      try ReducedDecode.of(image, longSide: 64, on: $0)
    }
    guard decoded.integrity.severity < .fail else {
      throw ImgtoolError(.input, decoded.integrity.message, context: ["rule": decoded.integrity.rule])
    }
  }

  /// Why the bytes cannot go as they are.
  private static func reasons(
    _ look: Gate.Look, _ form: SendForm, _ passThrough: InputPolicy.PassThrough
  ) -> [String] {
    let facts = look.facts
    var reasons: [String] = []
    if !form.formats.contains(facts.format) { reasons.append("\(facts.format.rawValue) is not taken") }
    if facts.fileBytes > form.maximumBytes { reasons.append("\(facts.fileBytes) are too many") }
    if form.isUpright, facts.orientation != .up { reasons.append("the pixels were stored turned") }
    let mayCarry = passThrough == .conforming && !form.isPrivate
    if facts.exif != nil || facts.xmp != nil {
      if !mayCarry { reasons.append("private metadata is dropped") }
    } else if !mayCarry, look.sideBytes.bytes > 0 {
      reasons.append("\(look.sideBytes) beside the picture are dropped")
    }
    if passThrough == .never, reasons.isEmpty { reasons.append("nothing passes through unencoded") }
    return reasons
  }

  /// The format to re-encode to: the first taken that keeps transparency where there is any.
  private static func substitute(_ facts: ImageFacts, _ form: SendForm) -> ImageFormat {
    let wanted: [ImageFormat] = facts.hasAlpha ? [.png, .webp] : [.jpeg, .png, .webp]
    return wanted.first(where: form.formats.contains) ?? form.formats.first ?? .png
  }
}
