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
    let columns = Self.taps(width, across, limit)
    let rows = Self.taps(height, down, limit)
    var wide = [Float](repeating: 0, count: columns.count * height)
    var result = [Float](repeating: 0, count: columns.count * rows.count)
    let newWidth = columns.count
    values.withUnsafeBufferPointer { source in
      for y in 0..<height {
        for (x, tap) in columns.enumerated() {
          var sum: Float = 0
          for index in tap.weights.indices { sum += tap.weights[index] * source[y * width + tap.first + index] }
          wide[y * newWidth + x] = sum
        }
      }
    }
    wide.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        for (y, tap) in rows.enumerated() {
          for index in tap.weights.indices {
            let weight = tap.weights[index]
            let start = (tap.first + index) * newWidth
            for x in 0..<newWidth { target[y * newWidth + x] += weight * source[start + x] }
          }
        }
      }
    }
    return GreyPlane(width: newWidth, height: rows.count, values: result)
  }

  /// The mean of the square of side 2 × `radius` + 1 around each pixel, twice over: almost a Gaussian.
  func blurred(_ radius: Int) -> GreyPlane { blurredOnce(radius).blurredOnce(radius) }

  /// The pixels of one line that make one pixel.
  private struct Tap {
    let first: Int
    let weights: [Float]
  }

  private static func taps(_ side: Int, _ scale: Double, _ limit: Int) -> [Tap] {
    let count = min(limit, max(1, Int((Double(side) * scale).rounded(.up))))
    let reach = max(1, 1 / scale)
    return (0..<count).map { place in
      let centre = (Double(place) + 0.5) / scale - 0.5
      let first = min(side - 1, max(0, Int((centre - reach).rounded(.up))))
      let last = max(first, min(side - 1, Int((centre + reach).rounded(.down))))
      let weights = (first...last).map { Float(max(1e-4, 1 - abs(Double($0) - centre) / reach)) }
      let total = weights.reduce(0, +)
      return Tap(first: first, weights: weights.map { $0 / total })
    }
  }

  /// The mean of the square of side 2 × `radius` + 1 around each pixel, borders repeated.
  func blurredOnce(_ radius: Int) -> GreyPlane {
    var wide = [Float](repeating: 0, count: values.count)
    var result = wide
    let share = 1 / Float(2 * radius + 1)
    values.withUnsafeBufferPointer { source in
      for y in 0..<height {
        let row = y * width
        var sum: Float = 0
        for x in -radius...radius { sum += source[row + min(max(x, 0), width - 1)] }
        for x in 0..<width {
          wide[row + x] = sum * share
          sum += source[row + min(x + radius + 1, width - 1)] - source[row + max(x - radius, 0)]
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
