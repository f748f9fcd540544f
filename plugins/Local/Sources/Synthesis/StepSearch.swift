// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Decides for each margin of one step how it is filled, and finds the mappings.
struct StepSearch {
  let source: Raster<UInt8>
  let step: CompletionStep
  let study: SubjectStudy?
  let options: Completion.Options
  let workers: Workers

  /// A margin with everything about it that is known before it is painted.
  struct Found {
    let margin: FilledMargin
    let cutRisk: Double?
    let energy: Double?
    let risk: Double
    let reasons: [RiskReason]

    func report(seam: Double) -> SideReport {
      SideReport(
        side: margin.side, margin: margin.pixels, fill: margin.fill, cutRisk: cutRisk, energy: energy,
        coherence: margin.mapping?.coherence, seam: seam, risk: risk, reasons: reasons)
    }
  }

  /// - Throws: `.cancelled`.
  func run() throws(ImgtoolError) -> [Found] {
    let plans = step.sides.compactMap { side in
      SidePlan(
        side: side, source: source.size, margin: side.margin(of: step.placement, in: step.frame), frame: step.frame,
        workingArea: options.workingArea)
    }
    let tally = Tally(total: plans.reduce(0) { $0 + SideSearch.work($1) }, report: workers.progress)
    let pyramid = SourcePyramid(source, for: plans)
    let searches = plans.map {
      SideSearch(
        plan: $0, pyramid: pyramid, subjects: study?.subjects[$0.side], seed: options.seed, path: options.path,
        workers: workers, tally: tally)
    }
    var mappings: [SideMapping] = []
    if searches.count == 2 {
      let (first, second) = (searches[0], searches[1])
      let both = try workers.both(first.run, second.run)
      mappings = [both.0, both.1]
    } else {
      for search in searches { mappings.append(try search.run()) }
    }
    return step.sides.map { side in judged(side, mappings.first { $0.side == side }) }
  }

  private func judged(_ side: Side, _ mapping: SideMapping?) -> Found {
    let pixels = side.margin(of: step.placement, in: step.frame)
    let cut = study?.cutRisk[side]
    guard let mapping else {
      let isTiny = source.size.shortSide < SidePlan.smallestSource
      return Found(
        margin: FilledMargin(side: side, pixels: pixels, fill: .blurredMirror, mapping: nil), cutRisk: cut,
        energy: nil, risk: 2, reasons: [isTiny ? .tinySource : .farExtension])
    }
    let (risk, reasons) = options.gate.judge(
      side, cutRisk: cut, energy: mapping.energy, hasFaces: study?.hasFaces ?? false)
    let fill: SideFill = !reasons.isEmpty && options.softensRisky ? .soft : .synthesised
    return Found(
      margin: FilledMargin(side: side, pixels: pixels, fill: fill, mapping: mapping), cutRisk: cut,
      energy: mapping.energy, risk: risk, reasons: reasons)
  }
}
