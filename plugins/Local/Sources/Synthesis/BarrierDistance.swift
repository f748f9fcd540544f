// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// How far the colours of a picture lie apart on the smoothest way to each pixel from chosen borders.
///
/// The length of a way is the sum over L, a and b of largest minus smallest value on it; ways grow from the borders by
/// shortest length first. What cannot be reached without crossing an edge is far: an object, not background.
struct BarrierDistance {
  /// Lengths are counted in quarters of a Lab unit.
  private static let scale: Float = 4

  let size: PixelSize
  private let colours: [SIMD3<Int16>]

  /// - Parameter picture: Small, at most a few hundred pixels a side, three bands.
  init(_ picture: Raster<UInt8>) {
    size = picture.size
    let lab = Lab.shared
    let raw = (0..<picture.size.area).map {
      lab(picture.samples[$0 * 3], picture.samples[$0 * 3 + 1], picture.samples[$0 * 3 + 2]) * Self.scale
    }
    colours = Self.smoothed(raw, picture.size).map { SIMD3<Int16>($0, rounding: .toNearestOrAwayFromZero) }
  }

  /// The distance of every pixel from the borders named, in Lab units.
  func distances(from borders: Set<Side>) -> [Float] {
    var ways = Ways(colours)
    let (width, height) = (size.width, size.height)
    for x in 0..<width {
      if borders.contains(.top) { ways.start(at: x) }
      if borders.contains(.bottom) { ways.start(at: (height - 1) * width + x) }
    }
    for y in 0..<height {
      if borders.contains(.left) { ways.start(at: y * width) }
      if borders.contains(.right) { ways.start(at: y * width + width - 1) }
    }
    while let index = ways.next() {
      let x = index % width
      if x > 0 { ways.offer(index - 1, from: index) }
      if x + 1 < width { ways.offer(index + 1, from: index) }
      if index >= width { ways.offer(index - width, from: index) }
      if index + width < size.area { ways.offer(index + width, from: index) }
    }
    return ways.length.map { $0 == .max ? 0 : Float($0) / Self.scale }
  }

  /// A 3×3 binomial blur, borders repeated.
  private static func smoothed(_ values: [SIMD3<Float>], _ size: PixelSize) -> [SIMD3<Float>] {
    let (width, height) = (size.width, size.height)
    var lines = values
    for y in 0..<height {
      let row = y * width
      for x in 0..<width {
        let left = values[row + max(0, x - 1)]
        let right = values[row + min(width - 1, x + 1)]
        lines[row + x] = (left + right) * 0.25 + values[row + x] * 0.5
      }
    }
    var result = lines
    for y in 0..<height {
      let above = max(0, y - 1) * width
      let below = min(height - 1, y + 1) * width
      for x in 0..<width {
        result[y * width + x] = (lines[above + x] + lines[below + x]) * 0.25 + lines[y * width + x] * 0.5
      }
    }
    return result
  }
}

/// Growing ways, shortest first, kept in one list per length.
private struct Ways {
  private let colours: [SIMD3<Int16>]
  private(set) var length: [Int32]
  private var low: [SIMD3<Int16>]
  private var high: [SIMD3<Int16>]
  private var isDone: [Bool]
  private var queues: [[Int32]]
  private var shortest = 0

  init(_ colours: [SIMD3<Int16>]) {
    self.colours = colours
    length = [Int32](repeating: .max, count: colours.count)
    low = colours
    high = colours
    isDone = [Bool](repeating: false, count: colours.count)
    queues = [[Int32]](repeating: [], count: 2048)
  }

  mutating func start(at index: Int) {
    guard length[index] != 0 else { return }
    length[index] = 0
    queues[0].append(Int32(index))
  }

  mutating func next() -> Int? {
    while shortest < queues.count {
      while let index = queues[shortest].popLast() {
        if isDone[Int(index)] { continue }
        isDone[Int(index)] = true
        return Int(index)
      }
      shortest += 1
    }
    return nil
  }

  mutating func offer(_ index: Int, from other: Int) {
    guard !isDone[index] else { return }
    let colour = colours[index]
    let newLow = pointwiseMin(low[other], colour)
    let newHigh = pointwiseMax(high[other], colour)
    let span = newHigh &- newLow
    let total = Int32(span.x) + Int32(span.y) + Int32(span.z)
    guard total < length[index] else { return }
    length[index] = total
    low[index] = newLow
    high[index] = newHigh
    queues[min(queues.count - 1, max(shortest, Int(total)))].append(Int32(index))
  }
}
