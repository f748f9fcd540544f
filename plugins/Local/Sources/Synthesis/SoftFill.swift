// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Blurs a margin more and more towards the outside, like a background out of focus; the source stays as it is.
///
/// At d pixels from the border the blur has a deviation of `rate` × d.
struct SoftFill<Sample: RasterSample> {
  let frame: SharedFrame<Sample>
  let margin: Int
  let rate: Double
  let seed: UInt64

  /// Columns of the source that flow into the blur.
  private var context: Int { min(frame.view.width, Int(3 * rate * Double(margin)) + 8) }

  /// Blurs the margin and leaves grain of `sigma` levels in it.
  func run(grain sigma: Double, _ workers: Workers) throws(ImgtoolError) {
    for band in 0..<frame.bands {
      try workers.check()
      try blur(band, grain: Float(sigma), workers)
    }
  }

  private func blur(_ band: Int, grain: Float, _ workers: Workers) throws(ImgtoolError) {
    let width = context + margin
    let blends = (0..<margin).map { Blend(deviation: rate * (Double($0) + 0.5)) }
    let deepest = blends.reduce(0) { max($0, $1.level + 1) }
    let pyramid = BlurPyramid(
      width: width, height: frame.view.height, levels: deepest,
      readings: blends.enumerated().map { (context + $0.offset, $0.element.level) }
    ) { x, y in
      let column = frame.view.width - context + x
      return Float(frame.samples[frame.view.index(column, y) &* frame.bands &+ band])
    }
    let step = BlurPyramid.rowsAtOnce
    for top in stride(from: 0, to: frame.view.height, by: step) {
      try workers.check()
      let rows = top..<min(top + step, frame.view.height)
      for y in rows { pyramid.prepare(row: y) }
      // Pixels that lie side by side in memory are visited one after the other.
      if abs(frame.view.along) == 1 {
        for x in 0..<margin { for y in rows { soften(x, y, band, blends[x], grain, pyramid) } }
      } else {
        for y in rows { for x in 0..<margin { soften(x, y, band, blends[x], grain, pyramid) } }
      }
    }
  }

  @inline(__always) private func soften(
    _ x: Int, _ y: Int, _ band: Int, _ blend: Blend, _ grain: Float, _ pyramid: borrowing BlurPyramid
  ) {
    let sample = frame.samples + (frame.view.index(frame.view.width &+ x, y) &* frame.bands &+ band)
    let near = blend.level == 0 ? Float(sample.pointee) : pyramid.near(x, y)
    let far = pyramid.far(x, y)
    let lost = blend.level == 0 ? blend.share : 1
    // The same noise in all bands is grain; the uniform part hides the steps of 8 bits in a smooth blur.
    let noise = Noise.bell(seed, x, y) * grain * lost * Sample.stepsPerLevel + dither(x, y, band)
    let value = near + (far - near) * blend.share + noise
    sample.pointee = Sample(truncatingIfNeeded: Int32(min(Float(Sample.max), max(0, value + 0.5))))
  }

  /// Uniform noise of half a step either way.
  @inline(__always) private func dither(_ x: Int, _ y: Int, _ band: Int) -> Float {
    Float(Noise.hash(seed &+ 1 &+ UInt64(band), x, y) & 0xFFFF) * (1 / 65_536) - 0.5
  }
}

/// Which two levels of a blur pyramid give a deviation, and how much of the deeper one.
private struct Blend {
  let level: Int
  let share: Float

  init(deviation: Double) {
    // Level j, smoothly enlarged, has a deviation of about 2^j/√2; level 0 is the picture itself.
    let place = max(0, log2(max(deviation, 1e-3) * 2.0.squareRoot()))
    if deviation * 2.0.squareRoot() <= 1 {
      level = 0
      share = 0
    } else {
      level = min(12, Int(place))
      share = min(1, Float(place - Double(level)))
    }
  }
}

/// One band at halved sizes, each blurred by the step to it; read through a smooth enlargement.
private struct BlurPyramid: ~Copyable {
  /// Rows that are prepared together.
  static let rowsAtOnce = 16

  /// Three cells of a prepared line and their weights.
  private struct Tap: BitwiseCopyable {
    var cells: SIMD3<Int32>
    var weights: SIMD3<Float>
  }

  private let levels: Int
  private let widths: [Int]
  private let heights: [Int]
  private let cells: Grid<Float>
  private let starts: [Int]
  /// For each prepared row one line per level, already mixed from three lines above each other.
  private let lines: Grid<Float>
  private let lineStarts: [Int]
  /// The columns of each level that are read.
  private let columns: [Range<Int>]
  /// For each reading its level's tap and that of the next one.
  private let taps: Grid<Tap>

  /// - Parameter readings: the columns of the full size that will be read and the level of each, at least 0; the next
  ///   level is read, too.
  init(
    width: Int, height: Int, levels: Int, readings: [(column: Int, level: Int)], _ pixel: (Int, Int) -> Float
  ) {
    var widths = [width]
    var heights = [height]
    var starts = [0, 0]
    var lineStarts = [0, 0]
    for level in 1...max(1, levels) {
      widths.append((widths[level - 1] + 1) / 2)
      heights.append((heights[level - 1] + 1) / 2)
      starts.append(starts[level] + widths[level] * heights[level])
      lineStarts.append(lineStarts[level] + widths[level])
    }
    self.levels = max(1, levels)
    self.widths = widths
    self.heights = heights
    self.starts = starts
    self.lineStarts = lineStarts
    cells = Grid(width: starts[starts.count - 1], height: 1, filledWith: 0)
    lines = Grid(width: lineStarts[lineStarts.count - 1], height: Self.rowsAtOnce, filledWith: 0)
    let taps = Grid(
      width: 2, height: readings.count, filledWith: Tap(cells: SIMD3(repeating: 0), weights: SIMD3(repeating: 0)))
    var columns = [Range<Int>](repeating: 0..<0, count: widths.count)
    for (number, reading) in readings.enumerated() {
      for deeper in 0..<2 where reading.level + deeper > 0 {
        let level = reading.level + deeper
        let (first, weights) = Self.taps(reading.column, level)
        let places = SIMD3<Int>(first, first + 1, first + 2)
          .clamped(lowerBound: .zero, upperBound: SIMD3(repeating: widths[level] - 1))
        taps[deeper, number] = Tap(
          cells: SIMD3<Int32>(truncatingIfNeeded: places &+ lineStarts[level]), weights: weights)
        let known = columns[level]
        columns[level] =
          min(known.isEmpty ? places.x : known.lowerBound, places.x)..<max(known.upperBound, places.z + 1)
      }
    }
    self.taps = taps
    self.columns = columns
    for level in 1...self.levels {
      let from = starts[level - 1]
      let fromWidth = widths[level - 1]
      halve(level) { x, y in level == 1 ? pixel(x, y) : cells[from &+ y &* fromWidth &+ x] }
    }
  }

  /// Makes one level from the one before: weights 1, 3, 3, 1 along both axes, borders repeated.
  private func halve(_ level: Int, _ pixel: (Int, Int) -> Float) {
    let (width, height) = (widths[level - 1], heights[level - 1])
    let column = Grid<Float>(width: width, height: 1, filledWith: 0)
    for y in 0..<heights[level] {
      let rows = SIMD4(2 * y - 1, 2 * y, 2 * y + 1, 2 * y + 2)
        .clamped(lowerBound: .zero, upperBound: SIMD4(repeating: height - 1))
      for x in 0..<width {
        column[x] = (pixel(x, rows[0]) + pixel(x, rows[3])) * 0.125 + (pixel(x, rows[1]) + pixel(x, rows[2])) * 0.375
      }
      for x in 0..<widths[level] {
        let a = column[max(0, 2 * x - 1)] + column[min(width - 1, 2 * x + 2)]
        let b = column[2 * x] + column[min(width - 1, 2 * x + 1)]
        cells[starts[level] + y * widths[level] + x] = a * 0.125 + b * 0.375
      }
    }
  }

  /// Mixes, for every level, the lines around a row of the full size.
  func prepare(row: Int) {
    let slot = lines.cells + row % Self.rowsAtOnce * lines.width
    for level in 1...levels {
      let (first, weights) = Self.taps(row, level)
      let last = heights[level] - 1
      func line(_ y: Int) -> UnsafeMutablePointer<Float> {
        cells.cells + (starts[level] + min(max(0, y), last) * widths[level])
      }
      let (above, middle, below) = (line(first), line(first + 1), line(first + 2))
      let out = slot + lineStarts[level]
      for x in columns[level] {
        out[x] = above[x] * weights.x + middle[x] * weights.y + below[x] * weights.z
      }
    }
  }

  /// A prepared row's value at a reading's column, at the reading's level.
  @inline(__always) func near(_ reading: Int, _ row: Int) -> Float { value(taps[0, reading], row) }
  /// The same at the next level.
  @inline(__always) func far(_ reading: Int, _ row: Int) -> Float { value(taps[1, reading], row) }

  @inline(__always) private func value(_ tap: Tap, _ row: Int) -> Float {
    let line = lines.cells + row % Self.rowsAtOnce &* lines.width
    return line[Int(tap.cells.x)] * tap.weights.x + line[Int(tap.cells.y)] * tap.weights.y
      + line[Int(tap.cells.z)] * tap.weights.z
  }

  /// The first of three cells around a place and their weights (the quadratic B-spline).
  private static func taps(_ place: Int, _ level: Int) -> (Int, SIMD3<Float>) {
    let at = (Float(place) + 0.5) / Float(1 << level) - 0.5
    let middle = (at + 0.5).rounded(.down)
    let t = at - middle
    return (
      Int(middle) - 1,
      SIMD3(0.5 * (0.5 - t) * (0.5 - t), 0.75 - t * t, 0.5 * (0.5 + t) * (0.5 + t))
    )
  }
}
