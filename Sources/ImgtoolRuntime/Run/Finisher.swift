// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe

/// The explicit steps after a passing verdict: the exact target where `--conform` asks, the format the user asked for.
struct Finisher: Sendable {
  let pool: SharedPool

  /// A result that was altered, and what was done to it.
  struct Finished {
    let path: String
    /// The size it was brought to, where it was conformed.
    let conformed: PixelSize?
    let findings: [Finding]
  }

  /// Conforms and converts as the plan asks; nothing when the result already is as asked.
  ///
  /// - Parameter isForeign: whether somebody else encoded the result, who may keep what the plan does not.
  /// - Throws: `.postflight` when conforming would trim more than the policy allows.
  func finish(
    _ path: String, _ verification: Verification, _ plan: Plan, _ expects: Expectation, to destination: String,
    isForeign: Bool, deadline: ContinuousClock.Instant?
  ) async throws -> Finished? {
    let facts = verification.facts
    var conform: ConformPlan?
    if let mode = plan.conform, let target = verification.frame?.target, facts.displaySize != target {
      conform = try ConformPlan(mode, from: facts.displaySize, to: target, policy: expects.frames)
    }
    let isClean = try !isForeign || plan.encoding.keep == .all || Structure.check(file: path).sideBytes.bytes == 0
    guard conform != nil || facts.format != plan.encoding.format || !isClean else { return nil }
    let (encoding, target) = (plan.encoding, conform?.target ?? facts.displaySize)
    let plan = conform
    let bytes = try await pool.pool().run(
      cost: PixelCost.estimate(facts: facts, holdsPixels: true, makes: target), deadline: deadline
    ) { thread in
      let upright = try Picture(opening: .file(path: path), facts: facts, on: thread).upright(as: facts)
      guard let plan else { return try upright.encoded(encoding) }
      switch plan.mode {
      case .exact: return try upright.resized(to: plan.scaled).cropped(to: plan.rect).encoded(encoding)
      case .fit: return try upright.placed(in: plan.target, at: plan.rect, fill: .mirror).encoded(encoding)
      }
    }
    let file = try AtomicFile(destination, replaces: true)
    try file.write(bytes)
    try file.commit()
    return Finished(path: destination, conformed: conform?.target, findings: Self.statements(facts, encoding, conform))
  }

  private static func statements(_ facts: ImageFacts, _ encoding: EncodeOptions, _ conform: ConformPlan?) -> [Finding] {
    var findings: [Finding] = []
    if let conform {
      let share = (conform.trimmedShare * 1000).rounded() / 10
      let words = conform.mode == .exact ? "trimmed by \(share) % of a side" : "padded"
      findings.append(
        Finding(
          "conform.\(conform.mode.rawValue)", .note,
          "The result was scaled from \(facts.displaySize) to \(conform.scaled) and \(words).",
          measured: .size(facts.displaySize), allowed: .size(conform.target)))
    }
    if facts.format != encoding.format {
      findings.append(
        Finding(
          "format.converted", .note, "The result came as \(facts.format.rawValue) and was re-encoded.",
          measured: .text(facts.format.rawValue), allowed: .text(encoding.format.rawValue)))
    }
    return findings
  }
}
