// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Finds the mappings of one step, both sides as a pair.
struct GrowthSearch {
  let source: Raster<UInt8>
  let step: GrowthStep
  let study: SubjectStudy?
  var weights = SearchWeights.usual
  let options: Completion.Options
  var workers: Workers

  /// The step with its margins; a side without a mapping is one that texture cannot complete.
  ///
  /// - Throws: `.cancelled`.
  func run() throws(ImgtoolError) -> GrowthStep {
    var found = step
    found.margins = try margins(step.sides)
    return found
  }

  /// The margins of some of the step's sides.
  func margins(_ sides: [Side]) throws(ImgtoolError) -> [GrowthStep.GrownMargin] {
    let plans = sides.compactMap { step.plan($0, options) }
    let tally = Tally(total: plans.reduce(0) { $0 + $1.searchWork }, report: workers.progress)
    let pyramid = SourcePyramid(source, for: plans)
    let searches = plans.map {
      SideSearch(
        plan: $0, pyramid: pyramid, lines: pyramid.lines(of: $0), subjects: study?.subjects[$0.side], weights: weights,
        seed: options.seed, path: options.path, workers: workers, tally: tally)
    }
    var mappings: [SideMapping] = []
    if searches.count == 2 {
      let (first, second) = (searches[0], searches[1])
      let both = try workers.both(first.run, second.run)
      mappings = [both.0, both.1]
    } else {
      for search in searches { mappings.append(try search.run()) }
    }
    return sides.map { side in
      GrowthStep.GrownMargin(side: side, mapping: mappings.first { $0.side == side })
    }
  }
}
