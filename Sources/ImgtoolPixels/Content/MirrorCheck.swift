// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Whether the margins around a placed source are the source turned over, as a mirror makes them.
struct MirrorCheck {
  let picture: ReducedPicture
  let fit: PlacementFit
  let policy: ContentPolicy

  /// How alike a margin and the picture beside it are once one of them is turned over.
  struct Likeness {
    let side: SmallPicture.Side
    /// −1…1.
    let value: Double
  }

  /// One likeness for each margin that is thick enough and has something in it.
  ///
  /// Looked at twice: almost as it is, and so blurred that a mirror image which was softened is one still.
  func likenesses(_ sourceSize: PixelSize) -> [Likeness] {
    let grey = GreyPlane(picture.picture)
    // The border lies between two pixels or in one: blurred a little, half a pixel does not count.
    let sharp = likenesses(sourceSize, grey.blurred(1), leastDeviation: 2)
    if sharp.contains(where: { $0.value >= policy.mirrorLikeness }) { return sharp }
    let reach = max(2, picture.picture.size.longSide / 64)
    return sharp + likenesses(sourceSize, grey.blurred(reach), leastDeviation: 0.5)
  }

  private func likenesses(_ sourceSize: PixelSize, _ grey: GreyPlane, leastDeviation least: Double) -> [Likeness] {
    let margins = picture.margins(fit, of: sourceSize)
    func margin(_ side: SmallPicture.Side) -> Likeness? {
      guard let border = margins[side], let opposite = margins[side.opposite] else { return nil }
      let depth = picture.picture.depth(from: side)
      let thickness = Int(border)
      guard thickness >= max(8, Int(policy.marginShare * Double(depth))),
        thickness <= depth * 9 / 10
      else {
        return nil
      }
      let inner = depth - Int(border + opposite)
      let reach = min(thickness - 4, inner - 4, depth - thickness - 4)
      let best = (-4...4).compactMap { halves in
        let border = thickness + Int((Double(halves) / 2).rounded(.down))
        return likeness(grey, side, border: border, skipping: halves & 1, reach: reach, least)
      }.max()
      return best.map { Likeness(side: side, value: $0) }
    }
    return SmallPicture.Side.allCases.compactMap(margin)
  }

  /// The correlation of `reach` lines on both sides of a border, each line of sight without its mean; nothing where one
  /// of them deviates from it by less than `least` levels.
  ///
  /// With one line skipped the border runs through the middle of it. Without their means, horizons and skies that run on do not look like mirror images.
  private func likeness(
    _ grey: GreyPlane, _ side: SmallPicture.Side, border: Int, skipping skipped: Int, reach: Int, _ least: Double
  ) -> Double? {
    guard reach >= 5 else { return nil }
    var (products, outer, inner) = (0.0, 0.0, 0.0)
    let across = side.isHorizontal ? grey.height : grey.width
    grey.values.withUnsafeBufferPointer { values in
      for place in 0..<across {
        var (one, other): (Float, Float) = (0, 0)
        for step in 0..<reach {
          one += values[index(grey, side, border - 1 - step, place)]
          other += values[index(grey, side, border + skipped + step, place)]
        }
        (one, other) = (one / Float(reach), other / Float(reach))
        for step in 0..<reach {
          let a = Double(values[index(grey, side, border - 1 - step, place)] - one)
          let b = Double(values[index(grey, side, border + skipped + step, place)] - other)
          products += a * b
          outer += a * a
          inner += b * b
        }
      }
    }
    let nothing = least * least * Double(across * reach)
    guard outer > nothing, inner > nothing else { return nil }
    return products / (outer * inner).squareRoot()
  }

  private func index(_ grey: GreyPlane, _ side: SmallPicture.Side, _ line: Int, _ place: Int) -> Int {
    switch side {
    case .left: place * grey.width + line
    case .right: place * grey.width + grey.width - 1 - line
    case .top: line * grey.width + place
    case .bottom: (grey.height - 1 - line) * grey.width + place
    }
  }
}
