// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// How a placed picture grows along one axis: in which steps, and how thoroughly each of them is searched, so that no
/// frame, however far from the picture's shape, takes more than a budget.
struct GrowthPlan: Sendable {
  /// In comparisons of two patches: some three seconds of one core; what is not extreme takes less.
  static let budget = 2.4e8

  let steps: [GrowthStep]
  /// What `steps` cost, in the same unit.
  let work: Double

  init(from placement: PixelRect, to frame: PixelSize, vertical: Bool, options: Completion.Options) {
    let all = GrowthStep.steps(from: placement, to: frame, vertical: vertical)
    func steps(_ effort: Double) -> [GrowthStep] {
      all.enumerated().map { number, step in
        var step = step
        // What is further away than twice the picture is blurred until no detail is left of it.
        step.effort = number == 0 ? effort : effort / 4
        step.isBlurredLater = number > 0 && options.softensRisky
        return step
      }
    }
    func work(_ steps: [GrowthStep]) -> Double { steps.reduce(0) { $0 + $1.work(options) } }
    var effort = 1.0
    var chosen = steps(effort)
    // Painting alone may take more in a huge frame: its pixels have to be made whatever the search leaves out.
    while work(chosen) > Self.budget, effort > 1.0 / 64 {
      effort *= 0.8
      chosen = steps(effort)
    }
    self.steps = chosen
    self.work = work(chosen)
  }
}
