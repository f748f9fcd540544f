// SPDX-License-Identifier: Apache-2.0

/// Wanted steps between neighbouring pixels of a margin, in 1/256 levels, bands interleaved.
struct Slopes: ~Copyable {
  let width: Int
  let height: Int
  let bands: Int
  /// From the pixel on the border's side to this one.
  let across: Grid<Int16>
  /// From the pixel above to this one.
  let along: Grid<Int16>

  init(width: Int, height: Int, bands: Int) {
    self.width = width
    self.height = height
    self.bands = bands
    across = Grid(width: width * bands, height: height, filledWith: 0)
    along = Grid(width: width * bands, height: height, filledWith: 0)
  }

  /// One band in levels.
  func field(_ steps: borrowing Grid<Int16>, band: Int) -> Grid<Float> {
    let field = Grid<Float>(width: width, height: height, filledWith: 0)
    for i in 0..<field.count { field[i] = Float(steps[i &* bands &+ band]) * (1 / 256) }
    return field
  }

  /// The steps of a grid of half the size: what lies between two coarse centres, averaged over both fine lines.
  static func halved(_ steps: borrowing Grid<Float>, outward: Bool) -> Grid<Float> {
    let half = Grid<Float>(width: (steps.width + 1) / 2, height: (steps.height + 1) / 2, filledWith: 0)
    func at(_ x: Int, _ y: Int) -> Float { x < 0 || y < 0 || x >= steps.width || y >= steps.height ? 0 : steps[x, y] }
    for y in 0..<half.height {
      for x in 0..<half.width {
        var sum: Float = 0
        if outward {
          let lines = 2 * y + 1 < steps.height ? 2 : 1
          for line in 0..<lines {
            sum += at(2 * x, 2 * y + line) + 0.5 * (at(2 * x - 1, 2 * y + line) + at(2 * x + 1, 2 * y + line))
          }
          half[x, y] = sum / Float(lines)
        } else {
          let columns = 2 * x + 1 < steps.width ? 2 : 1
          for column in 0..<columns {
            sum += at(2 * x + column, 2 * y)
            sum += 0.5 * (at(2 * x + column, 2 * y - 1) + at(2 * x + column, 2 * y + 1))
          }
          half[x, y] = y == 0 ? 0 : sum / Float(columns)
        }
      }
    }
    return half
  }

  /// What flows into each pixel: the steps towards it minus those away from it.
  static func divergence(_ across: borrowing Grid<Float>, _ along: borrowing Grid<Float>) -> Grid<Float> {
    let (width, height) = (across.width, across.height)
    let b = Grid<Float>(width: width, height: height, filledWith: 0)
    for y in 0..<height {
      let row = y * width
      let hasBelow = y + 1 < height
      for x in 0..<width {
        let right: Float = x + 1 < width ? across[row &+ x &+ 1] : 0
        let below: Float = hasBelow ? along[row &+ width &+ x] : 0
        b[row &+ x] = (across[row &+ x] - right) + (along[row &+ x] - below)
      }
    }
    return b
  }

  /// Fills a grid from one of half its size, straight between centres; zero beyond the border, level elsewhere.
  static func enlarge(_ coarse: borrowing Grid<Float>, into fine: borrowing Grid<Float>) {
    for y in 0..<fine.height {
      let near = y >> 1
      let far = min(max(0, y & 1 == 0 ? near - 1 : near + 1), coarse.height - 1)
      let a = coarse.cells + near * coarse.width
      let b = coarse.cells + far * coarse.width
      for x in 0..<fine.width {
        let own = x >> 1
        let other = x & 1 == 0 ? own - 1 : min(own + 1, coarse.width - 1)
        let inner = 0.75 * a[own] + 0.25 * b[own]
        let outer = other < 0 ? 0 : 0.75 * a[other] + 0.25 * b[other]
        fine[x, y] = 0.75 * inner + 0.25 * outer
      }
    }
  }
}
