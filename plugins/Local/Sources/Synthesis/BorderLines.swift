// SPDX-License-Identifier: Apache-2.0

/// The straight edges that leave a source over one border: what must go on beyond it the way it came.
struct BorderLines: Sendable, Equatable {
  struct Line: Sendable, Equatable {
    /// Where it meets the border, 0…1 of the source's height.
    let place: Double
    /// Rows per column outwards.
    let slope: Double
    /// How far into the source it was followed, in shares of the source's width.
    let depth: Double
  }

  /// The clearest first.
  let lines: [Line]

  static let none = BorderLines(lines: [])
}

extension BorderLines {
  /// More than a composition has, and no more than a map of bytes can name.
  private static let most = 24
  /// Below this slope an edge goes on by itself.
  private static let straight = 0.1
  /// Above this slope an edge runs along the border rather than over it: the outline of what stands there.
  private static let steepest = 1.5

  /// Follows every other row of the border inwards in many directions, on a copy of the working size.
  init(of source: borrowing TexelPlane) {
    let rises = Rises(source)
    // Shorter ones are found in any foliage.
    let length = max(24, 8 + min(source.width, source.height) / 5)
    var found: [Candidate] = []
    let steps = Int(Self.steepest * 12)
    for step in -steps...steps {
      for row in stride(from: 0, to: source.height, by: 2) {
        if let line = rises.line(from: row, slope: Double(step) / 12, length: length) { found.append(line) }
      }
    }
    found.sort { ($0.score, $1.row, $1.slope) > ($1.score, $0.row, $0.slope) }
    var kept: [Candidate] = []
    for line in found where kept.count < Self.most && kept.allSatisfy({ abs($0.row - line.row) > 4 }) {
      // Over a wide margin a small error of the slope is a long way.
      var best = line
      for row in (line.row - 1)...(line.row + 1) {
        for step in -3...3 {
          let finer = rises.line(from: row, slope: line.slope + Double(step) / 96, length: length)
          if let finer, finer.score > best.score { best = finer }
        }
      }
      kept.append(best)
    }
    // Near the right angle there are no stairs to avoid.
    lines = kept.filter { abs($0.slope) > Self.straight }.map {
      Line(
        place: (Double($0.row) + 0.5) / Double(source.height), slope: $0.slope,
        depth: $0.depth / Double(source.width))
    }
  }
}

/// An edge that runs from a row of the border inwards over some columns.
private struct Candidate {
  let row: Int
  let slope: Double
  let depth: Double
  let score: Float
}

/// How luma rises outwards and along the border, in levels a pixel.
private struct Rises: ~Copyable {
  private let outward: Grid<Float>
  private let along: Grid<Float>

  /// An edge is at least as steep as this.
  private static var least: Float { 8 }
  /// A place agrees with its edge when it is as steep as this share of it.
  private static var share: Float { 0.35 }

  init(_ source: borrowing TexelPlane) {
    let (width, height) = (source.width, source.height)
    let luma = Grid<Float>(width: width, height: height, filledWith: 0)
    for i in 0..<luma.count {
      let texel = source.texels.cells + i * 4
      luma[i] = (77 * Float(texel[0]) + 150 * Float(texel[1]) + 29 * Float(texel[2])) / 256
    }
    outward = Grid(width: width, height: height, filledWith: 0)
    along = Grid(width: width, height: height, filledWith: 0)
    for y in 1..<max(1, height - 1) {
      for x in 1..<max(1, width - 1) {
        let here = luma.cells + (y * width + x)
        let (above, below) = (here - width, here + width)
        outward[x, y] = ((above[1] - above[-1]) + 2 * (here[1] - here[-1]) + (below[1] - below[-1])) / 8
        along[x, y] = ((below[-1] - above[-1]) + 2 * (below[0] - above[0]) + (below[1] - above[1])) / 8
      }
    }
  }

  /// The edge that runs from a row of the border inwards, if one does, in one direction, for a length.
  func line(from row: Int, slope: Double, length: Int) -> Candidate? {
    let ray = Ray(row: row, slope: slope)
    let allowed = length * 15 / 100
    var (sum, steps, strangers) = (Float(0), 0, 0)
    while steps < length {
      guard let (across, steepness) = rise(ray, steps, aside: 0) else { return nil }
      // Whatever the edge turns out to be, this cannot agree with it.
      if abs(across) <= Self.share * Self.least || across * across <= 0.5 * steepness { strangers += 1 }
      if strangers > allowed { return nil }
      sum += across
      steps += 1
    }
    let edge = sum / Float(length)
    guard abs(edge) > Self.least else { return nil }
    // A soft edge could run in many directions.
    var beside: Float = 0
    for step in 0..<length {
      for aside in [-4.0, 4] { beside += rise(ray, step, aside: aside)?.across ?? 0 }
    }
    if beside / sum > 1.2 { return nil }
    (steps, strangers) = (0, 0)
    while let (across, steepness) = rise(ray, steps, aside: 0), strangers * 100 <= max(steps, length) * 15 {
      let agrees = across / edge > Self.share && across * across > 0.5 * steepness
      if !agrees { strangers += 1 }
      steps += 1
    }
    if steps < length { return nil }
    return Candidate(
      row: row, slope: slope, depth: Double(steps) * ray.run, score: abs(edge) * Float(min(steps, 3 * length)))
  }

  /// The rise across a ray some steps from the border, `aside` pixels beside it, and the square of the steepest there.
  private func rise(_ ray: Ray, _ step: Int, aside: Double) -> (across: Float, steepness: Float)? {
    let x = outward.width - 2 - Int(Double(step) * ray.run - aside * ray.slope * ray.run)
    let y = Double(ray.row) - ray.slope * Double(outward.width - 1 - x) + aside / ray.run
    guard x >= 1, x < outward.width - 1, y >= 1, y < Double(outward.height - 2) else { return nil }
    let top = Int(y)
    let share = Float(y - Double(top))
    let across = outward[x, top] * (1 - share) + outward[x, top + 1] * share
    let down = along[x, top] * (1 - share) + along[x, top + 1] * share
    return (down * ray.normal.y + across * ray.normal.x, across * across + down * down)
  }
}

/// A direction into the source from a row of its border.
private struct Ray {
  let row: Int
  let slope: Double
  /// Columns per pixel of its length.
  let run: Double
  let normal: (x: Float, y: Float)

  init(row: Int, slope: Double) {
    self.row = row
    self.slope = slope
    run = 1 / (1 + slope * slope).squareRoot()
    normal = (Float(-slope * run), Float(run))
  }
}
