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

/// Preflight of one or many inputs: facts, the policy's findings, and at greater depths whether the file is whole.
///
/// A value that can be kept and shared; see the asynchronous calls for services.
public struct InputCheck: Sendable {
  public let preflight: Preflight
  public let depth: CheckDepth
  /// The frame to be ordered; routing advice needs it.
  public let request: FrameRequest?
  let pool: SharedPool
  let threads: FileThreads

  /// - `pool`: where pixels are decoded; started at the first need.
  /// - `threads`: where files are read by the asynchronous calls.
  public init(
    _ policy: InputPolicy, depth: CheckDepth = .header, request: FrameRequest? = nil, pool: SharedPool,
    threads: FileThreads = .shared
  ) {
    preflight = Preflight(policy)
    self.depth = depth
    self.request = request
    self.pool = pool
    self.threads = threads
  }

  /// The record of one file; never throws, because one bad file must not stop the others.
  ///
  /// Blocks the calling thread: never call it on Swift's pool.
  package func record(of path: String) -> InputRecord {
    do {
      let file = try OpenFile(path)
      let facts = try Probe.facts(ofDescriptor: file.descriptor)
      var findings = preflight.judge(facts, name: path, request: request)
      if depth != .header { findings.add(try Structure.check(descriptor: file.descriptor)) }
      // A file the policy refuses is never decoded.
      if depth == .pixels, findings.failures.isEmpty {
        let decoded = try waiting { [descriptor = file.descriptor] in try await reduced(.descriptor(descriptor), facts)
        }
        findings += content(decoded)
      }
      return record(path, .success(facts), findings)
    } catch {
      return record(path, .failure(error), [])
    }
  }

  func record(_ path: String, _ facts: Result<ImageFacts, ImgtoolError>, _ findings: [Finding]) -> InputRecord {
    let check = InputRecord.Check(policy: preflight.policy.name, depth: depth, findings: findings)
    return InputRecord(path: path, facts: facts, check: (try? facts.get()) == nil ? nil : check)
  }

  /// One reduced decode, on the pool.
  func reduced(_ source: PictureSource, _ facts: ImageFacts) async throws -> ReducedDecode {
    try await pool.pool().run(cost: PixelCost.estimate(facts: facts)) { thread in
      try ReducedDecode.of(source, facts: facts, on: thread)
    }
  }

  /// What the decode says: whether the picture is whole, whether there is anything on it, whether a border is.
  func content(_ decoded: ReducedDecode) -> [Finding] {
    guard let picture = decoded.picture else { return [decoded.integrity] }
    let checks = ContentChecks()
    var findings = [decoded.integrity, checks.presence(of: picture)]
    if let border = checks.uniformBorder(of: picture) {
      findings += preflight.uniformBorder(border.message, measured: border.measured)
    }
    return findings
  }
}

extension [Finding] {
  /// Adds what the walk found, without saying again what the header said already.
  mutating func add(_ report: StructureReport) {
    let known = Set(map(\.rule))
    append(contentsOf: report.findings.filter { !known.contains($0.rule) })
  }
}
