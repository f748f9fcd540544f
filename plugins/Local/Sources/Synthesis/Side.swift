// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// A side of the source beyond which the frame goes on.
package enum Side: String, Sendable, Hashable, Codable, CaseIterable {
  case left, right, top, bottom

  /// Whether the picture grows upwards or downwards.
  package var isVertical: Bool { self == .top || self == .bottom }

  package var opposite: Side {
    switch self {
    case .left: .right
    case .right: .left
    case .top: .bottom
    case .bottom: .top
    }
  }

  /// How many pixels of the frame lie beyond this side of a placed source.
  package func margin(of placement: PixelRect, in frame: PixelSize) -> Int {
    switch self {
    case .left: placement.x
    case .right: frame.width - placement.x - placement.width
    case .top: placement.y
    case .bottom: frame.height - placement.y - placement.height
    }
  }
}

/// A picture seen as if it were extended to the right, whichever side it is: `x` runs outwards, `y` along the border.
///
/// The pixel (x, y) lies at index `origin + x × outward + y × along`, counted in pixels. `width` is the source's extent
/// towards the side; `x` beyond it is the margin.
struct SideView: Sendable {
  let origin: Int
  let outward: Int
  let along: Int
  let width: Int
  let height: Int

  init(_ side: Side, of placement: PixelRect, rowLength: Int) {
    let first = placement.y * rowLength + placement.x
    switch side {
    case .right: (origin, outward, along) = (first, 1, rowLength)
    case .left: (origin, outward, along) = (first + placement.width - 1, -1, rowLength)
    case .bottom: (origin, outward, along) = (first, rowLength, 1)
    case .top: (origin, outward, along) = (first + (placement.height - 1) * rowLength, -rowLength, 1)
    }
    width = side.isVertical ? placement.height : placement.width
    height = side.isVertical ? placement.width : placement.height
  }

  @inline(__always) func index(_ x: Int, _ y: Int) -> Int { origin &+ x &* outward &+ y &* along }

  /// Calls the body for blocks of columns × rows that fit the processor's cache whichever way memory runs.
  func forEachBlock(
    columns: Range<Int>, _ body: (_ columns: Range<Int>, _ rows: Range<Int>) throws(ImgtoolError) -> Void
  ) throws(ImgtoolError) {
    let step = 64
    for top in stride(from: 0, to: height, by: step) {
      for left in stride(from: columns.lowerBound, to: columns.upperBound, by: step) {
        try body(left..<min(left + step, columns.upperBound), top..<min(top + step, height))
      }
    }
  }
}
