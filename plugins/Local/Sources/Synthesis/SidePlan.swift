// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The sizes at which one side is worked on, coarsest first, in canonical form.
struct SidePlan: Sendable, Equatable {
  /// One size: the source `width` × `height`, extended by `margin` columns.
  struct Level: Sendable, Equatable {
    /// Of this level's pixels to those of the full size, 0…1.
    let scale: Double
    let width: Int
    let height: Int
    let margin: Int
    /// Columns of the source that the target repeats left of the margin.
    var context: Int { min(16, width) }

    /// The source's size at this level in its own orientation.
    func sourceSize(_ side: Side) -> PixelSize {
      side.isVertical ? PixelSize(clamping: height, width) : PixelSize(clamping: width, height)
    }
  }

  let side: Side
  /// Levels at which every patch is searched.
  let search: [Level]
  /// Levels up to full size, at which only the sweep runs; the last one is full size.
  let fine: [Level]
  /// How far the exhaustive search of the first level may look along the border, in its pixels.
  let reach: Int

  var full: Level { fine[fine.count - 1] }

  /// The smallest extent of a source that patches can be cut from.
  static let smallestSource = 24
  /// How many times the source's extent a margin may measure to be completed at once.
  static let farthest = 2

  /// A plan, or nothing where texture cannot be continued: the source is tiny or the margin too wide for it.
  init?(side: Side, source: PixelSize, margin: Int, frame: PixelSize, workingArea: Double) {
    let width = side.isVertical ? source.height : source.width
    let height = side.isVertical ? source.width : source.height
    guard margin > 0, min(width, height) >= Self.smallestSource,
      margin <= Self.farthest * width
    else { return nil }
    func level(_ scale: Double) -> Level {
      func scaled(_ value: Int, least: Int) -> Int { max(least, Int((Double(value) * scale).rounded())) }
      return Level(
        scale: scale, width: scaled(width, least: 8), height: scaled(height, least: 8),
        margin: scaled(margin, least: 1))
    }
    let work = min(1, (workingArea / Double(frame.area)).squareRoot())
    var search = [level(work)]
    while let coarsest = search.first, search.count < 24 {
      let next = level(coarsest.scale * 0.7)
      if min(next.width, next.height) < 36 { break }
      search.insert(next, at: 0)
    }
    let steps = max(1, Int((-log2(work) - 1e-9).rounded(.up)))
    self.side = side
    self.search = search
    fine = (1...steps).map { step in
      step == steps ? level(1) : level(work * pow(1 / work, Double(step) / Double(steps)))
    }
    reach = Self.reach(search[0])
  }

  /// Keeps targets × sources × iterations of the exhaustive search within a budget, by looking less far along the border.
  private static func reach(_ level: Level) -> Int {
    let budget = 4e6
    let targets = Double(level.margin * max(1, level.height - 7))
    let columns = Double(max(1, level.width - 7))
    let rows = budget / (targets * columns)
    return rows >= Double(2 * level.height) ? level.height : max(2, Int(rows / 2))
  }
}
