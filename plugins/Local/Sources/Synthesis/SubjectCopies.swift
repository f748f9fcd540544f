// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

extension SideMapping {
  /// The share of the margin that repeats what stands out in the source, 0…1.
  ///
  /// A patch counts where the middle of its place in the source stands out by half or more.
  func subjectCopies(_ subjects: SubjectMap) -> Double {
    let context = min(16, width)
    var copies = 0
    for row in 0..<rows {
      for strip in 0..<strips {
        let index = row * strips + strip
        let column = min(context - 4 + strip * 4, context + margin - 8)
        let x = Double(Int(dx[index]) + width - context + column)
        let y = Double(Int(dy[index]) + min(row * 4, height - 8))
        let middle = subjects.strongest(
          x: ((x + 3) / Double(width), (x + 5) / Double(width)),
          y: ((y + 3) / Double(height), (y + 5) / Double(height)), seenFrom: side)
        if middle.salience >= 128 { copies += 1 }
      }
    }
    return Double(copies) / Double(max(1, strips * rows))
  }
}
