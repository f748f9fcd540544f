// SPDX-License-Identifier: Apache-2.0

/// Finds textured patches of the source again in the result.
struct PatchMatch {
  /// A patch side in pixels of the reduced result.
  static let side = 24
  /// The same where the result is looked at half as large.
  static let smallSide = 16

  /// A place in the source, in its reduced pixels, and where it was found in the result.
  struct Pair {
    let from: (x: Double, y: Double)
    let to: (x: Double, y: Double)
  }

  private(set) var source: GreyPlane
  private let result: MatchPlane
  /// The result at half its size.
  private let small: MatchPlane
  /// Centres of patches with something in them, in pixels of the source.
  private var centres: [(x: Double, y: Double)]

  var textured: Int { centres.count }

  /// - Parameter scale: about how large the source is in the result.
  init(source: GreyPlane, result: GreyPlane, scale: Double) {
    self.source = source
    self.result = MatchPlane(result, radius: 9)
    small = MatchPlane(result.scaled(0.5, 0.5, limit: 1200), radius: 5)
    centres = Self.corners(source.scaled(scale, scale, limit: 1200)).map {
      (($0.x + 0.5) / scale, ($0.y + 0.5) / scale)
    }
  }

  /// The same patches of the source with left and right exchanged.
  var flipped: PatchMatch {
    var match = self
    match.source = source.flipped
    match.centres = centres.map { (Double(source.width) - $0.x, $0.y) }
    return match
  }

  /// The patches that should be seen with a placement.
  func visible(_ x: AxisFit, _ y: AxisFit) -> Int {
    let half = Double(Self.side / 2)
    return centres.count { centre in
      let (u, v) = (x(centre.x), y(centre.y))
      return u >= half && v >= half && u <= Double(result.width) - half && v <= Double(result.height) - half
    }
  }

  /// The patches found within `reach` pixels of where a placement puts them.
  ///
  /// - Parameter isSmall: whether both are looked at half as large, for a quarter of the pixels and of the places.
  func pairs(_ x: AxisFit, _ y: AxisFit, reach: Int, atLeast least: Double, isSmall: Bool = false) -> [Pair] {
    let (zoom, side, result) = isSmall ? (0.5, Self.smallSide, small) : (1, Self.side, result)
    let (scaleX, scaleY, half) = (x.scale * zoom, y.scale * zoom, side / 2)
    let warped = MatchPlane(source.scaled(scaleX, scaleY, limit: 1200), radius: isSmall ? 5 : 9)
    let around = Int((Double(reach) * zoom).rounded(.up))
    return centres.compactMap { centre in
      let (left, top) = (Int(centre.x * scaleX) - half, Int(centre.y * scaleY) - half)
      let (u, v) = (Int((Double(left) + x.offset * zoom).rounded()), Int((Double(top) + y.offset * zoom).rounded()))
      guard let piece = warped.piece(left, top, side, side),
        let match = result.best(piece, x: u - around...u + around, y: v - around...v + around), match.score >= least
      else { return nil }
      return Pair(
        from: (Double(left + half) / scaleX, Double(top + half) / scaleY),
        to: ((match.x + Double(half)) / zoom, (match.y + Double(half)) / zoom))
    }
  }

  /// The best corner of each cell of an 8 × 8 grid, where there is contrast around it.
  private static func corners(_ plane: GreyPlane) -> [(x: Double, y: Double)] {
    let (cells, margin) = (8, side / 2 + 2)
    guard plane.width >= 2 * margin + cells, plane.height >= 2 * margin + cells else { return [] }
    var found: [(x: Double, y: Double)] = []
    let (across, down) = (plane.width - 2 * margin, plane.height - 2 * margin)
    for row in 0..<cells {
      for column in 0..<cells {
        var best = (strength: Float(0), x: 0, y: 0)
        for y in stride(from: margin + row * down / cells, to: margin + (row + 1) * down / cells, by: 4) {
          for x in stride(from: margin + column * across / cells, to: margin + (column + 1) * across / cells, by: 4) {
            let strength = cornerStrength(plane, x, y)
            if strength > best.strength { best = (strength, x, y) }
          }
        }
        if best.strength > 6, deviation(plane, best.x, best.y) > 2 { found.append((Double(best.x), Double(best.y))) }
      }
    }
    return found
  }

  /// The smaller eigenvalue of the mean products of slopes in a square of 11 pixels.
  private static func cornerStrength(_ plane: GreyPlane, _ x: Int, _ y: Int) -> Float {
    var (xx, xy, yy): (Float, Float, Float) = (0, 0, 0)
    plane.values.withUnsafeBufferPointer { values in
      for row in stride(from: y - 5, through: y + 5, by: 1) {
        for place in row * plane.width + x - 5...row * plane.width + x + 5 {
          let (slope, rise) = (
            values[place + 1] - values[place - 1], values[place + plane.width] - values[place - plane.width]
          )
          xx += slope * slope
          xy += slope * rise
          yy += rise * rise
        }
      }
    }
    let (middle, half) = ((xx + yy) / 2, (xx - yy) / 2)
    return (middle - (half * half + xy * xy).squareRoot()) / 121
  }

  private static func deviation(_ plane: GreyPlane, _ x: Int, _ y: Int) -> Float {
    var (sum, squares): (Float, Float) = (0, 0)
    for row in y - side / 2..<y + side / 2 {
      for value in plane.values[row * plane.width + x - side / 2..<row * plane.width + x + side / 2] {
        sum += value
        squares += value * value
      }
    }
    let count = Float(side * side)
    return max(0, squares / count - (sum / count) * (sum / count)).squareRoot()
  }
}
