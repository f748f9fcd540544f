// SPDX-License-Identifier: Apache-2.0

/// Finds textured patches of the source again in the result.
struct PatchMatch {
  /// A patch side in pixels of the reduced result.
  static let side = 24

  /// A place in the source, in its reduced pixels, and where it was found in the result.
  struct Pair {
    let from: (x: Double, y: Double)
    let to: (x: Double, y: Double)
    let score: Double
  }

  let source: GreyPlane
  let result: MatchPlane
  /// Centres of patches with something in them, in pixels of the source.
  private let centres: [(x: Double, y: Double)]

  var textured: Int { centres.count }

  /// - Parameter scale: about how large the source is in the result.
  init(source: GreyPlane, result: MatchPlane, scale: Double) {
    self.source = source
    self.result = result
    centres = Self.corners(source.scaled(scale, scale, limit: 1200)).map {
      (($0.x + 0.5) / scale, ($0.y + 0.5) / scale)
    }
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
  func pairs(_ x: AxisFit, _ y: AxisFit, reach: Int, atLeast least: Double) -> [Pair] {
    let warped = MatchPlane(source.scaled(x.scale, y.scale, limit: 1200), radius: 9)
    let half = Self.side / 2
    return centres.compactMap { centre in
      let (left, top) = (Int(centre.x * x.scale) - half, Int(centre.y * y.scale) - half)
      let (u, v) = (Int((Double(left) + x.offset).rounded()), Int((Double(top) + y.offset).rounded()))
      guard let piece = warped.piece(left, top, Self.side, Self.side),
        let match = result.best(piece, x: u - reach...u + reach, y: v - reach...v + reach), match.score >= least
      else { return nil }
      let (middleX, middleY) = (Double(left + half), Double(top + half))
      return Pair(
        from: (middleX / x.scale, middleY / y.scale), to: (match.x + Double(half), match.y + Double(half)),
        score: match.score)
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
