// SPDX-License-Identifier: Apache-2.0

/// Where one axis of the source lies in the result: place × scale + offset.
struct AxisFit: Sendable, Hashable {
  var scale: Double
  var offset: Double

  func callAsFunction(_ place: Double) -> Double { scale * place + offset }

  /// The share of 0…`length` of the source that lies in 0…`frame` of the result.
  func visible(_ length: Double, in frame: Double) -> Double {
    max(0, min(frame, self(length)) - max(0, self(0))) / max(1e-9, self(length) - self(0))
  }
}

extension AxisFit {
  /// The line through pairs of places of which up to about half may be wrong; nothing where they are too close together.
  ///
  /// 200 lines through two pairs each, the same for every picture, are judged by the residual that 45 % stay below; the
  /// best is refined by weighted least squares.
  init?(_ pairs: [(from: Double, to: Double)], about guess: AxisFit) {
    guard pairs.count >= 6, let low = pairs.map(\.from).min(), let high = pairs.map(\.from).max(), high > low else {
      return nil
    }
    var state: UInt32 = 12345
    func next(_ bound: Int) -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 8) % bound
    }
    var best = (residual: Double.infinity, fit: guess)
    for attempt in 0...200 {
      var fit = guess
      if attempt > 0 {
        let (one, other) = (pairs[next(pairs.count)], pairs[next(pairs.count)])
        guard abs(one.from - other.from) > (high - low) / 4 else { continue }
        fit.scale = (one.to - other.to) / (one.from - other.from)
        guard fit.scale > guess.scale * 0.7, fit.scale < guess.scale * 1.4 else { continue }
        fit.offset = one.to - fit.scale * one.from
      }
      let residuals = pairs.map { abs(fit($0.from) - $0.to) }.sorted()
      let residual = residuals[pairs.count * 45 / 100]
      if residual < best.residual { best = (residual, fit) }
    }
    guard best.residual < 20 else { return nil }
    self = best.fit
    for _ in 0..<8 { refine(pairs) }
  }

  private mutating func refine(_ pairs: [(from: Double, to: Double)]) {
    var (weights, sumFrom, sumTo, squares, products) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for pair in pairs {
      let residual = self(pair.from) - pair.to
      let weight = 1 / ((1 + residual * residual) * (1 + residual * residual))
      weights += weight
      sumFrom += weight * pair.from
      sumTo += weight * pair.to
      squares += weight * pair.from * pair.from
      products += weight * pair.from * pair.to
    }
    let spread = weights * squares - sumFrom * sumFrom
    guard spread > 1e-6 else { return }
    scale = (weights * products - sumFrom * sumTo) / spread
    offset = (sumTo - scale * sumFrom) / weights
  }
}
