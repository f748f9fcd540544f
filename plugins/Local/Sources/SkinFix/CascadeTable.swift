// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// A grey picture of bytes.
struct GreyPicture {
  let width: Int
  let height: Int
  let cells: [UInt8]

  /// Luma (ITU-R BT.601) spread over all levels by its histogram.
  init(equalising picture: Raster<UInt8>) {
    width = picture.width
    height = picture.height
    var luma = [UInt8](repeating: 0, count: width * height)
    var counts = [Int](repeating: 0, count: 256)
    for i in luma.indices {
      let red = 4899 * Int(picture.samples[i * 3])
      let green = 9617 * Int(picture.samples[i * 3 + 1])
      let value = (red + green + 1868 * Int(picture.samples[i * 3 + 2]) + 8192) >> 14
      luma[i] = UInt8(value)
      counts[value] += 1
    }
    let first = counts.firstIndex { $0 > 0 } ?? 0
    let spread = max(1, luma.count - counts[first])
    var table = [UInt8](repeating: 0, count: 256)
    var sum = 0
    for level in (first + 1)..<max(first + 1, 256) {
      sum += counts[level]
      table[level] = UInt8(min(255, (sum * 255 + spread / 2) / spread))
    }
    cells = luma.map { table[Int($0)] }
  }

  private init(width: Int, height: Int, cells: [UInt8]) {
    self.width = width
    self.height = height
    self.cells = cells
  }

  /// The picture at another size, straight between pixel centres.
  func resized(_ newWidth: Int, _ newHeight: Int) -> GreyPicture {
    var result = [UInt8](repeating: 0, count: newWidth * newHeight)
    func taps(_ from: Int, _ to: Int) -> [(Int, Int, Int)] {
      (0..<to).map { i in
        let place = (Double(i) + 0.5) * Double(from) / Double(to) - 0.5
        let first = min(max(0, Int(place.rounded(.down))), from - 1)
        let share = min(max(0, place - Double(first)), 1)
        return (first, min(first + 1, from - 1), Int((share * 256).rounded()))
      }
    }
    let columns = taps(width, newWidth)
    cells.withUnsafeBufferPointer { cells in
      result.withUnsafeMutableBufferPointer { result in
        for (y, row) in taps(height, newHeight).enumerated() {
          let (upper, lower) = (row.0 &* width, row.1 &* width)
          for x in 0..<newWidth {
            let (left, right, share) = columns[x]
            let above = Int(cells[upper &+ left]) &* (256 &- share) &+ Int(cells[upper &+ right]) &* share
            let below = Int(cells[lower &+ left]) &* (256 &- share) &+ Int(cells[lower &+ right]) &* share
            result[y &* newWidth &+ x] = UInt8(
              truncatingIfNeeded: (above &* (256 &- row.2) &+ below &* row.2 &+ 32768) >> 16)
          }
        }
      }
    }
    return GreyPicture(width: newWidth, height: newHeight, cells: result)
  }
}

/// Sums and sums of squares of everything above and left of each corner.
struct IntegralPicture: ~Copyable {
  let width: Int
  let height: Int
  let sums: Grid<Int32>
  let squares: Grid<Int64>

  init(_ grey: GreyPicture) {
    width = grey.width
    height = grey.height
    sums = Grid(width: width + 1, height: height + 1, filledWith: 0)
    squares = Grid(width: width + 1, height: height + 1, filledWith: 0)
    grey.cells.withUnsafeBufferPointer { cells in
      for y in 0..<height {
        var sum: Int32 = 0
        var square: Int64 = 0
        for x in 0..<width {
          let value = Int32(cells[y &* width &+ x])
          sum &+= value
          square &+= Int64(value &* value)
          sums[x &+ 1, y &+ 1] = sums[x &+ 1, y] &+ sum
          squares[x &+ 1, y &+ 1] = squares[x &+ 1, y] &+ square
        }
      }
    }
  }

  @inline(__always) func sum(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> Int32 {
    let top = sums.cells + (y &* sums.width &+ x)
    let bottom = top + height &* sums.width
    return bottom[width] &- bottom[0] &- top[width] &+ top[0]
  }

  func squareSum(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> Int64 {
    squares[x + width, y + height] - squares[x, y + height] - squares[x + width, y] + squares[x, y]
  }
}

/// A cascade laid out for evaluation; every index in it has been checked by `HaarCascade`.
struct CascadeTable: Sendable {
  private struct Node: Sendable {
    let left, right: Int32
    let threshold: Float
    let weights: SIMD4<Float>
    /// x, y, width and height of up to three rectangles; unused ones have weight zero.
    let first, second, third: SIMD4<Int32>
  }

  private let window: (width: Int, height: Int)
  private let nodes: [Node]
  private let leaves: [Float]
  /// Per tree: its first node and first leaf.
  private let trees: [SIMD2<Int32>]
  /// Per stage: the end of its trees and its threshold.
  private let stages: [(end: Int, threshold: Float)]

  init(_ cascade: HaarCascade) {
    window = cascade.window
    var nodes: [Node] = []
    var leaves: [Float] = []
    var trees: [SIMD2<Int32>] = []
    var stages: [(end: Int, threshold: Float)] = []
    for stage in cascade.stages {
      for tree in stage.trees {
        trees.append(SIMD2(Int32(nodes.count), Int32(leaves.count)))
        leaves += tree.leaves
        for node in tree.nodes {
          let rects = cascade.features[node.feature].rects
          func corner(_ i: Int) -> SIMD4<Int32> {
            let r = rects[min(i, rects.count - 1)]
            return SIMD4(Int32(r.x), Int32(r.y), Int32(r.width), Int32(r.height))
          }
          func weight(_ i: Int) -> Float { i < rects.count ? rects[i].weight : 0 }
          nodes.append(
            Node(
              left: Int32(node.left), right: Int32(node.right), threshold: node.threshold,
              weights: SIMD4(weight(0), weight(1), weight(2), 0), first: corner(0), second: corner(1),
              third: corner(2)))
        }
      }
      // Sums are compared a little below the trained value, as the tables expect.
      stages.append((trees.count, stage.threshold - 1e-5))
    }
    self.nodes = nodes
    self.leaves = leaves
    self.trees = trees
    self.stages = stages
  }

  /// Whether the window at a place passes all stages.
  func accepts(_ picture: borrowing IntegralPicture, _ x: Int, _ y: Int) -> Bool {
    let (width, height) = (window.width - 2, window.height - 2)
    let area = Double(width * height)
    let sum = Double(picture.sum(x + 1, y + 1, width, height))
    let square = Double(picture.squareSum(x + 1, y + 1, width, height))
    let spread = area * square - sum * sum
    let norm = Float(1 / (spread > 0 ? spread.squareRoot() : 1))
    var tree = 0
    for stage in stages {
      var total: Float = 0
      while tree < stage.end {
        total += answer(of: tree, picture, x, y, norm)
        tree += 1
      }
      if total < stage.threshold { return false }
    }
    return true
  }

  private func answer(of tree: Int, _ picture: borrowing IntegralPicture, _ x: Int, _ y: Int, _ norm: Float) -> Float {
    let start = trees[tree]
    var next: Int32 = 0
    repeat {
      let node = nodes[Int(start.x + next)]
      var value = node.weights.x * sum(node.first, picture, x, y) + node.weights.y * sum(node.second, picture, x, y)
      if node.weights.z != 0 { value += node.weights.z * sum(node.third, picture, x, y) }
      next = value * norm < node.threshold ? node.left : node.right
    } while next > 0
    return leaves[Int(start.y - next)]
  }

  @inline(__always) private func sum(
    _ rect: SIMD4<Int32>, _ picture: borrowing IntegralPicture, _ x: Int, _ y: Int
  ) -> Float {
    Float(picture.sum(x &+ Int(rect.x), y &+ Int(rect.y), Int(rect.z), Int(rect.w)))
  }
}
