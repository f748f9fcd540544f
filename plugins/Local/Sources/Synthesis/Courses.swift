// SPDX-License-Identifier: Apache-2.0
import CKernels

/// Which patches of a margin the lines of its border go through, at one level.
struct Courses: ~Copyable {
  /// One entry per pixel of the target, for the patch that begins there: one more than its line's number, or 0; empty
  /// where there are no lines.
  private let line: Grid<UInt8>
  private let courses: Grid<ck_course>

  /// A line goes through the patches whose middle it passes by no further than this, in pixels.
  private static let nearness = 5.0
  /// The way inwards on which a line is copied from, relative to that on which it was seen: it may bend a little.
  private static let trust = 1.5

  init(_ lines: BorderLines, _ level: SidePlan.Level) {
    let lines = lines.lines
    let width = level.context + level.margin
    line = Grid(width: lines.isEmpty ? 0 : width, height: level.height, filledWith: 0)
    courses = Grid(width: lines.count, height: 1, filledWith: ck_course(across: 0, along: 0, depth: 0))
    // The clearest is drawn last.
    for (number, course) in lines.enumerated().reversed() {
      let run = 1 / (1 + course.slope * course.slope).squareRoot()
      courses[number] = ck_course(
        across: Int32((256 * run * course.slope).rounded()), along: Int32((256 * run).rounded()),
        depth: Int32(course.depth * Self.trust * Double(level.width)) + 2)
      for x in (level.context - 7)..<width {
        // Where the line passes a patch's middle, as the row the patch would begin at.
        let middle = course.place * Double(level.height) + course.slope * Double(x + 4 - level.context) - 4
        let first = max(0, middle - Self.nearness / run).rounded(.up)
        let last = min(Double(level.height - 1), middle + Self.nearness / run).rounded(.down)
        if first <= last { for y in Int(first)...Int(last) { line[x, y] = UInt8(number + 1) } }
      }
    }
  }

  /// Whether a line goes through the target patch at a place.
  func cross(_ x: Int, _ y: Int) -> Bool { line.width > 0 && line[x, y] != 0 }

  /// For the kernels.
  var kernel: (line: UnsafePointer<UInt8>?, courses: UnsafePointer<ck_course>) {
    (line.width > 0 ? UnsafePointer(line.cells) : nil, UnsafePointer(courses.cells))
  }
}
