// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

extension Raster {
  /// How visible the border of a placed source is on one side: the mean step over it relative to the mean step between
  /// the columns beside it, taken as at least half a level; 1 is unnoticeable.
  func seamRatio(_ side: Side, of placement: PixelRect) -> Double {
    let view = SideView(side, of: placement, rowLength: width)
    // On a large frame a step shows between bands of several columns, not between two columns.
    let band = max(1, size.longSide / 1200)
    let last = view.width + side.margin(of: placement, in: size)
    let beside = [-3, -2, -1, 1, 2].map { view.width + $0 * band }.filter { $0 >= band && $0 + band <= last }
    guard view.width >= band, view.width + band <= last else { return 1 }
    return samples.withUnsafeBufferPointer { samples in
      func step(into column: Int) -> Double {
        var sum: Float = 0
        for y in 0..<view.height {
          var difference: Float = 0
          for x in 0..<band {
            let before = view.index(column - 1 - x, y) * bands
            let after = view.index(column + x, y) * bands
            for b in 0..<bands { difference += Float(samples[after + b]) - Float(samples[before + b]) }
          }
          sum += abs(difference)
        }
        return Double(sum / (Float(bands * band) * Sample.stepsPerLevel)) / Double(view.height)
      }
      let usual = beside.reduce(0.0) { $0 + step(into: $1) } / Double(max(1, beside.count))
      return step(into: view.width) / max(0.5, usual)
    }
  }
}
