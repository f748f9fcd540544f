// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// A source in canonical form for the search: four bytes a pixel, red, green, blue and how rough it is around.
struct TexelPlane: ~Copyable {
  let width: Int
  let height: Int
  let texels: Grid<UInt8>

  /// Bytes from row to row.
  var stride: Int { width * 4 }

  /// Reads the three bands of a source through a view of it.
  init(_ source: Raster<UInt8>, seenFrom side: Side) {
    precondition(source.bands == 3)
    let view = SideView(side, of: PixelRect(x: 0, y: 0, size: source.size), rowLength: source.width)
    width = view.width
    height = view.height
    texels = Grid(width: view.width * 4, height: view.height, filledWith: 0)
    let cells = texels.cells
    let length = view.width * 4
    source.samples.withUnsafeBufferPointer { samples in
      guard let base = samples.baseAddress else { return }
      for top in Swift.stride(from: 0, to: view.height, by: 64) {
        for left in Swift.stride(from: 0, to: view.width, by: 64) {
          for y in top..<min(top + 64, view.height) {
            for x in left..<min(left + 64, view.width) {
              let pixel = base + view.index(x, y) &* 3
              let texel = cells + (y &* length &+ x &* 4)
              texel[0] = pixel[0]
              texel[1] = pixel[1]
              texel[2] = pixel[2]
            }
          }
        }
      }
    }
    addTexture()
  }

  /// The median over 8×8 blocks of the variance of red, green and blue, in squared levels.
  func medianVariance(columns: Range<Int>) -> Double {
    var variances: [Double] = []
    for top in Swift.stride(from: 0, through: height - 8, by: 8) {
      for left in Swift.stride(from: columns.lowerBound, through: columns.upperBound - 8, by: 8) {
        var sum = SIMD4<Int>(repeating: 0)
        var squares = 0
        for y in top..<(top + 8) {
          for x in left..<(left + 8) {
            let texel = texels.cells + (y * stride + x * 4)
            let colour = SIMD4(Int(texel[0]), Int(texel[1]), Int(texel[2]), 0)
            sum = sum &+ colour
            squares += (colour &* colour).wrappedSum()
          }
        }
        variances.append(Double(squares * 64 - (sum &* sum).wrappedSum()) / Double(64 * 64 * 3))
      }
    }
    variances.sort()
    return variances.isEmpty ? 0 : variances[variances.count / 2]
  }

  /// Fills the fourth byte: 1.5 × the mean of |Δx| + |Δy| of luma over 5×5 pixels, at most 255.
  private func addTexture() {
    let luma = Grid<Int32>(width: width, height: 2, filledWith: 0)
    let rough = Grid<Int32>(width: width, height: 5, filledWith: 0)
    let sums = Grid<Int32>(width: width, height: 1, filledWith: 0)
    for y in 0..<(height + 2) {
      if y < height {
        roughen(row: y, luma: luma, into: rough.cells + (y % 5) * width)
        for x in 0..<width { sums[x] &+= rough[x, y % 5] }
      }
      let centre = y - 2
      guard centre >= 0 else { continue }
      let rows = min(centre + 2, height - 1) - max(centre - 2, 0) + 1
      spread(sums, rows: rows, into: centre)
      if centre - 2 >= 0 {
        for x in 0..<width {
          sums[x] &-= rough[x, (centre - 2) % 5]
        }
      }
    }
  }

  /// |Δx| + |Δy| of one row in 1/256 levels; differences look back, and are zero at the first row and column.
  private func roughen(row y: Int, luma: borrowing Grid<Int32>, into out: UnsafeMutablePointer<Int32>) {
    let current = luma.cells + (y & 1) * width
    let previous = y > 0 ? luma.cells + ((y - 1) & 1) * width : current
    let row = texels.cells + y * stride
    for x in 0..<width {
      let texel = row + x &* 4
      current[x] = 77 &* Int32(texel[0]) &+ 150 &* Int32(texel[1]) &+ 29 &* Int32(texel[2])
    }
    out[0] = abs(current[0] &- previous[0])
    for x in 1..<max(width, 1) where width > 1 {
      out[x] = abs(current[x] &- current[x &- 1]) &+ abs(current[x] &- previous[x])
    }
  }

  /// Slides over the column sums of up to five rows and writes the mean of one row.
  private func spread(_ sums: borrowing Grid<Int32>, rows: Int, into y: Int) {
    var sum: Int32 = 0
    for x in 0..<min(2, width) { sum &+= sums[x] }
    let row = texels.cells + y * stride
    for x in 0..<width {
      if x + 2 < width { sum &+= sums[x + 2] }
      if x - 3 >= 0 { sum &-= sums[x - 3] }
      let columns = min(x + 2, width - 1) - max(x - 2, 0) + 1
      let mean = Int(sum) * 3 / (512 * rows * columns)
      row[x &* 4 &+ 3] = UInt8(truncatingIfNeeded: min(255, mean))
    }
  }
}
