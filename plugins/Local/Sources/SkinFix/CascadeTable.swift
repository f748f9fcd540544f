// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore

/// A grey picture of bytes.
struct GreyPicture {
  let width: Int
  let height: Int
  let cells: [UInt8]

  /// Luma (ITU-R BT.601).
  init(luma picture: Raster<UInt8>) {
    width = picture.width
    height = picture.height
    cells = picture.samples.withUnsafeBufferPointer { samples in
      (0..<picture.size.area).map { (i) -> UInt8 in
        let red = 4899 * Int(samples[i * 3])
        let green = 9617 * Int(samples[i * 3 + 1])
        let blue = 1868 * Int(samples[i * 3 + 2])
        return UInt8((red + green + blue + 8192) >> 14)
      }
    }
  }

  /// Luma spread over all levels by its histogram.
  init(equalising picture: Raster<UInt8>) {
    let luma = GreyPicture(luma: picture)
    var counts = [Int](repeating: 0, count: 256)
    for value in luma.cells { counts[Int(value)] += 1 }
    let first = counts.firstIndex { $0 > 0 } ?? 0
    let spread = max(1, luma.cells.count - counts[first])
    var table = [UInt8](repeating: 0, count: 256)
    var sum = 0
    for level in (first + 1)..<max(first + 1, 256) {
      sum += counts[level]
      table[level] = UInt8(min(255, (sum * 255 + spread / 2) / spread))
    }
    self.init(width: luma.width, height: luma.height, cells: luma.cells.map { table[Int($0)] })
  }

  private init(width: Int, height: Int, cells: [UInt8]) {
    self.width = width
    self.height = height
    self.cells = cells
  }

  /// The picture with a rim that repeats its border.
  func padded(_ rim: Int) -> GreyPicture {
    var result = [UInt8](repeating: 0, count: (width + 2 * rim) * (height + 2 * rim))
    for y in 0..<(height + 2 * rim) {
      let row = min(max(0, y - rim), height - 1) * width
      for x in 0..<(width + 2 * rim) {
        result[y * (width + 2 * rim) + x] = cells[row + min(max(0, x - rim), width - 1)]
      }
    }
    return GreyPicture(width: width + 2 * rim, height: height + 2 * rim, cells: result)
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

/// Sums and sums of squares of everything above and left of each corner, for windows that lie `step` pixels apart.
///
/// Where the step is 2, a row holds its even corners and then its odd ones, so that the same corner of windows side by
/// side lies side by side.
struct IntegralPicture: ~Copyable {
  let width: Int
  let height: Int
  /// From window to window across, in pixels: 1 or 2.
  let step: Int
  let sums: Grid<Int32>
  /// These wrap around; their differences over one window do not.
  let squares: Grid<UInt32>

  init(_ grey: GreyPicture, step: Int) {
    precondition(step == 1 || step == 2)
    width = grey.width
    height = grey.height
    self.step = step
    sums = Grid(width: width + 1, height: height + 1, filledWith: 0)
    squares = Grid(width: width + 1, height: height + 1, filledWith: 0)
    let places = (0...width).map { Self.place($0, width + 1, step) }
    grey.cells.withUnsafeBufferPointer { cells in
      for y in 0..<height {
        let (above, below) = (sums.cells + y &* sums.width, sums.cells + (y &+ 1) &* sums.width)
        let (aboveSquare, belowSquare) = (squares.cells + y &* sums.width, squares.cells + (y &+ 1) &* sums.width)
        var sum: Int32 = 0
        var square: UInt32 = 0
        for x in 0..<width {
          let value = cells[y &* width &+ x]
          sum &+= Int32(value)
          square &+= UInt32(value) &* UInt32(value)
          let place = places[x &+ 1]
          below[place] = above[place] &+ sum
          belowSquare[place] = aboveSquare[place] &+ square
        }
      }
    }
  }

  /// Where in its row the corner at a column lies.
  private static func place(_ x: Int, _ count: Int, _ step: Int) -> Int {
    step == 1 ? x : x / 2 + (x % 2 == 0 ? 0 : (count + 1) / 2)
  }

  /// How far the four corners of a rectangle in a window lie from the window's first.
  func corners(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> (Int32, Int32, Int32, Int32) {
    func offset(_ x: Int, _ y: Int) -> Int32 { Int32(y * sums.width + Self.place(x, sums.width, step)) }
    return (offset(x, y), offset(x + width, y), offset(x, y + height), offset(x + width, y + height))
  }
}

/// A cascade laid out for evaluation; every index in it has been checked by `HaarCascade`.
///
/// - Note: Written only while it is made, so that threads may share it, which the compiler cannot see.
final class CascadeTable: @unchecked Sendable {
  private let window: (width: Int, height: Int)
  /// Nodes in the order of their trees, their rectangles not yet laid out for a picture.
  private let nodes: [(node: HaarCascade.Node, rects: [HaarCascade.Rect])]
  private let leaves: [Float]
  private let trees: [ck_tree]
  private let stages: [ck_stage]
  private let path: ck_path

  init(_ cascade: HaarCascade, path: ck_path = ck_best_path()) {
    window = cascade.window
    self.path = path
    var nodes: [(node: HaarCascade.Node, rects: [HaarCascade.Rect])] = []
    var leaves: [Float] = []
    var trees: [ck_tree] = []
    var stages: [ck_stage] = []
    for stage in cascade.stages {
      for tree in stage.trees {
        trees.append(
          ck_tree(
            first_node: Int32(nodes.count), nodes: Int32(tree.nodes.count), first_leaf: Int32(leaves.count),
            leaves: Int32(tree.leaves.count)))
        leaves += tree.leaves
        nodes += tree.nodes.map { ($0, cascade.features[$0.feature].rects) }
      }
      // Sums are compared a little below the trained value, as the tables expect.
      stages.append(ck_stage(end_of_trees: Int32(trees.count), threshold: stage.threshold - 1e-5))
    }
    self.nodes = nodes
    self.leaves = leaves
    self.trees = trees
    self.stages = stages
  }

  /// The places, in pixels, of the windows that pass all stages, row by row; `step` pixels lie between windows.
  func accepted(in picture: borrowing IntegralPicture) -> [(x: Int, y: Int)] {
    let step = picture.step
    guard picture.width >= window.width, picture.height >= window.height else { return [] }
    let columns = (picture.width - window.width) / step + 1
    var found: [(x: Int, y: Int)] = []
    var answers = [UInt8](repeating: 0, count: columns)
    let laidOut = nodes.map { Self.laidOut($0.node, $0.rects, in: picture) }
    laidOut.withUnsafeBufferPointer { nodes in
      trees.withUnsafeBufferPointer { trees in
        leaves.withUnsafeBufferPointer { leaves in
          stages.withUnsafeBufferPointer { stages in
            let inner = (width: window.width - 2, height: window.height - 2)
            var cascade = ck_cascade(
              nodes: nodes.baseAddress, trees: trees.baseAddress, leaves: leaves.baseAddress,
              stages: stages.baseAddress, stage_count: Int32(stages.count),
              inner: picture.corners(1, 1, inner.width, inner.height), inner_area: Double(inner.width * inner.height))
            for y in stride(from: 0, through: picture.height - window.height, by: step) {
              let row = y * picture.sums.width
              ck_accept(&cascade, picture.sums.cells + row, picture.squares.cells + row, Int32(columns), &answers, path)
              for column in 0..<columns where answers[column] != 0 { found.append((column * step, y)) }
            }
          }
        }
      }
    }
    return found
  }

  private static func laidOut(
    _ node: HaarCascade.Node, _ rects: [HaarCascade.Rect], in picture: borrowing IntegralPicture
  ) -> ck_node {
    func corners(_ i: Int) -> (Int32, Int32, Int32, Int32) {
      let rect = rects[min(i, rects.count - 1)]
      return picture.corners(rect.x, rect.y, rect.width, rect.height)
    }
    func weight(_ i: Int) -> Float { i < rects.count ? rects[i].weight : 0 }
    return ck_node(
      threshold: node.threshold, left: Int32(node.left), right: Int32(node.right),
      weights: (weight(0), weight(1), weight(2)), corners: (corners(0), corners(1), corners(2)))
  }
}
