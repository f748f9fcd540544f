// SPDX-License-Identifier: Apache-2.0
import CKernels

/// The source patch chosen for every target patch that touches the margin, row by row.
struct PatchMap: ~Copyable {
  let level: SidePlan.Level
  let x: Grid<Int32>
  let y: Grid<Int32>
  let cost: Grid<UInt32>

  var columns: Int { x.width }
  var rows: Int { x.height }
  /// The target column of the first patch: one margin column, the rest known.
  var firstX: Int { level.context - 7 }

  init(_ level: SidePlan.Level) {
    self.level = level
    let rows = max(1, level.height - 7)
    x = Grid(width: level.margin, height: rows, filledWith: 0)
    y = Grid(width: level.margin, height: rows, filledWith: 0)
    cost = Grid(width: level.margin, height: rows, filledWith: 0)
  }

  var kernel: ck_map {
    ck_map(
      x: x.cells, y: y.cells, cost: cost.cells, columns: Int32(columns), rows: Int32(rows), first_x: Int32(firstX))
  }

  /// Starts every patch at the source's border, beside where it lies.
  func startAtBorder() {
    for row in 0..<rows {
      for column in 0..<columns {
        x[column, row] = Int32(level.width - 8)
        y[column, row] = Int32(row)
      }
    }
  }

  /// Takes each patch's choice from the nearest anchor of a sweep, moved on by their distance.
  func fill(from anchors: borrowing AnchorGrid) {
    for row in 0..<rows {
      for column in 0..<columns {
        let place = anchors.continued(toX: firstX + column, y: row)
        x[column, row] = place.x
        y[column, row] = place.y
      }
    }
  }

  /// The cost below which a share of all patches lies, to about one part in 16.
  func cost(below share: Double) -> UInt32 {
    var counts = [Int](repeating: 0, count: 33 * 16)
    func bucket(_ value: UInt32) -> Int {
      let bits = 32 - value.leadingZeroBitCount
      return bits <= 4 ? Int(value) : (bits - 4) * 16 + Int((value >> UInt32(bits - 5)) & 15)
    }
    for i in 0..<cost.count { counts[bucket(cost[i])] += 1 }
    let wanted = Int(share * Double(cost.count))
    var seen = 0
    for (index, count) in counts.enumerated() {
      seen += count
      if seen > wanted {
        if index < 16 { return UInt32(index) }
        let bits = UInt32(index / 16 + 4)
        return (16 + UInt32(index % 16)) << (bits - 5)
      }
    }
    return .max
  }
}

/// What a sweep leaves: the source patch of one anchor in every 4×4 pixels, strip by strip from the border outwards.
struct AnchorGrid: ~Copyable {
  let level: SidePlan.Level
  let x: Grid<Int32>
  let y: Grid<Int32>

  var strips: Int { x.height }
  var rows: Int { x.width }

  init(_ level: SidePlan.Level) {
    self.level = level
    let rows = (max(0, level.height - 8) + 3) / 4 + 1
    let strips = (level.margin + 3) / 4
    x = Grid(width: rows, height: strips, filledWith: 0)
    y = Grid(width: rows, height: strips, filledWith: 0)
  }

  /// The target column at which a strip's patches begin.
  func column(_ strip: Int) -> Int { min(level.context - 4 + strip * 4, level.context + level.margin - 8) }

  /// The target row at which a row of patches begins.
  func line(_ row: Int) -> Int { min(row * 4, level.height - 8) }

  /// The source patch for the target patch at a place, if its nearest anchor's choice goes on there.
  func continued(toX tx: Int, y ty: Int) -> (x: Int32, y: Int32) {
    let strip = min(strips - 1, max(0, (tx - (level.context - 4) + 2) / 4))
    let row = min(rows - 1, max(0, (ty + 2) / 4))
    let qx = Int(x[row, strip]) + tx - column(strip)
    let qy = Int(y[row, strip]) + ty - line(row)
    return (Int32(min(max(0, qx), level.width - 8)), Int32(min(max(0, qy), level.height - 8)))
  }

  /// The share of anchors that go on where a neighbour's choice ends.
  func coherence() -> Double {
    var coherent = 0
    for strip in 0..<strips {
      for row in 0..<rows {
        let isContinued =
          (strip > 0 && offset(strip, row) == offset(strip - 1, row))
          || (row > 0 && offset(strip, row) == offset(strip, row - 1))
        if isContinued { coherent += 1 }
      }
    }
    return Double(coherent) / Double(max(1, strips * rows))
  }

  private func offset(_ strip: Int, _ row: Int) -> SIMD2<Int> {
    SIMD2(Int(x[row, strip]) - column(strip), Int(y[row, strip]) - line(row))
  }
}
