// SPDX-License-Identifier: Apache-2.0

/// Which anchors speak for a pixel along one axis, and how loudly.
struct AnchorAxis {
  /// How far from its centre an anchor is heard, in pixels.
  static let reach = 6

  /// Per pixel: the nearest anchor.
  let nearest: [Int]
  /// Per pixel: the first anchor heard and how many follow it.
  let first: [Int]
  let count: [Int]
  /// Per pixel and anchor heard, eight entries a pixel: hat-shaped weights that need not add up to one.
  let weights: [Float]

  init(centres: [Int], pixels: Int) {
    var nearest = [Int](repeating: 0, count: pixels)
    var first = nearest
    var count = nearest
    var weights = [Float](repeating: 0, count: pixels * 8)
    var start = 0
    for pixel in 0..<pixels {
      func away(_ anchor: Int) -> Int { abs(2 * pixel + 1 - 2 * centres[anchor]) }
      while start + 1 < centres.count, away(start) >= 2 * Self.reach, centres[start] <= pixel { start += 1 }
      var best = start
      var heard = 0
      for anchor in start..<min(start + 8, centres.count) where away(anchor) < 2 * Self.reach {
        // Only a run without gaps is kept: centres rise, so those heard are neighbours.
        if heard == 0 { first[pixel] = anchor }
        weights[pixel * 8 + heard] = 1 - Float(away(anchor)) / Float(2 * Self.reach)
        heard += 1
        if away(anchor) < away(best) { best = anchor }
      }
      if heard == 0 {
        first[pixel] = best
        weights[pixel * 8] = 1
        heard = 1
      }
      count[pixel] = heard
      nearest[pixel] = best
    }
    self.nearest = nearest
    self.first = first
    self.count = count
    self.weights = weights
  }

  /// The pixels nearest to each anchor, in order; empty for an anchor hidden by the next.
  func cells(_ anchors: Int) -> [Range<Int>] {
    var cells = [Range<Int>](repeating: 0..<0, count: anchors)
    var start = 0
    while start < nearest.count {
      var end = start
      while end < nearest.count, nearest[end] == nearest[start] { end += 1 }
      cells[nearest[start]] = start..<end
      start = end
    }
    return cells
  }
}
