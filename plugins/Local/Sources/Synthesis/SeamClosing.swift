// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore

/// Takes the colour steps out of a recomposed margin: a smooth correction, zero at the border, that gives neighbouring
/// pixels the differences their sources have.
///
/// Differences that are off by more than about 14 levels are taken for real edges and left. One band at a time.
struct SeamClosing<Sample: RasterSample> {
  let recomposition: Recomposition<Sample>
  let path: ck_path
  /// Full-size pixels per pixel of the working size, at least 1.
  let magnification: Double

  /// Steps of this many levels count half.
  private static var realEdge: Float { 14 }
  /// Pulls the correction to zero far from the border: at the working size it reaches about 150 pixels sideways and
  /// 70 up and down, where light changes on the way.
  private var screening: Double { mapping.side.isVertical ? 2e-4 : 4e-5 }
  /// A correction grows ever more slowly towards this many levels.
  private var largest: Float { mapping.side.isVertical ? 40 : 70 }

  private var frame: SharedFrame<Sample> { recomposition.frame }
  private var mapping: SideMapping { recomposition.mapping }

  /// Corrects the margin in place.
  func run(_ workers: Workers) throws(ImgtoolError) {
    let slopes = Slopes(width: mapping.margin, height: mapping.height, bands: frame.bands)
    try measure(into: slopes, workers)
    for band in 0..<frame.bands {
      try workers.check()
      let across = slopes.field(slopes.across, band: band)
      let along = slopes.field(slopes.along, band: band)
      let lambda = Float(screening / (magnification * magnification))
      let correction = solve(across, along, lambda: lambda, isFinest: true)
      try add(correction, band: band)
    }
  }

  /// Notes by how much each pixel's step to the right and down differs from what its source does.
  ///
  /// `across` at (x, y) is the step from x − 1 to x, so that column 0 holds the step over the border.
  private func measure(into slopes: borrowing Slopes, _ workers: Workers) throws(ImgtoolError) {
    let strips = mapping.strips
    for row in 0..<mapping.rows {
      if row % 16 == 0 { try workers.check() }
      for strip in 0..<strips {
        let index = row * strips + strip
        // Steps look left and up, so the cells there must be plain too.
        let calm =
          recomposition.isPlain[index] && strip > 0 && recomposition.isPlain[index - 1]
          && (row == 0 || recomposition.isPlain[index - strips])
        if calm { continue }
        for y in recomposition.lineCells[row] {
          for x in recomposition.columnCells[strip] {
            measure(slopes.across, slopes, x, y, -1, 0)
            if y > 0 { measure(slopes.along, slopes, x, y, 0, -1) }
          }
        }
      }
    }
  }

  /// One step from (x + dx, y + dy) to (x, y), weighted down when it is too far off to be a seam.
  private func measure(
    _ field: borrowing Grid<Int16>, _ slopes: borrowing Slopes, _ x: Int, _ y: Int, _ dx: Int, _ dy: Int
  ) {
    let here = frame.samples + frame.view.index(mapping.width &+ x, y) &* frame.bands
    let there = frame.samples + frame.view.index(mapping.width &+ x &+ dx, y &+ dy) &* frame.bands
    let a = recomposition.wanted(x, y, nearestTo: x, y)
    let b = recomposition.wanted(x &+ dx, y &+ dy, nearestTo: x, y)
    let isBorder = x &+ dx < 0
    let c = isBorder ? a : recomposition.wanted(x, y, nearestTo: x &+ dx, y &+ dy)
    let d = isBorder ? b : recomposition.wanted(x &+ dx, y &+ dy, nearestTo: x &+ dx, y &+ dy)
    var residual = SIMD4<Float>(repeating: 0)
    var largest: Float = 0
    for band in 0..<frame.bands {
      let wanted = 0.5 * ((Float(a[band]) - Float(b[band])) + (Float(c[band]) - Float(d[band])))
      residual[band] = (wanted - (Float(here[band]) - Float(there[band]))) / Sample.stepsPerLevel
      largest = max(largest, abs(residual[band]))
    }
    let relative = largest / Self.realEdge
    let weight = 256 / (1 + (relative * relative) * (relative * relative))
    let place = (y &* slopes.width &+ x) &* frame.bands
    for band in 0..<frame.bands {
      field[place &+ band] = Int16(truncatingIfNeeded: Int32(residual[band] * weight + 8192.5) &- 8192)
    }
  }

  /// Adds a correction in levels to one band.
  private func add(_ correction: borrowing Grid<Float>, band: Int) throws(ImgtoolError) {
    let cells = correction.cells
    let width = correction.width
    let limit = Float(Sample.max)
    try frame.view.forEachBlock(columns: mapping.width..<(mapping.width + mapping.margin)) { columns, rows in
      for y in rows {
        for x in columns {
          let sample = frame.samples + (frame.view.index(x, y) &* frame.bands &+ band)
          let wanted = cells[y &* width &+ x &- mapping.width]
          let share = wanted * (1 / largest)
          let value = Float(sample.pointee) + wanted / (1 + share * share).squareRoot() * Sample.stepsPerLevel
          sample.pointee = Sample(truncatingIfNeeded: Int32(min(limit, max(0, value + 0.5))))
        }
      }
    }
  }

  /// Solves Σ|∇e − slope|² + λ|e|² from coarse to fine.
  private func solve(
    _ across: consuming Grid<Float>, _ along: consuming Grid<Float>, lambda: Float, isFinest: Bool
  ) -> Grid<Float> {
    let width = across.width
    let height = across.height
    let isCoarsest = width <= 4 || height <= 4
    let e = Grid<Float>(width: width, height: height, filledWith: 0)
    if !isCoarsest {
      let coarse = solve(
        Slopes.halved(across, outward: true), Slopes.halved(along, outward: false), lambda: lambda * 4,
        isFinest: false)
      Slopes.enlarge(coarse, into: e)
    }
    let b = Slopes.divergence(across, along)
    let sweeps = isCoarsest ? 60 : isFinest ? 10 : 20
    ck_relax(e.cells, b.cells, Int32(width), Int32(height), lambda, 1.7, Int32(sweeps), path)
    return e
  }
}
