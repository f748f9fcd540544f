// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Where every part of one margin comes from, at full size: enough to repeat it on any depth or number of bands.
///
/// An anchor stands for the 8×8 patch around it; anchors are four pixels apart. Positions are canonical (`SideView`).
package struct SideMapping: Sendable, Equatable {
  package let side: Side
  /// The source's extent towards the side and along it, and how far the margin goes, in pixels.
  package let width: Int
  package let height: Int
  package let margin: Int
  /// The patch's top-left in the source minus that in the margin, anchor by anchor, row of anchors by row.
  let dx: [Int32]
  let dy: [Int32]
  let strips: Int
  let rows: Int
  /// Median cost of a patch at the working size relative to the source's variance near the side; nothing when flat.
  let energy: Double?
  /// The share of anchors that continue a neighbour's choice, 0…1.
  package let coherence: Double

  init(_ side: Side, _ anchors: borrowing AnchorGrid, energy: Double?) {
    self.side = side
    width = anchors.level.width
    height = anchors.level.height
    margin = anchors.level.margin
    strips = anchors.strips
    rows = anchors.rows
    self.energy = energy
    coherence = anchors.coherence()
    var dx = [Int32](repeating: 0, count: strips * rows)
    var dy = dx
    let start = anchors.level.width - anchors.level.context
    for row in 0..<anchors.rows {
      for strip in 0..<anchors.strips {
        dx[row * anchors.strips + strip] = anchors.x[row, strip] - Int32(start + anchors.column(strip))
        dy[row * anchors.strips + strip] = anchors.y[row, strip] - Int32(anchors.line(row))
      }
    }
    self.dx = dx
    self.dy = dy
  }

  /// The margin columns, counted from the border, at which each strip's patch centres lie.
  var centresOutward: [Int] {
    (0..<strips).map { min(min(16, width) - 4 + $0 * 4, min(16, width) + margin - 8) + 4 - min(16, width) }
  }

  /// The rows at which each row of anchors has its patch centres.
  var centresAlong: [Int] { (0..<rows).map { min($0 * 4, height - 8) + 4 } }
}
