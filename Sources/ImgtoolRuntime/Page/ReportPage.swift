// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore
package import ImgtoolPixels

/// One self-contained page about a job or a verification: pictures, what was found, what was paid.
///
/// It asks nothing of the network: styles, script and pictures are inside, and its policy forbids everything else.
package struct ReportPage: Sendable {
  private let pool: SharedPool

  package init(pool: SharedPool) { self.pool = pool }

  /// The page about a job; pictures that cannot be decoded are left out.
  ///
  /// - Throws: `.timeout`, `.cancelled`.
  package func html(of report: JobReport) async throws -> [UInt8] {
    let source = try await PagePicture.reading(report.input, report.inputFacts, pool: pool)
    var body = header(
      title: report.operation.description, files: [report.input] + report.outputs.map(\.path),
      headline: Headline(report))
    for output in report.outputs {
      body += try await pictures(
        of: output.path, output.facts, output.evidence, source, placement: report.placement)
    }
    if report.outputs.isEmpty,
      let frame = PageFrame(source: source, placement: report.placement, fit: nil, result: nil)
    {
      body += "<section class=look>\(frame.markup)</section>"
    }
    for output in report.outputs {
      body += PageTables.findings(
        report.outputs.count == 1 ? "After: is it what was ordered?" : "After: \(output.path.escaped)", output.findings)
    }
    body += PageTables.findings("Said by the backend", report.remarks)
    body += PageTables.findings("Before: may it be done?", report.preflight)
    body += "<div class=cards>\(cards(of: report))</div>"
    var line = JSONLine()
    report.write(to: &line)
    return document(report.outputs.first?.path ?? report.input, body, json: line.bytes)
  }

  /// The page about a verification of the image at `path`.
  ///
  /// - Parameter source: the picture that was sent, and what its header says.
  /// - Throws: `.timeout`, `.cancelled`.
  package func html(
    of verification: Verification, path: String, source: (path: String, facts: ImageFacts)?, request: FrameRequest?
  ) async throws -> [UInt8] {
    var picture: PagePicture?
    var placement: Placement?
    if let source {
      picture = try await PagePicture.reading(source.path, source.facts, pool: pool)
      placement = try request.map { (ordered) throws(ImgtoolError) in
        Placement(of: source.facts.displaySize, in: try ordered.target())
      }
    }
    var body = header(
      title: "verify", files: [source?.path, path].compactMap(\.self), headline: Headline(verification.findings))
    body += try await pictures(
      of: path, verification.facts, verification.evidence, picture, placement: placement)
    body += PageTables.findings("Is it what was ordered?", verification.findings)
    let cards: [HTML] = [
      PageTables.pairs(
        "Pictures",
        [("Source", source.map { PageTables.summary($0.facts) }), ("Result", PageTables.summary(verification.facts))]),
      numbers(verification.facts, verification.frame, verification.evidence, placement),
    ]
    body += "<div class=cards>\(cards)</div>"
    var line = JSONLine()
    verification.write(to: &line, path: path)
    return document(path, body, json: line.bytes)
  }

  private func cards(of report: JobReport) -> [HTML] {
    var cards: [HTML] = [
      PageTables.pairs(
        "Money",
        [
          ("Price known beforehand", report.price.description), ("Spent", report.cost.description),
          ("Saved by stopping here", report.state == .refused ? report.price.description : nil),
          ("Remote job", report.remoteID),
        ]),
      PageTables.pairs(
        "Pictures",
        [("Source", PageTables.summary(report.inputFacts)), ("Handed over", report.prepared)]
          + report.outputs.map { ("Result", $0.facts.map(PageTables.summary) ?? "unreadable") }),
    ]
    cards += report.outputs.map { numbers($0.facts, $0.frame, $0.evidence, report.placement) }
    if report.outputs.isEmpty { cards.append(numbers(nil, nil, Evidence(), report.placement)) }
    cards.append(
      PageTables.pairs(
        "Ordered", report.parameters.values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    cards.append(
      PageTables.pairs("Done", report.details.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    cards.append(PageTables.times(report.times))
    return cards
  }

  /// The slider and the frame of one result.
  private func pictures(
    of path: String, _ facts: ImageFacts?, _ evidence: Evidence, _ source: PagePicture?, placement: Placement?
  ) async throws -> HTML {
    guard let facts, let after = try await PagePicture.reading(path, facts, pool: pool) else {
      return "<p class=empty>The result cannot be shown: it does not decode.</p>"
    }
    let whole = PagePlace(x: 0, y: 0, width: Double(after.fullSize.width), height: Double(after.fullSize.height))
    var place = placement.map { PagePlace($0.rect) } ?? whole
    if let fit = evidence.fit, let source { place = PagePlace(fit, of: source.fullSize) }
    let isSameSize = source?.fullSize == after.fullSize
    // What stayed in its place is shown there, not where it was measured to a fraction of a pixel.
    if isSameSize { place = whole }
    let stage = PageStage(
      before: source, after: after, place: place, matches: evidence.fit?.matches ?? [],
      overlays: try await overlays(evidence), hasNewPixels: !isSameSize && place.leavesRoom(in: after.fullSize))
    var look = stage.markup
    if !isSameSize,
      let frame = PageFrame(source: source, placement: placement, fit: evidence.fit, result: facts.displaySize)
    {
      look += frame.markup
    }
    return "<section class=look>\(look)</section>"
  }

  /// For retouches, where skin was seen and what was changed.
  private func overlays(_ evidence: Evidence) async throws -> [(name: String, style: String, picture: PagePicture)] {
    var overlays: [(name: String, style: String, picture: PagePicture)] = []
    if let skin = evidence.skin {
      let picture = try await PagePicture.tint(skin.skin, skin.size, (47, 128, 237), pool: pool)
      overlays.append(("Skin", "skin", picture))
    }
    guard let source = evidence.source, let result = evidence.result, source.size == result.size,
      evidence.skin != nil
    else { return overlays }
    let picture = try await PagePicture.tint(
      SkinChange.map(result, source: source), source.size, (235, 40, 60), pool: pool)
    overlays.append(("Change, 16 times", "change", picture))
    return overlays
  }

  /// What was measured on a result, in words and numbers.
  private func numbers(
    _ facts: ImageFacts?, _ frame: FrameVerdict?, _ evidence: Evidence, _ placement: Placement?
  ) -> HTML {
    func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
    // Adding nothing makes a positive zero of a negative one.
    func tenths(_ number: Double) -> String { "\((number * 10).rounded() / 10 + 0)" }
    func rounded(_ number: Double) -> String { "\((number * 10_000).rounded() / 10_000)" }
    var rows: [(String, String?)] = [
      ("Ordered frame", (frame?.target ?? placement?.frame)?.description),
      ("Frame that came", facts?.displaySize.description),
      ("Error of the ratio", frame.map { percent($0.ratioError) }),
      ("New pixels ordered", placement.map { percent($0.newShare) }),
    ]
    if let fit = evidence.fit {
      rows += [
        ("Scale across × down", "\(rounded(fit.scaleX)) × \(rounded(fit.scaleY))"),
        ("Source found at", "\(tenths(fit.offsetX)), \(tenths(fit.offsetY))"),
        ("Source still visible", percent(fit.visible)),
        ("Patches found again", "\(fit.confirmed) of \(fit.patches)"),
        ("Confidence", percent(fit.confidence)),
      ]
    }
    return PageTables.pairs("Measured", rows)
  }
}
