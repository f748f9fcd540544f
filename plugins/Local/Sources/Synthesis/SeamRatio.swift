// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

extension Raster {
  /// How visible the border of a placed source is on one side: the mean step over it relative to the mean step between
  /// the columns beside it, taken as at least half a level; 1 is unnoticeable.
  func seamRatio(_ side: Side, of placement: PixelRect) -> Double {
    let view = SideView(side, of: placement, rowLength: width)
    let last = view.width + side.margin(of: placement, in: size)
    let beside = [view.width - 3, view.width - 2, view.width - 1, view.width + 1, view.width + 2]
      .filter { $0 > 0 && $0 < last }
    return samples.withUnsafeBufferPointer { samples in
      func step(into column: Int) -> Double {
        var sum: Float = 0
        for y in 0..<view.height {
          let before = view.index(column - 1, y) * bands
          let after = view.index(column, y) * bands
          var difference: Float = 0
          for band in 0..<bands { difference += Float(samples[after + band]) - Float(samples[before + band]) }
          sum += abs(difference)
        }
        return Double(sum / (Float(bands) * Sample.stepsPerLevel)) / Double(view.height)
      }
      let usual = beside.reduce(0.0) { $0 + step(into: $1) } / Double(max(1, beside.count))
      return step(into: view.width) / max(0.5, usual)
    }
  }
}
