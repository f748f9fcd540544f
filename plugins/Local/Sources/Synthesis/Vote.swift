// SPDX-License-Identifier: Apache-2.0
import CKernels

/// Lets all patches over a pixel say what it should be; near the border and the patch's middle they weigh more.
struct Vote: ~Copyable {
  private let sums: Grid<Float>
  private let window: Grid<Float>
  private let weights: Grid<Float>

  init(_ level: SidePlan.Level) {
    sums = Grid(width: (level.context + level.margin) * 5, height: level.height, filledWith: 0)
    window = Grid(width: 8, height: 8, filledWith: 0)
    weights = Grid(width: 256, height: 1, filledWith: 0)
    // Powers by repeated multiplication: the same bits everywhere, which exp() does not promise.
    // exp(−0.03 r²) with r² = ((2x−7)² + (2y−7)²)/4, and 1.15 per column outwards: a patch nearer the border dictates.
    for y in 0..<8 {
      for x in 0..<8 {
        let squares = (2 * x - 7) * (2 * x - 7) + (2 * y - 7) * (2 * y - 7)
        window[x, y] = Self.power(0.992_528_055, squares) * Self.power(1.15, x)
      }
    }
    for i in 0..<256 { weights[i] = Self.power(0.939_413_063, i) }
  }

  /// Rewrites the margin; a patch's weight falls as exp(−cost / 2·variance).
  func cast(_ map: borrowing PatchMap, _ field: ck_field, weighing variance: Double) {
    withUnsafePointer(to: field) { field in
      withUnsafePointer(to: map.kernel) {
        ck_vote(field, $0, weights.cells, Float(8 / variance), window.cells, sums.cells)
      }
    }
  }

  private static func power(_ base: Float, _ exponent: Int) -> Float {
    var result: Float = 1
    for _ in 0..<exponent { result *= base }
    return result
  }
}
