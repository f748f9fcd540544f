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
  func likenesses(_ sourceSize: PixelSize) -> [Likeness] {
    // The border lies between two pixels or in one: blurred a little, half a pixel does not count.
    let grey = GreyPlane(picture.picture).blurred(1)
    let pitch = picture.pitch
    let (left, top) = (
      (fit.offsetX + picture.originX) / pitch, (fit.offsetY + picture.originY) / pitch
    )
    let right = left + Double(sourceSize.width) * fit.scaleX / pitch
    let bottom = top + Double(sourceSize.height) * fit.scaleY / pitch
    func margin(_ side: SmallPicture.Side, _ border: Double) -> Likeness? {
      let depth = picture.picture.depth(from: side)
      let thickness = Int(border)
      guard thickness >= max(8, Int(policy.marginShare * Double(depth))),
        thickness <= depth * 9 / 10
      else {
        return nil
      }
      let inner = Int(side.isHorizontal ? right - left : bottom - top)
      let reach = min(thickness - 4, inner - 4, depth - thickness - 4)
      let best = (-4...4).compactMap { halves in
        let border = thickness + Int((Double(halves) / 2).rounded(.down))
        return likeness(grey, side, border: border, skipping: halves & 1, reach: reach)
      }.max()
      return best.map { Likeness(side: side, value: $0) }
    }
    let (width, height) = (Double(grey.width), Double(grey.height))
    return [
      margin(.left, left), margin(.right, width - right), margin(.top, top),
      margin(.bottom, height - bottom),
    ].compactMap(\.self)
  }

  /// The correlation of `reach` lines on both sides of a border, each line of sight without its mean.
  ///
  /// With one line skipped the border runs through the middle of it. Without their means, horizons and skies that run on do not look like mirror images.
  private func likeness(
    _ grey: GreyPlane, _ side: SmallPicture.Side, border: Int, skipping skipped: Int, reach: Int
  ) -> Double? {
    guard reach >= 5 else { return nil }
    var (products, outer, inner) = (0.0, 0.0, 0.0)
    let across = side.isHorizontal ? grey.height : grey.width
    grey.values.withUnsafeBufferPointer { values in
      for place in 0..<across {
        var (first, second): ([Float], [Float]) = ([], [])
        for step in 0..<reach {
          first.append(values[index(grey, side, border - 1 - step, place)])
          second.append(values[index(grey, side, border + skipped + step, place)])
        }
        let (one, other) = (first.reduce(0, +) / Float(reach), second.reduce(0, +) / Float(reach))
        for step in 0..<reach {
          let (a, b) = (Double(first[step] - one), Double(second[step] - other))
          products += a * b
          outer += a * a
          inner += b * b
        }
      }
    }
    // Below two levels there is nothing to compare.
    let least = 4 * Double(across * reach)
    guard outer > least, inner > least else { return nil }
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
