// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Grid where Element == Float {
  /// A Gaussian blur, borders repeated; beyond a deviation of 2.5 it is made on a smaller copy.
  func blurred(_ sigma: Float) -> Plane {
    guard sigma > 0.2 else { return copied() }
    if sigma > 2.5 {
      let factor = sigma / 2.5
      let (smallWidth, smallHeight) = (
        max(1, Int((Float(width) / factor).rounded())), max(1, Int((Float(height) / factor).rounded()))
      )
      return resized(smallWidth, smallHeight).filtered(Self.kernel(2.5)).resized(width, height)
    }
    return filtered(Self.kernel(sigma))
  }

  /// The mean over squares of side 2·radius + 1, cut at the borders.
  func boxMean(_ radius: Int) -> Plane {
    let lines = Plane(like: self)
    for y in 0..<height {
      let row = cells + y * width
      var sum: Float = 0
      for x in 0..<min(radius, width) { sum += row[x] }
      for x in 0..<width {
        if x + radius < width { sum += row[x + radius] }
        if x - radius - 1 >= 0 { sum -= row[x - radius - 1] }
        lines[x, y] = sum / Float(min(x + radius, width - 1) - max(x - radius, 0) + 1)
      }
    }
    let result = Plane(like: self)
    let sums = Plane(width: width, height: 1, filledWith: 0)
    for y in 0..<min(radius, height) { for x in 0..<width { sums[x] += lines[x, y] } }
    for y in 0..<height {
      if y + radius < height { for x in 0..<width { sums[x] += lines[x, y + radius] } }
      if y - radius - 1 >= 0 { for x in 0..<width { sums[x] -= lines[x, y - radius - 1] } }
      let share = 1 / Float(min(y + radius, height - 1) - max(y - radius, 0) + 1)
      for x in 0..<width { result[x, y] = sums[x] * share }
    }
    return result
  }

  /// The largest value (or, of negated planes, the smallest) over squares of side 2·radius + 1.
  func largest(_ radius: Int) -> Plane {
    guard radius > 0 else { return copied() }
    let result = Plane(like: self)
    // The maximum over n cells is that over the first 2^k and the last 2^k of them.
    let line = Plane(width: width + 2 * radius, height: 1, filledWith: -.infinity)
    for y in 0..<height {
      line.fill(with: -.infinity)
      (line.cells + radius).update(from: cells + y * width, count: width)
      Self.spread(2 * radius + 1) { Self.raise(line.cells, line.cells + $0, line.width - $0) }
      (result.cells + y * width).update(from: line.cells, count: width)
    }
    let columns = Plane(width: width, height: height + 2 * radius, filledWith: -.infinity)
    (columns.cells + radius * width).update(from: result.cells, count: count)
    Self.spread(2 * radius + 1) { Self.raise(columns.cells, columns.cells + $0 * width, columns.count - $0 * width) }
    result.cells.update(from: columns.cells, count: count)
    return result
  }

  /// Calls for the steps by which maxima over one cell become maxima over `count`.
  private static func spread(_ count: Int, _ step: (Int) -> Void) {
    var done = 1
    while 2 * done <= count {
      step(done)
      done *= 2
    }
    if done < count { step(count - done) }
  }

  /// Raises values to those that lie further on.
  private static func raise(_ values: UnsafeMutablePointer<Float>, _ later: UnsafeMutablePointer<Float>, _ count: Int) {
    for i in 0..<count { values[i] = later[i] > values[i] ? later[i] : values[i] }
  }

  /// A blur of values where a mask is, by the mask's share: what lies outside does not leak in.
  func blurred(_ sigma: Float, within mask: borrowing Plane) -> Plane {
    blurred(sigma, within: mask, share: mask.blurred(sigma))
  }

  /// The same, where the mask has been blurred already.
  func blurred(_ sigma: Float, within mask: borrowing Plane, share: borrowing Plane) -> Plane {
    let weighted = mapped(with: mask) { $0 * $1 }.blurred(sigma)
    return weighted.mapped(with: share) { $1 > 1e-4 ? $0 / $1 : 0 }
  }

  private static func kernel(_ sigma: Float) -> [Float] {
    let radius = max(1, Int((3 * sigma).rounded(.up)))
    let raw = (-radius...radius).map { exp(-Float($0 * $0) / (2 * sigma * sigma)) }
    let sum = raw.reduce(0, +)
    return raw.map { $0 / sum }
  }

  /// Filters along rows and then columns.
  private func filtered(_ kernel: [Float]) -> Plane {
    let radius = kernel.count / 2
    let lines = Plane(like: self)
    let padded = Plane(width: width + 2 * radius, height: 1, filledWith: 0)
    for y in 0..<height {
      let row = cells + y * width
      for x in 0..<padded.width { padded[x] = row[min(max(0, x - radius), width - 1)] }
      let out = lines.cells + y * width
      for (k, weight) in kernel.enumerated() {
        let from = padded.cells + k
        for x in 0..<width { out[x] += weight * from[x] }
      }
    }
    let result = Plane(like: self)
    for y in 0..<height {
      let out = result.cells + y * width
      for (k, weight) in kernel.enumerated() {
        let from = lines.cells + min(max(0, y + k - radius), height - 1) * width
        for x in 0..<width { out[x] += weight * from[x] }
      }
    }
    return result
  }
}
