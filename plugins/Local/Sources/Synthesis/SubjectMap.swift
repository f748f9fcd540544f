// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Where the source holds something that must not turn up again: how much it stands out, and what is forbidden.
///
/// The map covers the whole source at its own, usually much smaller, size.
package struct SubjectMap: Sendable, Equatable {
  /// Its own size in cells, not the source's.
  package let size: PixelSize
  /// How much each cell stands out, 0…255, row by row.
  package var salience: [UInt8]
  /// Whether a cell must never be copied (a face, hands), row by row.
  package var forbidden: [Bool]

  /// A map on which nothing stands out.
  package init(size: PixelSize) {
    self.size = size
    salience = [UInt8](repeating: 0, count: size.area)
    forbidden = [Bool](repeating: false, count: size.area)
  }

  /// Forbids a rectangle given in shares of the source's width and height.
  package mutating func forbid(left: Double, top: Double, right: Double, bottom: Double) {
    let columns = Self.cells(left, right, size.width)
    let rows = Self.cells(top, bottom, size.height)
    for y in rows { for x in columns { forbidden[y * size.width + x] = true } }
  }

  /// The cells an interval of 0…1 touches, clamped to the map; empty where it lies outside.
  static func cells(_ from: Double, _ to: Double, _ count: Int) -> Range<Int> {
    guard from < 1, to > 0, from < to else { return 0..<0 }
    let first = max(0, Int((from * Double(count)).rounded(.down)))
    let last = min(count, max(first + 1, Int((to * Double(count)).rounded(.up))))
    return first..<last
  }

  /// The strongest salience, 0…255, and whether anything is forbidden, in a part of the map as seen from a side.
  ///
  /// `x` and `y` are shares of the canonical width and height of `SideView`.
  func strongest(x: (Double, Double), y: (Double, Double), seenFrom side: Side) -> (salience: UInt8, forbidden: Bool) {
    let outward = side == .left || side == .top ? (1 - x.1, 1 - x.0) : x
    let columns = Self.cells(side.isVertical ? y.0 : outward.0, side.isVertical ? y.1 : outward.1, size.width)
    let rows = Self.cells(side.isVertical ? outward.0 : y.0, side.isVertical ? outward.1 : y.1, size.height)
    var salience: UInt8 = 0
    var isForbidden = false
    for row in rows {
      for index in (row * size.width + columns.lowerBound)..<(row * size.width + columns.upperBound) {
        salience = max(salience, self.salience[index])
        isForbidden = isForbidden || forbidden[index]
      }
    }
    return (salience, isForbidden)
  }
}
