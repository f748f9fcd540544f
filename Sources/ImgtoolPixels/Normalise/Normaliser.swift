// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore
import ImgtoolProbe

/// Makes pictures upright and their metadata say so, with as little loss as the format allows.
public struct Normaliser: Sendable {
  public let options: NormaliseOptions
  private let pool: VipsPool

  /// - Throws: `.usage` for a quality outside 1–100.
  public init(_ options: NormaliseOptions = NormaliseOptions(), on pool: VipsPool) throws(ImgtoolError) {
    guard (1...100).contains(options.quality) else {
      throw ImgtoolError(.usage, "A quality is 1–100, not \(options.quality).")
    }
    self.options = options
    self.pool = pool
  }

  /// What `normalised` would do, from the bytes' headers alone.
  ///
  /// - Throws: `.unsupported` as `NormalisePlan.init`, `.input` for a JPEG whose segments do not fit.
  public func plan(for bytes: [UInt8], _ facts: ImageFacts) throws(ImgtoolError) -> NormalisePlan {
    let needsFrame = facts.format == .jpeg && facts.orientation != .up && options.lossless != .never
    let frame = needsFrame ? try JPEGFrame(of: bytes) : nil
    return try NormalisePlan(for: facts, frame: frame, options)
  }

  /// The file made upright; the work is done on the pool.
  ///
  /// The result was probed: it is upright, of the size a viewer showed before, and tells no place when stripped.
  /// - `facts`: what the probe says of exactly these bytes.
  /// - Throws: `.unsupported` as `plan`, `.input` for damage, `.limit`, `.busy`, `.timeout`, `.cancelled`.
  public func normalised(
    _ bytes: [UInt8], _ facts: ImageFacts, deadline: ContinuousClock.Instant? = nil
  ) async throws -> NormaliseOutcome {
    let plan = try plan(for: bytes, facts)
    guard plan != .copy else { return NormaliseOutcome(.copy, facts, bytes: nil) }
    let image = try pool.gate.admit(.memory(bytes))
    let work = NormaliseWork(
      image: image, bytes: bytes, plan: plan, options: options, limit: pool.limits.memory)
    let outcome = try await pool.run(cost: try work.cost(), deadline: deadline) { thread in try work.done(on: thread) }
    guard let result = outcome.bytes else { return outcome }
    let seen = try Probe.facts(of: result)
    guard seen.orientation == .up, seen.displaySize == facts.displaySize, seen.format == facts.format,
      options.strip == .none || !seen.hasLocation
    else {
      throw ImgtoolError(
        .fault, "The result is not the upright picture.",
        context: ["orientation": "\(seen.orientation.rawValue)", "size": seen.displaySize.description])
    }
    return outcome
  }
}
