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
    let plan = GrowthPlan(from: placement, to: frame, vertical: isVertical, options: options)
    var spare = GrowthPlan.budget - plan.work
    for (number, step) in plan.steps.enumerated() {
      let share = 1 / Double(plan.steps.count)
      let search = GrowthSearch(
        source: grown, step: step, study: study?.following(inner, in: grown.size), options: options,
        workers: workers.part(from: Double(number) * share, share: share))
      var found = try search.run()
      let smaller = grown
      grown = try found.render(smaller, options, workers)
      // Further out what there is, is blurred away.
      if number == 0 {
        try avoidSubjects(in: &found, search, &grown, within: &spare)
        try mendSeams(of: &found, search, &grown, within: &spare)
      }
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

  /// Searches a side that repeats a subject once more, so that nearly anything else is taken before it, and keeps that
  /// where its border does not show.
  ///
  /// - Parameter spare: the work that may still be done; what is done is taken off.
  private func avoidSubjects(
    in step: inout GrowthStep, _ search: GrowthSearch, _ grown: inout Raster<UInt8>, within spare: inout Double
  ) throws(ImgtoolError) {
    var second = search
    second.weights = .avoiding
    second.workers = workers.silent
    for (number, margin) in step.margins.enumerated() {
      let work = step.plan(margin.side, options)?.work ?? 0
      guard copies(margin, search.study) > options.gate.copies, work <= spare else { continue }
      spare -= work
      let other = try second.margins([margin.side])
      guard copies(other[0], search.study) <= options.gate.copies else { continue }
      var trial = grown
      try step.paint(other, on: &trial, options, workers)
      if trial.seamRatio(margin.side, of: step.placement) <= options.gate.seam {
        grown = trial
        step.margins[number] = other[0]
      }
    }
  }

  /// The share of a margin that repeats what stands out; 0 where there is no mapping or no study.
  private func copies(_ margin: GrowthStep.GrownMargin, _ study: SubjectStudy?) -> Double {
    guard let mapping = margin.mapping, let subjects = study?.subjects[margin.side] else { return 0 }
    return mapping.subjectCopies(subjects)
  }

  /// Searches a side whose border shows once more, so that what the border cuts may go on, and keeps the better one.
  ///
  /// - Parameter spare: the work that may still be done; what is done is taken off.
  private func mendSeams(
    of step: inout GrowthStep, _ search: GrowthSearch, _ grown: inout Raster<UInt8>, within spare: inout Double
  ) throws(ImgtoolError) {
    var second = search
    second.weights = .continuing
    second.workers = workers.silent
    for (number, margin) in step.margins.enumerated() where margin.mapping != nil {
      let seam = grown.seamRatio(margin.side, of: step.placement)
      // What cuts an object is softened whatever its border looks like.
      let isCut = study?.cutRisk[margin.side] ?? 0 > options.gate.limit(margin.side)
      let work = step.plan(margin.side, options)?.work ?? 0
      if seam <= options.gate.seam || isCut || work > spare { continue }
      spare -= work
      let other = try second.margins([margin.side])
      if copies(other[0], search.study) > options.gate.continuedCopies { continue }
      var trial = grown
      try step.paint(other, on: &trial, options, workers)
      if trial.seamRatio(margin.side, of: step.placement) * 1.25 < seam {
        grown = trial
        step.margins[number] = other[0]
      }
    }
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
