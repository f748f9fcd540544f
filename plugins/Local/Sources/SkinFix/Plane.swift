// SPDX-License-Identifier: Apache-2.0

/// One channel of a picture as floats.
typealias Plane = Grid<Float>

extension Grid where Element == Float {
  init(like other: borrowing Plane) { self.init(width: other.width, height: other.height, filledWith: 0) }

  func copied() -> Plane {
    let copy = Plane(like: self)
    copy.cells.update(from: cells, count: count)
    return copy
  }

  /// A new plane from each value of this one.
  func mapped(_ change: (Float) -> Float) -> Plane {
    let result = Plane(like: self)
    for i in 0..<count { result[i] = change(cells[i]) }
    return result
  }

  /// A new plane from each value of this one and another's.
  func mapped(with other: borrowing Plane, _ change: (Float, Float) -> Float) -> Plane {
    let result = Plane(like: self)
    for i in 0..<count { result[i] = change(cells[i], other[i]) }
    return result
  }

  /// The value at a place between pixel centres, straight between them, borders repeated.
  @inline(__always) func sampled(_ x: Float, _ y: Float) -> Float {
    let px = min(max(0, x - 0.5), Float(width &- 1))
    let py = min(max(0, y - 0.5), Float(height &- 1))
    let (left, top) = (Int(px), Int(py))
    let (right, bottom) = (min(left &+ 1, width &- 1), min(top &+ 1, height &- 1))
    let (sx, sy) = (px - Float(left), py - Float(top))
    let upper = self[left, top] + (self[right, top] - self[left, top]) * sx
    let lower = self[left, bottom] + (self[right, bottom] - self[left, bottom]) * sx
    return upper + (lower - upper) * sy
  }

  /// The plane at another size: areas averaged when it shrinks, straight between centres when it grows.
  func resized(_ newWidth: Int, _ newHeight: Int) -> Plane {
    if newWidth == width, newHeight == height { return copied() }
    let result = Plane(width: newWidth, height: newHeight, filledWith: 0)
    let (scaleX, scaleY) = (Float(width) / Float(newWidth), Float(height) / Float(newHeight))
    let taps = max(1, Int(max(scaleX, scaleY).rounded(.up)))
    let share = 1 / Float(taps)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        var sum: Float = 0
        for j in 0..<taps {
          for i in 0..<taps {
            sum += sampled(
              (Float(x) + (Float(i) + 0.5) * share) * scaleX, (Float(y) + (Float(j) + 0.5) * share) * scaleY)
          }
        }
        result[x, y] = sum * share * share
      }
    }
    return result
  }
}

/// A straight rise from 0 at `low` to 1 at `high`.
@inline(__always) func ramp(_ value: Float, _ low: Float, _ high: Float) -> Float {
  min(1, max(0, (value - low) / (high - low)))
}
