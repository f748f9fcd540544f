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
///
/// Held at fixed addresses, because it is read some hundred million times for one picture.
/// - Note: Written only while it is made, so that threads may share it, which the compiler cannot see.
final class CascadeTable: @unchecked Sendable {
  private struct Node {
    let left, right: Int32
    let threshold: Float
    let weights: SIMD4<Float>
    /// x, y, width and height of up to three rectangles; unused ones have weight zero.
    let first, second, third: SIMD4<Int32>
  }

  private struct Tree {
    let node, leaf: Int32
  }

  private struct Stage {
    let endOfTrees: Int
    let threshold: Float
  }

  private let window: (width: Int, height: Int)
  private let nodes: UnsafeMutablePointer<Node>
  private let leaves: UnsafeMutablePointer<Float>
  private let trees: UnsafeMutablePointer<Tree>
  private let stages: UnsafeMutablePointer<Stage>
  private let stageCount: Int

  init(_ cascade: HaarCascade) {
    window = cascade.window
    var nodes: [Node] = []
    var leaves: [Float] = []
    var trees: [Tree] = []
    var stages: [Stage] = []
    for stage in cascade.stages {
      for tree in stage.trees {
        trees.append(Tree(node: Int32(nodes.count), leaf: Int32(leaves.count)))
        leaves += tree.leaves
        nodes += tree.nodes.map { Self.node($0, cascade.features[$0.feature].rects) }
      }
      // Sums are compared a little below the trained value, as the tables expect.
      stages.append(Stage(endOfTrees: trees.count, threshold: stage.threshold - 1e-5))
    }
    self.nodes = Self.kept(nodes)
    self.leaves = Self.kept(leaves)
    self.trees = Self.kept(trees)
    self.stages = Self.kept(stages)
    stageCount = stages.count
  }

  deinit {
    nodes.deallocate()
    leaves.deallocate()
    trees.deallocate()
    stages.deallocate()
  }

  private static func kept<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    for (index, element) in elements.enumerated() { (memory + index).initialize(to: element) }
    return memory
  }

  private static func node(
    _ node: HaarCascade.Node, _ rects: [(x: Int, y: Int, width: Int, height: Int, weight: Float)]
  ) -> Node {
    func corner(_ i: Int) -> SIMD4<Int32> {
      let r = rects[min(i, rects.count - 1)]
      return SIMD4(Int32(r.x), Int32(r.y), Int32(r.width), Int32(r.height))
    }
    func weight(_ i: Int) -> Float { i < rects.count ? rects[i].weight : 0 }
    return Node(
      left: Int32(node.left), right: Int32(node.right), threshold: node.threshold,
      weights: SIMD4(weight(0), weight(1), weight(2), 0), first: corner(0), second: corner(1), third: corner(2))
  }

  /// Whether the window at a place passes all stages.
  func accepts(_ picture: borrowing IntegralPicture, _ x: Int, _ y: Int) -> Bool {
    let (width, height) = (window.width - 2, window.height - 2)
    let area = Double(width * height)
    let sum = Double(picture.sum(x + 1, y + 1, width, height))
    let square = Double(picture.squareSum(x + 1, y + 1, width, height))
    let spread = area * square - sum * sum
    let norm = Float(1 / (spread > 0 ? spread.squareRoot() : 1))
    let rowLength = picture.sums.width
    let corner = picture.sums.cells + (y &* rowLength &+ x)
    var tree = 0
    for number in 0..<stageCount {
      let stage = stages[number]
      var total: Float = 0
      while tree < stage.endOfTrees {
        total += answer(of: trees[tree], corner, rowLength, norm)
        tree &+= 1
      }
      if total < stage.threshold { return false }
    }
    return true
  }

  @inline(__always) private func answer(
    of tree: Tree, _ corner: UnsafeMutablePointer<Int32>, _ rowLength: Int, _ norm: Float
  ) -> Float {
    var next: Int32 = 0
    repeat {
      let node = nodes + Int(tree.node &+ next)
      var value =
        node.pointee.weights.x * Self.sum(node.pointee.first, corner, rowLength)
        + node.pointee.weights.y * Self.sum(node.pointee.second, corner, rowLength)
      if node.pointee.weights.z != 0 {
        value += node.pointee.weights.z * Self.sum(node.pointee.third, corner, rowLength)
      }
      next = value * norm < node.pointee.threshold ? node.pointee.left : node.pointee.right
    } while next > 0
    return leaves[Int(tree.leaf &- next)]
  }

  @inline(__always) private static func sum(
    _ rect: SIMD4<Int32>, _ corner: UnsafeMutablePointer<Int32>, _ rowLength: Int
  ) -> Float {
    let top = corner + (Int(rect.y) &* rowLength &+ Int(rect.x))
    let bottom = top + Int(rect.w) &* rowLength
    return Float(bottom[Int(rect.z)] &- bottom[0] &- top[Int(rect.z)] &+ top[0])
  }
}
