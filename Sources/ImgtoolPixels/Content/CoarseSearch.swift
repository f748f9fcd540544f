// SPDX-License-Identifier: Apache-2.0

/// Looks for the middle of the source, as one piece, in a small copy of the result.
struct CoarseSearch {
  /// A place of the source in the result.
  struct Candidate {
    var x: AxisFit
    var y: AxisFit
    /// The correlation coefficient there, −1…1.
    var score: Double
  }

  private var source: GreyPlane
  /// How much smaller that source is than the one that was given.
  private let shrink: Double
  private let plane: MatchPlane
  /// How much smaller the result is.
  private let factor: Double
  private let padding: Int
  private let radius: Int

  /// - Parameter ordered: pixels of the result per pixel of the source.
  init(_ source: GreyPlane, _ ordered: Double, _ result: GreyPlane, longSide: Int) {
    factor = Double(longSide) / Double(max(result.width, result.height))
    // Once to about the largest size that is asked for: every scale is then made from few pixels.
    shrink = min(1, ordered * factor * 2.2)
    self.source = source.scaled(shrink, shrink, limit: 1200)
    padding = longSide / 8
    radius = longSide > 64 ? 7 : 4
    plane = MatchPlane(result.scaled(factor, factor, limit: longSide), radius: radius, padding: padding)
  }

  /// The same for the source with left and right exchanged.
  var flipped: CoarseSearch {
    var search = self
    search.source = source.flipped
    return search
  }

  /// Where a source of that scale fits best, everywhere or near a candidate.
  func best(_ scaleX: Double, _ scaleY: Double, near candidate: Candidate? = nil) -> Candidate? {
    let zoom = factor / shrink
    let scaled = MatchPlane(source.scaled(scaleX * zoom, scaleY * zoom, limit: 400), radius: radius)
    let (left, top) = (scaled.width / 4, scaled.height / 4)
    guard let piece = scaled.piece(left, top, scaled.width / 2, scaled.height / 2), piece.width >= 6, piece.height >= 6
    else { return nil }
    var (columns, rows) = (0...plane.width, 0...plane.height)
    if let candidate {
      let x = Int((candidate.x.offset * factor).rounded()) + left + padding
      let y = Int((candidate.y.offset * factor).rounded()) + top + padding
      (columns, rows) = (x - 4...x + 4, y - 4...y + 4)
    }
    guard let match = plane.best(piece, x: columns, y: rows) else { return nil }
    return Candidate(
      x: AxisFit(scale: scaleX, offset: (match.x - Double(left + padding)) / factor),
      y: AxisFit(scale: scaleY, offset: (match.y - Double(top + padding)) / factor), score: match.score)
  }
}
