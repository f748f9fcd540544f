// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// The simplest margin, for sides that texture cannot complete: the source mirrored at its border, again and again.
///
/// It is only a ground for `SoftFill`, which blurs the repetition away.
struct EdgeFill<Sample: RasterSample> {
  let frame: SharedFrame<Sample>
  let margin: Int

  func run(_ workers: Workers) throws(ImgtoolError) {
    try workers.check()
    let width = frame.view.width
    try frame.view.forEachBlock(columns: width..<(width + margin)) { columns, rows in
      for y in rows {
        for x in columns {
          let inside = Self.reflected(x, width)
          let from = frame.samples + frame.view.index(inside, y) &* frame.bands
          let to = frame.samples + frame.view.index(x, y) &* frame.bands
          for band in 0..<frame.bands { to[band] = from[band] }
        }
      }
    }
  }

  /// A column beyond the source, folded back into it.
  private static func reflected(_ x: Int, _ width: Int) -> Int {
    let place = x % (2 * width)
    return place < width ? place : 2 * width - 1 - place
  }
}
