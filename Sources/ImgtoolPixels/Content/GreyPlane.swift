// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// One number a pixel, rows from the top, for comparing pictures.
struct GreyPlane: Sendable {
  let width: Int
  let height: Int
  var values: [Float]

  init(width: Int, height: Int, values: [Float]) {
    self.width = width
    self.height = height
    self.values = values
  }

  /// The luma of a small picture.
  init(_ picture: SmallPicture) {
    self.init(width: picture.size.width, height: picture.size.height, values: picture.luma.map(Float.init))
  }

  /// Left becomes right.
  var flipped: GreyPlane {
    var result = self
    for y in 0..<height { result.values[y * width..<(y + 1) * width].reverse() }
    return result
  }

  /// Each side times its scale, where pixel i of the result shows the place (i + ½) ÷ scale of this plane.
  ///
  /// Triangles as wide as a pixel of the smaller of both are the weights; sides are rounded up and at most `limit`.
  func scaled(_ across: Double, _ down: Double, limit: Int) -> GreyPlane {
    let (columns, rows) = (Taps(width, across, limit), Taps(height, down, limit))
    var high = [Float](repeating: 0, count: width * rows.count)
    var result = [Float](repeating: 0, count: columns.count * rows.count)
    values.withUnsafeBufferPointer { source in
      high.withUnsafeMutableBufferPointer { target in
        for y in 0..<rows.count {
          for index in 0..<rows.reach {
            let weight = rows.weights[y * rows.reach + index]
            let (from, to) = ((rows.first[y] + index) * width, y * width)
            for x in 0..<width { target[to &+ x] += weight * source[from &+ x] }
          }
        }
      }
    }
    high.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        Self.inFours(rows.count) { one, two, three, four in
          for x in 0..<columns.count {
            let (first, reach) = (columns.first[x], columns.reach)
            var (a, b, c, d): (Float, Float, Float, Float) = (0, 0, 0, 0)
            for index in 0..<reach {
              let (weight, place) = (columns.weights[x &* reach &+ index], first &+ index)
              a += weight * source[one &* width &+ place]
              b += weight * source[two &* width &+ place]
              c += weight * source[three &* width &+ place]
              d += weight * source[four &* width &+ place]
            }
            target[one &* columns.count &+ x] = a
            target[two &* columns.count &+ x] = b
            target[three &* columns.count &+ x] = c
            target[four &* columns.count &+ x] = d
          }
        }
      }
    }
    return GreyPlane(width: columns.count, height: rows.count, values: result)
  }

  /// Four lines at once: each waits for its own sums only, which a single line would have to wait for.
  ///
  /// - Parameter body: the last lines are given again where their number is no multiple of four.
  @inline(__always)
  private static func inFours(_ count: Int, _ body: (Int, Int, Int, Int) -> Void) {
    for line in stride(from: 0, to: count, by: 4) {
      body(line, min(line + 1, count - 1), min(line + 2, count - 1), min(line + 3, count - 1))
    }
  }

  /// The mean of the square of side 2 × `radius` + 1 around each pixel, twice over: almost a Gaussian.
  func blurred(_ radius: Int) -> GreyPlane { blurredOnce(radius).blurredOnce(radius) }

  /// The pixels of one line that make each pixel of a scaled one.
  private struct Taps {
    let count: Int
    /// How many make one, weights of 0 among them.
    let reach: Int
    private(set) var first: [Int] = []
    /// `reach` weights a pixel, which add up to 1.
    private(set) var weights: [Float] = []

    init(_ side: Int, _ scale: Double, _ limit: Int) {
      count = min(limit, max(1, Int((Double(side) * scale).rounded(.up))))
      let half = max(1, 1 / scale)
      reach = min(side, Int(2 * half) + 1)
      for place in 0..<count {
        let centre = (Double(place) + 0.5) / scale - 0.5
        let start = min(side - reach, max(0, Int((centre - half).rounded(.up))))
        // The middle of the last pixel may lie beyond the line.
        let middle = min(centre, Double(side - 1))
        let line = (start..<start + reach).map { Float(max(0, 1 - abs(Double($0) - middle) / half)) }
        let total = line.reduce(0, +)
        first.append(start)
        weights += line.map { $0 / total }
      }
    }
  }

  /// The mean of the square of side 2 × `radius` + 1 around each pixel, borders repeated.
  func blurredOnce(_ radius: Int) -> GreyPlane {
    var wide = [Float](repeating: 0, count: values.count)
    var result = wide
    let share = 1 / Float(2 * radius + 1)
    values.withUnsafeBufferPointer { source in
      wide.withUnsafeMutableBufferPointer { target in
        Self.inFours(height) { one, two, three, four in
          let (one, two, three, four) = (one &* width, two &* width, three &* width, four &* width)
          var (a, b, c, d): (Float, Float, Float, Float) = (0, 0, 0, 0)
          for x in -radius...radius {
            let place = min(max(x, 0), width - 1)
            a += source[one &+ place]
            b += source[two &+ place]
            c += source[three &+ place]
            d += source[four &+ place]
          }
          for x in 0..<width {
            target[one &+ x] = a * share
            target[two &+ x] = b * share
            target[three &+ x] = c * share
            target[four &+ x] = d * share
            let (enters, leaves) = (min(x &+ radius &+ 1, width &- 1), max(x &- radius, 0))
            a += source[one &+ enters] - source[one &+ leaves]
            b += source[two &+ enters] - source[two &+ leaves]
            c += source[three &+ enters] - source[three &+ leaves]
            d += source[four &+ enters] - source[four &+ leaves]
          }
        }
      }
    }
    wide.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        var sums = [Float](repeating: 0, count: width)
        for y in -radius...radius {
          let row = min(max(y, 0), height - 1) * width
          for x in 0..<width { sums[x] += source[row + x] }
        }
        for y in 0..<height {
          let entering = min(y + radius + 1, height - 1) * width
          let leaving = max(y - radius, 0) * width
          for x in 0..<width {
            target[y * width + x] = sums[x] * share
            sums[x] += source[entering + x] - source[leaving + x]
          }
        }
      }
    }
    return GreyPlane(width: width, height: height, values: result)
  }
}
