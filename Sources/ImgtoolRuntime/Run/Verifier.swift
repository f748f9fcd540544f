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
  /// What the findings about the content rest on.
  public var evidence = Evidence()
}

/// The reduced pictures that were compared and what was found in them, for showing.
public struct Evidence: Sendable {
  /// The result; nothing where it does not decode to its end.
  public var result: SmallPicture?
  /// The picture that was sent, where one was given and compared.
  public var source: SmallPicture?
  /// Where the source lies in the result; nothing where that cannot be told.
  public var fit: PlacementFit?
  /// Where the source shows skin, for retouches.
  public var skin: SkinMap?
}

/// Postflight: is a returned image whole, of the frame ordered, named as what it is, not blank, not barred,
/// and is what was sent still all of it there, unstretched and in its place.
///
/// One reduced decode of each picture serves every check. Nothing is altered.
public struct Verifier: Sendable {
  private let pool: SharedPool
  private let skin: SkinFinder?

  /// - `pool`: where pixels are decoded.
  /// - `skin`: sees skin, so that retouches can be judged by where they are.
  public init(pool: SharedPool, skin: SkinFinder? = nil) {
    self.pool = pool
    self.skin = skin
  }

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
    var evidence = Evidence()
    let verdict = frame(facts, expectation, input: input, observed: observed)
    findings += verdict?.findings ?? []
    if facts.isDecodable, !facts.isOversized {
      let content = try await content(path, facts, expectation, source: source, sourceFacts: input, deadline)
      findings += content.findings
      evidence = content.evidence
    } else {
      findings.append(
        Finding("whole.damaged", .fail, "The picture cannot be decoded here.", measured: .text(facts.coding)))
    }
    return Verification(facts: facts, frame: verdict, findings: findings, evidence: evidence)
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
  ) async throws -> (findings: [Finding], evidence: Evidence) {
    let isRetouch = expectation.frame == .sameAsInput
    // What was sent is looked at meanwhile.
    async let early = expectation.frame == .any ? nil : sent(source, sourceFacts, isRetouch, deadline)
    let decoded = try await reduced(path, facts, isRetouch, deadline)
    guard let close = decoded.picture else { return ([decoded.integrity], Evidence()) }
    let shown = try await computed(deadline) { self.alone(close, expectation) }
    var findings = [decoded.integrity, shown.presence]
    var sent: SmallPicture?
    if expectation.frame != .any || shown.bars?.severity == .fail {
      do {
        if expectation.frame == .any {
          sent = try await self.sent(source, sourceFacts, isRetouch, deadline)
        } else {
          sent = try await early
        }
      } catch let error as ImgtoolError where error.kind == .unsupported {
        findings.append(Finding("place.undecided", .note, "the source cannot be decoded here: \(error.message)"))
      }
    }
    guard let own = sent, let sourceFacts else {
      return (findings + [shown.bars].compactMap(\.self), Evidence(result: close))
    }
    let isComparable = isRetouch && facts.displaySize == sourceFacts.displaySize
    // Skin takes longest to see; the places are compared meanwhile.
    async let seen = isComparable ? skin(of: own, sourceFacts, expectation, deadline) : nil
    var compared = try await computed(deadline) { self.beside(close, facts, own, sourceFacts, expectation) }
    let skin = try await seen
    compared.evidence.skin = skin
    let change =
      isComparable ? try await computed(deadline) { self.retouch(close, own, skin: skin, expectation) } : []
    return (findings + compared.findings + change, compared.evidence)
  }

  /// What is computed from pixels, on a thread of the pool: it takes a tenth of a second and must not hold up Swift's.
  private func computed<Value: Sendable>(
    _ deadline: ContinuousClock.Instant?, _ work: @escaping @Sendable () -> Value
  ) async throws -> Value {
    try await pool.pool().run(cost: PixelCost.base, deadline: deadline) { _ in work() }
  }

  /// What a result shows by itself.
  private func alone(_ close: SmallPicture, _ expectation: Expectation) -> (presence: Finding, bars: Finding?) {
    let picture = close.reducedByHalves
    let checks = ContentChecks(policy: expectation.content)
    return (checks.presence(of: picture), expectation.allowsBars ? nil : checks.bars(in: picture))
  }

  /// What it shows beside the picture that was sent: bars that are not that one's own, and its place.
  private func beside(
    _ close: SmallPicture, _ facts: ImageFacts, _ own: SmallPicture, _ sourceFacts: ImageFacts,
    _ expectation: Expectation
  ) -> (findings: [Finding], evidence: Evidence) {
    let (picture, ownReduced) = (close.reducedByHalves, own.reducedByHalves)
    var evidence = Evidence(result: close, source: own)
    var findings: [Finding] = []
    let result = ReducedPicture(picture, facts: facts)
    let source = ReducedPicture(ownReduced, facts: sourceFacts)
    let compared = comparison(result, with: source, expectation, &evidence)
    if !expectation.allowsBars {
      findings.append(
        ContentChecks(policy: expectation.content).bars(in: result, source: source, fit: evidence.fit))
    }
    findings += compared
    return (findings, evidence)
  }

  /// What a result shows beside the picture that was sent.
  private func comparison(
    _ result: ReducedPicture, with source: ReducedPicture, _ expectation: Expectation, _ evidence: inout Evidence
  ) -> [Finding] {
    let placing = PlacementChecks(policy: expectation.content)
    switch expectation.frame {
    case .any: return []
    case .request:
      let judgement = placing.judge(result, source: source)
      evidence.fit = judgement.fit
      guard !expectation.allowsMirror, let fit = judgement.fit else { return judgement.findings }
      return judgement.findings
        + [placing.mirrorPadding(in: result, source: source.fullSize, fit: fit)].compactMap(\.self)
    case .sameAsInput:
      guard result.fullSize == source.fullSize else { return [] }
      let judgement = placing.judge(result, source: source, mayMove: false)
      evidence.fit = judgement.fit
      return judgement.findings
    }
  }

  /// What a retouch changed, and whether that was skin.
  private func retouch(
    _ result: SmallPicture, _ source: SmallPicture, skin: SkinMap?, _ expectation: Expectation
  ) -> [Finding] {
    let change = SkinChange(policy: expectation.content).judge(result, source: source)
    guard let skin else {
      return [change, self.skin == nil ? nil : Finding("skin.undecided", .note, "No face was found to judge skin by.")]
        .compactMap(\.self)
    }
    return [change].compactMap(\.self)
      + RetouchChecks(policy: expectation.content).judge(result, source: source, skin: skin)
  }

  /// The picture that was sent, reduced; nothing where there is none, or it cannot be decoded to its end.
  private func sent(
    _ path: String?, _ facts: ImageFacts?, _ isRetouch: Bool, _ deadline: ContinuousClock.Instant?
  ) async throws -> SmallPicture? {
    guard let path, let facts, facts.isDecodable, !facts.isOversized else { return nil }
    return try await reduced(path, facts, isRetouch, deadline).picture
  }

  /// The skin that was sent to be retouched; nothing where nobody sees any.
  private func skin(
    of picture: SmallPicture, _ facts: ImageFacts, _ expectation: Expectation, _ deadline: ContinuousClock.Instant?
  ) async throws -> SkinMap? {
    guard let skin else { return nil }
    let scale = Double(picture.size.width) / Double(facts.displaySize.width)
    let named = expectation.faces.map { $0.scaled(by: scale) }
    // Faces are looked for on a thread of the pool: it takes long, and none of Swift's may wait for it.
    return try await pool.pool().run(cost: .mebibytes(48), deadline: deadline) { _ in skin(picture, named) }
  }

  /// A retouch is looked at closely, and in one size whatever the formats.
  private func reduced(
    _ path: String, _ facts: ImageFacts, _ isRetouch: Bool, _ deadline: ContinuousClock.Instant?
  ) async throws -> ReducedDecode {
    do {
      return try await pool.pool().run(cost: PixelCost.estimate(facts: facts), deadline: deadline) { thread in
        try ReducedDecode.of(
          thread.gate.admit(.file(path: path)), longSide: isRetouch ? 1600 : SmallPicture.searchSide,
          byHalves: isRetouch, on: thread)
      }
    } catch let error as ImgtoolError {
      // What the gate refuses, or a decoder breaks on, is a fault of the picture and told as one.
      guard let rule = error.context["rule"] else { throw error }
      return ReducedDecode(
        integrity: Finding("whole.damaged", .fail, error.message, measured: .text(rule)), picture: nil)
    }
  }
}

extension SmallPicture {
  /// The longest side in which a source is looked for in a result.
  fileprivate static var searchSide: Int { 512 }

  /// Reduced by a power of two until the source can be looked for in it.
  fileprivate var reducedByHalves: SmallPicture {
    var factor = 1
    while size.longSide > Self.searchSide * factor { factor *= 2 }
    return reduced(by: factor)
  }
}

extension PixelRect {
  /// The rectangle in a picture scaled by a factor, rounded to the nearest pixels.
  fileprivate func scaled(by factor: Double) -> PixelRect {
    func scaled(_ side: Int) -> Int { Int((Double(side) * factor).rounded()) }
    return PixelRect(
      x: scaled(x), y: scaled(y), size: PixelSize(clamping: max(1, scaled(width)), max(1, scaled(height))))
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
      evidence.fit?.write(to: &line)
      line.array("findings", findings) { $1.write(to: &$0) }
    }
    line.endLine()
  }
}
