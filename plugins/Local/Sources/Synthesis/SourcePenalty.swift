// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// What a source patch costs before a texel is compared: how far inside it lies, what it shows, how often it is used.
///
/// All costs are in squared levels summed over a patch's 256 bytes; `unit` is one squared level per byte.
struct SourcePenalty: ~Copyable {
  static let unit = 256.0
  /// More than any difference of two patches that could be chosen.
  static let forbidden: Int32 = 1 << 27

  /// One entry per source patch, or per cell of 1 << `shift` pixels.
  let standing: Grid<Int32>
  /// `standing` and what wear adds to it; what the kernels read.
  let current: Grid<Int32>
  /// By distance along the border.
  let drift: Grid<Int32>
  /// By how far off the line through its target a patch lies, in quarters of a pixel; what `drift` is elsewhere.
  let stray: Grid<Int32>
  /// How many rows along the border a patch may lie from its target.
  let reach: Int
  /// By how many columns a patch lies inwards of its target: short periods are seen as combs.
  let near: Grid<Int32>
  let shift: Int
  /// The share of entries that may be used at all, above zero.
  let allowedShare: Double

  init(
    _ level: SidePlan.Level, side: Side, subjects: SubjectMap?, weights: SearchWeights, shift: Int, reach: Int,
    seed: UInt64
  ) {
    let columns = ((level.width - 8) >> shift) + 1
    let rows = ((level.height - 8) >> shift) + 1
    self.shift = shift
    self.reach = min(reach, level.height)
    standing = Grid(width: columns, height: rows, filledWith: 0)
    current = Grid(width: columns, height: rows, filledWith: 0)
    drift = Grid(width: level.height, height: 1, filledWith: 0)
    near = Grid(width: max(1, level.width / 4), height: 1, filledWith: 0)
    for dx in 0..<near.width {
      let closeness = 1 - Double(dx) / Double(near.width)
      near[dx] = Int32(weights.near * closeness * closeness * Self.unit)
    }
    // Half a pixel is lost by rounding; an edge three pixels off is another edge.
    stray = Grid(width: 16, height: 1, filledWith: 0)
    for quarters in 0..<stray.width {
      let off = max(0, Double(quarters) / 4 - 0.5)
      stray[quarters] = Int32(min(100 * off * off, 900) * Self.unit)
    }
    let extent = 7 + (1 << shift)
    // The rim of a patch weighs little in a vote, and on a coarse level a whole patch spans a sixth of the picture.
    let rim = shift == 0 ? 2 : 0
    for x in 0..<columns {
      let left = x << shift
      let inside = Double(level.width - left) / Double(level.width)
      let depth =
        side.isVertical ? 900 * (inside / 0.45) * (inside / 0.45) * Self.unit : 20 * inside * Self.unit
      for y in 0..<rows {
        var cost = depth
        if seed != 0 { cost += Double(Noise.hash(seed, x, y) & 255) * 0.25 * Self.unit }
        if let subjects {
          let top = y << shift
          func strongest(_ rim: Int) -> (salience: UInt8, forbidden: Bool) {
            subjects.strongest(
              x: (Double(left + rim) / Double(level.width), Double(left + extent - rim) / Double(level.width)),
              y: (Double(top + rim) / Double(level.height), Double(top + extent - rim) / Double(level.height)),
              seenFrom: side)
          }
          let isForbidden = strongest(rim).forbidden
          let salience = Double(strongest(0).salience) / 255
          cost += isForbidden ? Double(Self.forbidden) : weights.salience * salience * salience * Self.unit
        }
        standing[x, y] = Int32(min(cost, Double(Self.forbidden)))
      }
    }
    current.cells.update(from: standing.cells, count: standing.count)
    var allowed = 0
    for i in 0..<standing.count where standing[i] < Self.forbidden { allowed += 1 }
    allowedShare = Double(max(1, allowed)) / Double(standing.count)
    let tenth = 0.1 * Double(level.height)
    let slope = weights.drift * Self.unit / (tenth * tenth) * (side.isVertical ? 0.02 : 1)
    for dy in 0..<level.height {
      let cost = dy > reach ? Double(Self.forbidden) : slope * Double(dy) * Double(dy)
      drift[dy] = Int32(min(cost, Double(Self.forbidden)))
    }
  }

  /// Makes patches dearer that the map uses more often than its share, counted over 9×9 neighbours.
  ///
  /// A line that goes on is one piece of source over and over, and does not count.
  func addWear(of map: borrowing PatchMap, _ courses: borrowing Courses) {
    let columns = standing.width
    let rows = standing.height
    let uses = Grid<Int32>(width: columns, height: rows, filledWith: 0)
    for row in 0..<map.rows {
      for column in 0..<map.columns where !courses.cross(map.firstX + column, row) {
        uses[Int(map.x[column, row]), Int(map.y[column, row])] += 1
      }
    }
    let free = max(0.3, 2 * Double(map.x.count) / (allowedShare * Double(uses.count)))
    let sums = Grid<Int32>(width: columns, height: 1, filledWith: 0)
    for y in 0..<(rows + 4) {
      if y < rows { for x in 0..<columns { sums[x] &+= uses[x, y] } }
      let centre = y - 4
      guard centre >= 0 else { continue }
      var sum: Int32 = 0
      for x in 0..<min(4, columns) { sum &+= sums[x] }
      for x in 0..<columns {
        if x + 4 < columns { sum &+= sums[x + 4] }
        if x - 5 >= 0 { sum &-= sums[x - 5] }
        let wear = max(0, 15 * (Double(sum) / 81 / free - 1) * Self.unit)
        current[x, centre] = min(standing[x, centre] &+ Int32(min(wear, 1e7)), Self.forbidden &+ 10_000_000)
      }
      if centre - 4 >= 0 { for x in 0..<columns { sums[x] &-= uses[x, centre - 4] } }
    }
  }
}
