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

  /// A part of the plane, which must lie inside.
  func cropped(_ rows: Range<Int>, _ columns: Range<Int>) -> Plane {
    let part = Plane(width: columns.count, height: rows.count, filledWith: 0)
    for (y, row) in rows.enumerated() {
      (part.cells + y * part.width).update(from: cells + row * width + columns.lowerBound, count: part.width)
    }
    return part
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
    let rows = ResizeTap.taps(from: height, to: newHeight)
    let columns = ResizeTap.taps(from: width, to: newWidth)
    let result = Plane(width: newWidth, height: newHeight, filledWith: 0)
    let line = Plane(width: width, height: 1, filledWith: 0)
    for y in 0..<newHeight {
      line.fill(with: 0)
      let row = rows[y]
      for k in 0..<row.count {
        let weight = row.weight(k)
        let from = cells + (row.first + k) * width
        for x in 0..<width { line.cells[x] += weight * from[x] }
      }
      let out = result.cells + y * newWidth
      columns.withUnsafeBufferPointer { columns in
        for x in 0..<newWidth {
          let column = columns[x]
          var sum = column.before * line.cells[column.first]
          for k in 1..<max(1, column.count) { sum += column.weight(k) * line.cells[column.first &+ k] }
          out[x] = sum
        }
      }
    }
    return result
  }
}

extension Grid where Element == Float {
  /// The rows and the columns between which all values above zero lie; empty where there are none.
  var extent: (rows: Range<Int>, columns: Range<Int>) {
    var (top, bottom, left, right) = (height, 0, width, 0)
    for y in 0..<height {
      let row = cells + y * width
      guard let first = (0..<width).first(where: { row[$0] > 0 }) else { continue }
      let last = (0..<width).last { row[$0] > 0 } ?? first
      (top, bottom, left, right) = (min(top, y), y + 1, min(left, first), max(right, last + 1))
    }
    return (min(top, bottom)..<bottom, min(left, right)..<right)
  }
}

/// A plane that threads read at once.
///
/// - Note: Nobody writes it once it is here, which the compiler cannot see.
final class SharedPlane: @unchecked Sendable {
  let plane: Plane

  init(_ plane: consuming Plane) { self.plane = plane }
}

/// The old cells behind one new cell along an axis: the first and last weigh their own share, those between alike.
private struct ResizeTap {
  let first: Int
  let count: Int
  let before: Float
  let between: Float
  let after: Float

  @inline(__always) func weight(_ k: Int) -> Float { k == 0 ? before : k == count - 1 ? after : between }

  static func taps(from old: Int, to new: Int) -> [ResizeTap] {
    let scale = Float(old) / Float(new)
    return (0..<new).map { i in
      if scale <= 1 {
        let place = min(max(0, (Float(i) + 0.5) * scale - 0.5), Float(old - 1))
        let first = min(Int(place), max(0, old - 2))
        let share = place - Float(first)
        return ResizeTap(first: first, count: min(2, old), before: 1 - share, between: 0, after: share)
      }
      let (begin, end) = (Float(i) * scale, min(Float(i + 1) * scale, Float(old)))
      let first = Int(begin)
      let last = min(old - 1, max(first, Int((end - 1e-4).rounded(.down))))
      if first == last { return ResizeTap(first: first, count: 1, before: 1, between: 0, after: 0) }
      return ResizeTap(
        first: first, count: last - first + 1, before: (Float(first + 1) - begin) / scale, between: 1 / scale,
        after: (end - Float(last)) / scale)
    }
  }
}

/// A straight rise from 0 at `low` to 1 at `high`.
@inline(__always) func ramp(_ value: Float, _ low: Float, _ high: Float) -> Float {
  min(1, max(0, (value - low) / (high - low)))
}
