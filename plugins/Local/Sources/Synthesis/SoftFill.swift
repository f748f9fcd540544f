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
    let pyramid = BlurPyramid(width: width, height: frame.view.height, levels: deepest) { x, y in
      let column = frame.view.width - context + x
      return Float(frame.samples[frame.view.index(column, y) &* frame.bands &+ band])
    }
    let limit = Float(Sample.max)
    let step = Sample.stepsPerLevel
    for y in 0..<frame.view.height {
      if y % 64 == 0 { try workers.check() }
      pyramid.prepare(row: y)
      for x in 0..<margin {
        let blend = blends[x]
        let sample = frame.samples + (frame.view.index(frame.view.width &+ x, y) &* frame.bands &+ band)
        let original = Float(sample.pointee)
        let near = blend.level == 0 ? original : pyramid.value(context + x, level: blend.level)
        let far = pyramid.value(context + x, level: blend.level + 1)
        let lost = blend.level == 0 ? blend.share : 1
        // The same noise in all bands is grain; the uniform part hides the steps of 8 bits in a smooth blur.
        let noise = Noise.bell(seed, x, y) * grain * lost * step + dither(x, y, band)
        let value = near + (far - near) * blend.share + noise
        sample.pointee = Sample(truncatingIfNeeded: Int32(min(limit, max(0, value + 0.5))))
      }
    }
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
  private let levels: Int
  private let widths: [Int]
  private let heights: [Int]
  private let cells: Grid<Float>
  private let starts: [Int]
  /// One line per level, already mixed from three lines above each other.
  private let lines: Grid<Float>
  private let lineStarts: [Int]

  init(width: Int, height: Int, levels: Int, _ pixel: (Int, Int) -> Float) {
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
    lines = Grid(width: lineStarts[lineStarts.count - 1], height: 1, filledWith: 0)
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
      let rows = (-1...2).map { min(max(0, 2 * y + $0), height - 1) }
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
    for level in 1...levels {
      let (first, weights) = Self.taps(row, level)
      let last = heights[level] - 1
      let lines3 = (0..<3).map { cells.cells + (starts[level] + min(max(0, first + $0), last) * widths[level]) }
      let out = lines.cells + lineStarts[level]
      for x in 0..<widths[level] {
        out[x] = lines3[0][x] * weights.x + lines3[1][x] * weights.y + lines3[2][x] * weights.z
      }
    }
  }

  /// The prepared row's value at a column of the full size.
  @inline(__always) func value(_ x: Int, level: Int) -> Float {
    let (first, weights) = Self.taps(x, level)
    let line = lines.cells + lineStarts[level]
    let last = widths[level] &- 1
    let a = line[min(max(0, first), last)]
    let b = line[min(max(0, first &+ 1), last)]
    return a * weights.x + b * weights.y + line[min(max(0, first &+ 2), last)] * weights.z
  }

  /// The first of three cells around a place and their weights (the quadratic B-spline).
  @inline(__always) private static func taps(_ place: Int, _ level: Int) -> (Int, SIMD3<Float>) {
    let at = (Float(place) + 0.5) / Float(1 << level) - 0.5
    let middle = (at + 0.5).rounded(.down)
    let t = at - middle
    return (
      Int(middle) - 1,
      SIMD3(0.5 * (0.5 - t) * (0.5 - t), 0.75 - t * t, 0.5 * (0.5 + t) * (0.5 + t))
    )
  }
}
