// SPDX-License-Identifier: Apache-2.0

/// How much it costs to copy what should rather not be copied, in squared levels per byte.
struct SearchWeights: Sendable {
  /// For a patch that shows nothing but a subject.
  let salience: Double
  /// For a tenth of the height along the border.
  let drift: Double
  /// For a patch next to its target; falls to nothing a quarter of the source's width further in.
  let near: Double

  /// Rather a visible border than a subject twice or a comb of repetitions.
  static let usual = SearchWeights(salience: 1200, drift: 45, near: 60)
  /// Rather anything than a subject twice.
  static let avoiding = SearchWeights(salience: 20_000, drift: 45, near: 60)
  /// Rather a subject that goes on than a visible border.
  static let continuing = SearchWeights(salience: 200, drift: 45, near: 0)
}
