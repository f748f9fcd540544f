// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Finds the mappings of one step, both sides as a pair.
struct GrowthSearch {
  let source: Raster<UInt8>
  let step: GrowthStep
  let study: SubjectStudy?
  let options: Completion.Options
  let workers: Workers

  /// The step with its margins; a side without a mapping is one that texture cannot complete.
  ///
  /// - Throws: `.cancelled`.
  func run() throws(ImgtoolError) -> GrowthStep {
    let plans = step.sides.compactMap { side in
      SidePlan(
        side: side, source: source.size, margin: side.margin(of: step.placement, in: step.frame), frame: step.frame,
        workingArea: options.workingArea)
    }
    let tally = Tally(total: plans.reduce(0) { $0 + SideSearch.work($1) }, report: workers.progress)
    let pyramid = SourcePyramid(source, for: plans)
    let searches = plans.map {
      SideSearch(
        plan: $0, pyramid: pyramid, subjects: study?.subjects[$0.side], seed: options.seed, rounds: options.rounds,
        path: options.path,
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
    var found = step
    found.margins = step.sides.map { side in
      GrowthStep.GrownMargin(side: side, mapping: mappings.first { $0.side == side })
    }
    return found
  }
}
