// SPDX-License-Identifier: Apache-2.0

/// Gives a margin as much fine noise as the source beside it has, where copying and mixing has taken some away.
struct Grain<Sample: RasterSample> {
  let frame: SharedFrame<Sample>
  /// Columns of the margin.
  let margin: Int
  let seed: UInt64

  /// The noise of the source's flattest parts near the side, in levels.
  func ofSource() -> Double {
    let near = max(16, frame.view.width * 35 / 100)
    return measured(columns: max(0, frame.view.width - near)..<frame.view.width)
  }

  func ofMargin() -> Double { measured(columns: frame.view.width..<(frame.view.width + margin)) }

  /// The noise that is missing in a margin, in levels, or zero where the source has too little to be seen.
  func missing() -> Double {
    let wanted = ofSource()
    guard wanted > 1.5 else { return 0 }
    let present = ofMargin()
    return (max(0, wanted * wanted - present * present)).squareRoot()
  }

  /// Adds noise of `sigma` levels, equal in all colour bands of a margin pixel; never to an alpha.
  func add(_ sigma: Float) {
    let bands = frame.bands == 2 || frame.bands == 4 ? frame.bands - 1 : frame.bands
    let limit = Float(Sample.max)
    let strength = sigma * Sample.stepsPerLevel
    for x in 0..<margin {
      for y in 0..<frame.view.height {
        let noise = Noise.bell(seed, x, y) * strength
        let pixel = frame.samples + frame.view.index(frame.view.width &+ x, y) &* frame.bands
        for band in 0..<bands {
          pixel[band] = Sample(truncatingIfNeeded: Int32(min(limit, max(0, Float(pixel[band]) + noise + 0.5))))
        }
      }
    }
  }

  /// The median, over the two fifths of sampled 8×8 blocks that are flattest, of their noise.
  ///
  /// A block's noise is the mean strength of a 3×3 filter that answers neither to slopes nor to curvature along one
  /// axis; for white noise of deviation σ its mean is 6σ·√(2/π).
  private func measured(columns: Range<Int>) -> Double {
    let across = max(1, (columns.count - 2) / 8)
    let down = max(1, (frame.view.height - 2) / 8)
    guard columns.count >= 10, frame.view.height >= 10 else { return 0 }
    let skip = max(1, Int((Double(across * down) / 900).squareRoot()))
    var blocks: [(slope: Float, noise: Float)] = []
    for j in stride(from: 0, to: down, by: skip) {
      for i in stride(from: 0, to: across, by: skip) {
        blocks.append(block(columns.lowerBound + 1 + i * 8, 1 + j * 8))
      }
    }
    blocks.sort { $0.slope < $1.slope }
    let flattest = blocks.prefix(max(1, blocks.count * 2 / 5)).map(\.noise).sorted()
    return Double(flattest[flattest.count / 2])
  }

  private func block(_ left: Int, _ top: Int) -> (slope: Float, noise: Float) {
    var noise: Float = 0
    var halves = SIMD4<Float>(repeating: 0)
    for y in top..<(top + 8) {
      for x in left..<(left + 8) {
        let cross = luma(x - 1, y) + luma(x + 1, y) + luma(x, y - 1) + luma(x, y + 1)
        let corners = luma(x - 1, y - 1) + luma(x + 1, y - 1) + luma(x - 1, y + 1) + luma(x + 1, y + 1)
        let centre = luma(x, y)
        noise += abs(4 * centre - 2 * cross + corners)
        halves[x < left + 4 ? 0 : 1] += centre
        halves[y < top + 4 ? 2 : 3] += centre
      }
    }
    let slope = abs(halves[0] - halves[1]) + abs(halves[2] - halves[3])
    return (slope, noise / 64 * (1.253_314 / 6))
  }

  /// Mean of the colour bands in levels.
  private func luma(_ x: Int, _ y: Int) -> Float {
    let pixel = frame.samples + frame.view.index(x, y) &* frame.bands
    let sum = frame.bands >= 3 ? Float(pixel[0]) + 2 * Float(pixel[1]) + Float(pixel[2]) : 4 * Float(pixel[0])
    return sum / (4 * Sample.stepsPerLevel)
  }
}
