// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
public import ImgtoolPixels
import ImgtoolProbe

/// How deep an input is looked into; each depth includes the ones before it.
public enum CheckDepth: String, Sendable, Hashable, CaseIterable {
  /// The header alone: some microseconds a file.
  case header
  /// Every chunk, segment or box to the end of the file, without decoding.
  case structure
  /// A real decode that takes a warning for damage.
  case pixels
}

/// Preflight of many inputs: facts, the policy's findings, and at greater depths whether the file is whole.
public struct InputCheck: Sendable {
  public let preflight: Preflight
  public let depth: CheckDepth
  public let request: FrameRequest?
  private let pool: SharedPool

  /// - Parameter request: the frame to be ordered; routing advice needs it.
  /// - Parameter pool: where pixels are decoded; started at the first need.
  public init(_ policy: InputPolicy, depth: CheckDepth, request: FrameRequest?, pool: SharedPool) {
    preflight = Preflight(policy)
    self.depth = depth
    self.request = request
    self.pool = pool
  }

  /// The record of one file; never throws, because one bad file must not stop the others.
  ///
  /// Blocks the calling thread: never call it on Swift's pool.
  package func record(of path: String) -> InputRecord {
    do {
      let file = try OpenFile(path)
      let facts = try Probe.facts(ofDescriptor: file.descriptor)
      var findings = preflight.judge(facts, name: path, request: request)
      // A file the policy refuses is never decoded.
      if depth == .pixels, findings.failures.isEmpty { findings += try pixels(file.descriptor, facts) }
      return InputRecord(
        path: path, facts: .success(facts),
        check: InputRecord.Check(policy: preflight.policy.name, depth: depth.rawValue, findings: findings))
    } catch {
      return InputRecord(path: path, facts: .failure(error))
    }
  }

  private func pixels(_ descriptor: Int32, _ facts: ImageFacts) throws(ImgtoolError) -> [Finding] {
    let pool = try pool.pool()
    let decoded = try waiting {
      try await pool.run(cost: PixelCost.estimate(facts: facts)) { thread in
        try ReducedDecode.of(.descriptor(descriptor), facts: facts, on: thread)
      }
    }
    guard let picture = decoded.picture else { return [decoded.integrity] }
    let checks = ContentChecks()
    var findings = [decoded.integrity, checks.presence(of: picture)]
    if let border = checks.uniformBorder(of: picture) {
      findings += preflight.uniformBorder(border.message, measured: border.measured)
    }
    return findings
  }
}
