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
      let looked = try look(at: .descriptor(file.descriptor), name: path)
      guard let image = looked.image else { return record(path, .success(looked.facts), looked.findings) }
      let findings = try waiting { try await looked.findings + decoded(image) }
      return record(path, .success(looked.facts), findings)
    } catch {
      return record(path, .failure(error), [])
    }
  }

  /// What can be said of an image before it is decoded, and the image where it is to be decoded.
  struct Looked: Sendable {
    var facts: ImageFacts
    var findings: [Finding]
    /// A file the policy or the limits refuse is never decoded.
    var image: AdmittedImage?
  }

  /// Reads the header, walks the structure and passes the gate, as deep as is asked.
  func look(at source: PictureSource, name: String, mediaType: String? = nil) throws(ImgtoolError) -> Looked {
    guard depth == .pixels else {
      let facts = try source.facts()
      var findings = preflight.judge(facts, name: name, mediaType: mediaType, request: request)
      if depth == .structure { findings.add(try source.structure(limits)) }
      return Looked(facts: facts, findings: findings)
    }
    let look = try Gate(limits).look(at: source)
    var findings = preflight.judge(look.facts, name: name, mediaType: mediaType, request: request)
    findings.add(look.findings)
    return Looked(
      facts: look.facts, findings: findings, image: findings.failures.isEmpty ? look.image : nil)
  }

  /// The policy's limits for decoding, else those of the pool.
  var limits: DecodeLimits { preflight.policy.decoding ?? pool.decoding }

  func record(_ path: String, _ facts: Result<ImageFacts, ImgtoolError>, _ findings: [Finding]) -> InputRecord {
    let check = InputRecord.Check(policy: preflight.policy.name, depth: depth, findings: findings)
    return InputRecord(path: path, facts: facts, check: (try? facts.get()) == nil ? nil : check)
  }

  /// What one reduced decode on the pool says; a limit it breaks or a decoder it ends is a finding.
  ///
  /// - Throws: `.busy`, `.timeout`, `.cancelled`, `.unsupported`, `.fault`.
  func decoded(_ image: AdmittedImage) async throws -> [Finding] {
    do {
      let decoded = try await pool.pool().run(cost: PixelCost.estimate(facts: image.facts)) { thread in
        try ReducedDecode.of(image, on: thread)
      }
      return content(decoded)
    } catch let error as ImgtoolError {
      guard let rule = error.context["rule"] else { throw error }
      return [Finding(rule, .fail, error.message)]
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
  mutating func add(_ report: StructureReport) { add(report.findings) }

  /// Adds findings of rules that have not spoken yet.
  mutating func add(_ others: [Finding]) {
    let known = Set(map(\.rule))
    append(contentsOf: others.filter { !known.contains($0.rule) })
  }
}
