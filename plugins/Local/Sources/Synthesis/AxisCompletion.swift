// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Completes a picture along one axis: grows it step by step, judges each side, softens the risky ones.
struct AxisCompletion {
  let picture: Raster<UInt8>
  let placement: PixelRect
  /// As large as the picture along the other axis.
  let frame: PixelSize
  let isVertical: Bool
  /// Of `picture`.
  let study: SubjectStudy?
  let options: Completion.Options
  let workers: Workers

  /// - Throws: `.cancelled`.
  func run() throws(ImgtoolError) -> (picture: Raster<UInt8>, steps: [CompletionRecipe.Step], reports: [SideReport]) {
    var grown = picture
    var steps: [GrowthStep] = []
    var inner = PixelRect(x: 0, y: 0, size: picture.size)
    let growth = GrowthStep.steps(from: placement, to: frame, vertical: isVertical)
    for (number, step) in growth.enumerated() {
      let share = 1 / Double(growth.count)
      let search = GrowthSearch(
        source: grown, step: step, study: study?.following(inner, in: grown.size), options: options,
        workers: workers.part(from: Double(number) * share, share: share))
      let found = try search.run()
      grown = try found.render(grown, options, workers)
      steps.append(found)
      inner = PixelRect(x: inner.x + step.placement.x, y: inner.y + step.placement.y, size: inner.size)
    }
    let reports = Side.allCases.filter { $0.isVertical == isVertical && $0.margin(of: placement, in: frame) > 0 }
      .map { report($0, steps, grown) }
    var done = steps.map { CompletionRecipe.Step.grow($0) }
    let fills = Dictionary(uniqueKeysWithValues: reports.map { ($0.side, $0.fill) })
    if fills.values.contains(where: { $0 != .synthesised }) {
      let softening = SofteningStep(placement: placement, fills: fills)
      try softening.apply(to: &grown, options, workers)
      done.append(.soften(softening))
    }
    return (grown, done, reports)
  }

  private func report(_ side: Side, _ steps: [GrowthStep], _ grown: Raster<UInt8>) -> SideReport {
    let mine = steps.flatMap(\.margins).filter { $0.side == side }
    let mappings = mine.compactMap(\.mapping)
    let margin = side.margin(of: placement, in: frame)
    let cut = study?.cutRisk[side]
    let energy = mappings.compactMap(\.energy).max()
    let seam = grown.seamRatio(side, of: placement)
    let (score, reasons) = options.gate.judge(
      side, margin: margin, extent: isVertical ? picture.height : picture.width, cutRisk: cut, energy: energy,
      seam: seam, hasFaces: study?.hasFaces ?? false)
    let isTiny = mappings.count < mine.count
    let fill: SideFill =
      isTiny ? .blurredMirror : !reasons.isEmpty && options.softensRisky ? .soft : .synthesised
    return SideReport(
      side: side, margin: margin, fill: fill, cutRisk: cut, energy: energy,
      coherence: mappings.map(\.coherence).min(), seam: seam,
      risk: isTiny ? max(2, score) : score, reasons: isTiny ? reasons + [.tinySource] : reasons)
  }
}
