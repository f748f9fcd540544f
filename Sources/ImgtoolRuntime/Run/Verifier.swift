// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
public import ImgtoolPixels
import ImgtoolProbe

/// What postflight says about one returned image.
public struct Verification: Sendable {
  public var facts: ImageFacts
  /// How the size compares with the order; nothing when no frame was ordered.
  public var frame: FrameVerdict?
  public var findings: [Finding]
}

/// Postflight: is a returned image whole, of the frame ordered, named as what it is, not blank, not barred,
/// and is what was sent still all of it there, unstretched and in its place.
///
/// One reduced decode of each picture serves every check. Nothing is altered.
public struct Verifier: Sendable {
  private let pool: SharedPool

  public init(pool: SharedPool) { self.pool = pool }

  /// Judges the image at `path`.
  ///
  /// - `name`: the name the image will have, where it should agree with the bytes.
  /// - `input`: the facts of the image that was sent.
  /// - `source`: the image that was sent: its own plain borders are then no bars, and its place in the result is
  ///   judged where a frame was ordered.
  /// - `observed`: sizes returned before for the same order.
  /// - Throws: `.input` when there is nothing to judge, `.timeout`, `.cancelled`; damage is a finding.
  public func verify(
    _ path: String, name: String?, against expectation: Expectation, input: ImageFacts? = nil,
    source: String? = nil, observed: Set<PixelSize> = [], deadline: ContinuousClock.Instant? = nil
  ) async throws -> Verification {
    let facts: ImageFacts
    do {
      facts = try Probe.facts(ofFile: path)
    } catch {
      throw error.about(name ?? "The result")
    }
    var findings = agreement(facts, name: name)
    let verdict = frame(facts, expectation, input: input, observed: observed)
    findings += verdict?.findings ?? []
    if facts.isDecodable, !facts.isOversized {
      findings += try await content(path, facts, expectation, source: source, sourceFacts: input, deadline)
    } else {
      findings.append(
        Finding("whole.damaged", .fail, "The picture cannot be decoded here.", measured: .text(facts.coding)))
    }
    return Verification(facts: facts, frame: verdict, findings: findings)
  }

  private func frame(
    _ facts: ImageFacts, _ expectation: Expectation, input: ImageFacts?, observed: Set<PixelSize>
  ) -> FrameVerdict? {
    switch expectation.frame {
    case .request(let request):
      .judge(facts.displaySize, against: request, policy: expectation.frames, observed: observed)
    case .sameAsInput:
      input.map { .judge(facts.displaySize, sameAs: $0.displaySize, policy: expectation.frames) }
    case .any: nil
    }
  }

  /// Whether the name's extension is that of the bytes, and what the header itself says is wrong.
  private func agreement(_ facts: ImageFacts, name: String?) -> [Finding] {
    var policy = InputPolicy()
    for rule in PreflightRule.allCases where rule != .nameExtension { policy.rules[rule] = .ignore }
    policy.rules[.nameExtension] = .fail
    return Preflight(policy).judge(facts, name: name)
  }

  private func content(
    _ path: String, _ facts: ImageFacts, _ expectation: Expectation, source: String?, sourceFacts: ImageFacts?,
    _ deadline: ContinuousClock.Instant?
  ) async throws -> [Finding] {
    let decoded = try await reduced(path, facts, deadline)
    guard let picture = decoded.picture else { return [decoded.integrity] }
    let checks = ContentChecks(policy: expectation.content)
    var findings = [decoded.integrity, checks.presence(of: picture)]
    let bars = expectation.allowsBars ? nil : checks.bars(in: picture)
    var own: ReducedPicture?
    if expectation.frame != .any || bars?.severity == .fail, let source, let sourceFacts {
      do {
        own = try await sent(source, sourceFacts, deadline)
      } catch let error as ImgtoolError where error.kind == .unsupported {
        findings.append(Finding("place.undecided", .note, "the source cannot be decoded here: \(error.message)"))
      }
    }
    if let bars { findings.append(own.map { checks.bars(in: picture, source: $0.picture) } ?? bars) }
    if let own {
      findings += comparison(ReducedPicture(picture, facts: facts), with: own, expectation)
    }
    return findings
  }

  /// What a result shows beside the picture that was sent.
  private func comparison(
    _ result: ReducedPicture, with source: ReducedPicture, _ expectation: Expectation
  ) -> [Finding] {
    let placing = PlacementChecks(policy: expectation.content)
    switch expectation.frame {
    case .any: return []
    case .request:
      let judgement = placing.judge(result, source: source)
      guard !expectation.allowsMirror, let fit = judgement.fit else { return judgement.findings }
      return judgement.findings
        + [placing.mirrorPadding(in: result, source: source.fullSize, fit: fit)].compactMap(\.self)
    case .sameAsInput:
      guard result.fullSize == source.fullSize else { return [] }
      return placing.judge(result, source: source, mayMove: false).findings
        + [SkinChange(policy: expectation.content).judge(result.picture, source: source.picture)].compactMap(\.self)
    }
  }

  /// The picture that was sent, reduced; nothing where it cannot be decoded to its end.
  private func sent(
    _ path: String, _ facts: ImageFacts, _ deadline: ContinuousClock.Instant?
  ) async throws -> ReducedPicture? {
    guard facts.isDecodable, !facts.isOversized else { return nil }
    return try await reduced(path, facts, deadline).picture.map { ReducedPicture($0, facts: facts) }
  }

  private func reduced(_ path: String, _ facts: ImageFacts, _ deadline: ContinuousClock.Instant?) async throws
    -> ReducedDecode
  {
    try await pool.pool().run(cost: PixelCost.estimate(facts: facts), deadline: deadline) { thread in
      let file = try OpenFile(path)
      return try ReducedDecode.of(.descriptor(file.descriptor), facts: facts, on: thread)
    }
  }
}

extension ImageFacts {
  /// Whether decoding would take more than any order here can return: 500 million samples.
  fileprivate var isOversized: Bool {
    let frames = storedSize.area.multipliedReportingOverflow(by: frameCount)
    return frames.overflow || frames.partialValue > 500_000_000 / max(channels, 1)
  }
}

extension Verification {
  /// One line of JSON, schema version 1.
  package func write(to line: inout JSONLine, path: String) {
    line.object { line in
      line.field("schemaVersion", 1)
      line.field("path", path)
      line.field("ok", findings.failures.isEmpty)
      facts.write(to: &line)
      frame?.write(to: &line)
      line.array("findings", findings) { $1.write(to: &$0) }
    }
    line.endLine()
  }
}
