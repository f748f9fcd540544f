// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore

/// The source at every size the search needs, in its own orientation; made once for both sides.
struct SourcePyramid: Sendable {
  private let sizes: [PixelSize: Raster<UInt8>]

  init(_ source: Raster<UInt8>, for plans: [SidePlan]) {
    var sizes = [source.size: source]
    for plan in plans {
      for level in plan.search.reversed() + plan.fine {
        let size = level.sourceSize(plan.side)
        if sizes[size] != nil { continue }
        // Coarse levels come from the working size, which is small; the others from the source itself.
        let work = plan.search.last?.sourceSize(plan.side)
        let from = work.flatMap { size.width <= $0.width ? sizes[$0] : nil } ?? source
        sizes[size] = from.reduced(to: size)
      }
    }
    self.sizes = sizes
  }

  /// The source at a size of one of the plans.
  subscript(_ size: PixelSize) -> Raster<UInt8> {
    guard let raster = sizes[size] else { preconditionFailure("a level that no plan has: \(size)") }
    return raster
  }

  /// The lines that leave the source where a plan lets it grow, seen at the plan's working size.
  func lines(of plan: SidePlan) -> BorderLines {
    let work = plan.search[plan.search.count - 1].sourceSize(plan.side)
    return BorderLines(of: TexelPlane(self[work], seenFrom: plan.side))
  }
}

/// One level's source and the target that grows beside it.
struct LevelCanvas: ~Copyable {
  let level: SidePlan.Level
  let source: TexelPlane
  /// The context columns of the source, then the margin.
  let target: Grid<UInt8>
  let targetWidth: Int
  let courses: Courses

  init(_ level: SidePlan.Level, _ pyramid: SourcePyramid, _ side: Side, lines: BorderLines = .none) {
    self.level = level
    source = TexelPlane(pyramid[level.sourceSize(side)], seenFrom: side)
    targetWidth = level.context + level.margin
    target = Grid(width: targetWidth * 4, height: level.height, filledWith: 0)
    courses = Courses(lines, level)
    for y in 0..<level.height {
      let known = source.texels.cells + y * source.stride + (level.width - level.context) * 4
      (target.cells + y * targetWidth * 4).update(from: known, count: level.context * 4)
    }
  }

  func field(_ penalty: borrowing SourcePenalty, _ path: ck_path) -> ck_field {
    ck_field(
      source: source.texels.cells, source_stride: source.stride, source_width: Int32(level.width),
      source_height: Int32(level.height), target: target.cells, target_stride: targetWidth * 4,
      target_width: Int32(targetWidth), target_height: Int32(level.height), context: Int32(level.context),
      penalty: penalty.current.cells, penalty_stride: Int32(penalty.current.width),
      penalty_shift: Int32(penalty.shift), drift: penalty.drift.cells, reach: Int32(penalty.reach),
      line: courses.kernel.line, courses: courses.kernel.courses, stray: penalty.stray.cells,
      stray_count: Int32(penalty.stray.width), near: penalty.near.cells, near_count: Int32(penalty.near.width),
      path: path)
  }
}
