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
  /// How often the first level votes and is searched anew.
  let rounds: Int

  var full: Level { fine[fine.count - 1] }

  /// The smallest extent of a source that patches can be cut from.
  static let smallestSource = 24
  /// How many times the source's extent a margin may measure to be completed at once.
  static let farthest = 2

  /// A plan, or nothing where texture cannot be continued: the source is tiny or the margin too wide for it.
  ///
  /// - Parameter effort: the share of the usual search, above 0 to 1.
  init?(
    side: Side, source: PixelSize, margin: Int, frame: PixelSize, workingArea: Double, rounds: Int = 12,
    effort: Double = 1
  ) {
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
    let work = min(1, (workingArea * effort / Double(frame.area)).squareRoot())
    var search = [level(work)]
    while let coarsest = search.first, search.count < 24 {
      let next = level(coarsest.scale * 0.7)
      // A long strip is still large when it is 36 pixels high: it goes on until enough of it can be looked through.
      let isStrip = Self.reach(coarsest, effort) * 16 < coarsest.height
      if min(next.width, next.height) < (isStrip ? Self.smallestSource : 36) { break }
      search.insert(next, at: 0)
    }
    let steps = max(1, Int((-log2(work) - 1e-9).rounded(.up)))
    self.side = side
    self.search = search
    fine = (1...steps).map { step in
      step == steps ? level(1) : level(work * pow(1 / work, Double(step) / Double(steps)))
    }
    reach = Self.reach(search[0], effort)
    self.rounds = min(rounds, max(4, Int((Double(rounds) * effort.squareRoot()).rounded())))
  }

  /// Keeps targets × sources of a round of the exhaustive search within a budget, by looking less far along the border.
  private static func reach(_ level: Level, _ effort: Double) -> Int {
    let budget = 4e6 * effort
    let targets = Double(level.margin * max(1, level.height - 7))
    let columns = Double(max(1, level.width - 7))
    let rows = budget / (targets * columns)
    return rows >= Double(2 * level.height) ? level.height : max(2, Int(rows / 2))
  }
}

// What a plan costs, told before anything is done: in comparisons of two patches, of which one takes some 20 ns.
extension SidePlan {
  /// How often a level of the search, other than the first, votes and settles.
  func iterations(_ number: Int) -> Int {
    let share = Double(number) / Double(max(1, search.count - 1))
    return max(2, Int((3 + 9 * (1 - share)).rounded()))
  }

  /// The work of one level of the search.
  func work(ofSearch number: Int) -> Double {
    let level = search[number]
    let targets = Double(level.margin * max(1, level.height - 7))
    if number == 0 {
      let sources = max(1, level.width - 7) * min(max(1, level.height - 7), 2 * reach + 1)
      // Once greedily for a patch in about eight, once from the border, then round by round.
      return targets * Double(sources) * (Double(rounds) + 1.125)
    }
    // A pass of coherence offers up to eleven sources, a vote reads as much as three, and anchors are one in sixteen.
    let iterations = iterations(number)
    return targets * Double(11 * (4 + 2 * (iterations - 1)) + 4 * iterations) + work(ofSweep: level)
  }

  /// The work of one level up to full size.
  func work(ofFine number: Int) -> Double { work(ofSweep: fine[number]) }

  /// Forty sources for one anchor in every sixteen pixels.
  private func work(ofSweep level: Level) -> Double { Double(level.margin * level.height) * 2.5 }

  /// The work of searching; painting is three comparisons for each pixel of the margin.
  var searchWork: Double {
    search.indices.reduce(0) { $0 + work(ofSearch: $1) } + fine.indices.reduce(0) { $0 + work(ofFine: $1) }
  }
  var work: Double { searchWork + 3 * Double(full.margin * full.height) }
}
