// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// What evening out does to each pixel of a face's patch, for `ck_even_row`.
///
/// Lightness is split into three bands; of each a bounded part is subtracted, so that nothing turns into its opposite
/// and strong structure stays. The finest band is left to full size; the others become a change of red, green and blue.
/// - Note: Written only while it is made, so that threads may share it, which the compiler cannot see.
final class SkinLayers: @unchecked Sendable {
  /// Skin, the luma without its finest band, and what to add to red, green and blue.
  static let count = 5

  let width: Int
  let height: Int
  /// `count` rows, one below the other, for each row of the patch.
  let cells: Plane
  /// The rows and the columns of the patch between which all its skin lies.
  let rows: Range<Int>
  let columns: Range<Int>

  /// - Parameters:
  ///   - mask: The patch's skin, 0…1.
  ///   - strength: 0…1; half is a good default.
  /// - Throws: `.cancelled`.
  init(_ patch: FacePatch, mask: SharedPlane, strength: Float, _ workers: Workers) throws(ImgtoolError) {
    let width = patch.face.width
    let (light, colour) = try workers.both(
      { Light(patch.lightness, mask.plane, width, strength) },
      { Colour(patch, mask.plane, width, strength) })
    try workers.check()
    self.width = mask.plane.width
    height = mask.plane.height
    cells = Plane(width: self.width, height: height * Self.count, filledWith: 0)
    (rows, columns) = mask.plane.extent
    let middle = (rows.lowerBound + rows.upperBound) / 2
    workers.pair(
      { self.fill(self.rows.lowerBound..<middle, patch, mask.plane, light, colour) },
      { self.fill(middle..<self.rows.upperBound, patch, mask.plane, light, colour) })
  }

  private func fill(_ rows: Range<Int>, _ patch: FacePatch, _ mask: borrowing Plane, _ light: Light, _ colour: Colour) {
    let back = LabToRGB.shared
    for y in rows {
      let out = cells.cells + y &* Self.count &* width
      for x in columns {
        let i = y &* width &+ x
        let skin = mask[i]
        guard skin > 0 else { continue }
        let old = SIMD3(patch.lightness[i] / 2.55, patch.a[i], patch.b[i])
        let change = SIMD3(light.evenness[i] / 2.55, colour.a[i], colour.b[i])
        let shift = skin * (back.levels(old - change) - back.levels(old))
        out[x] = skin
        out[x &+ width] = patch.luma[i] - light.fine[i]
        out[x &+ 2 &* width] = shift.x
        out[x &+ 3 &* width] = shift.y
        out[x &+ 4 &* width] = shift.z
      }
    }
  }

  /// The bands of lightness.
  private final class Light: @unchecked Sendable {
    /// The finest band.
    let fine: Plane
    /// What to subtract of the others.
    let evenness: Plane

    init(_ lightness: borrowing Plane, _ mask: borrowing Plane, _ width: Float, _ strength: Float) {
      let coarse = 0.04 * width
      let filled = SkinLayers.filled(lightness, mask, coarse)
      let first = filled.blurred(0.0028 * width)
      let second = filled.blurred(0.009 * width)
      let third = GuidedFilter(
        second.mapped { $0 / 255 }, radius: max(2, Int(1.8 * coarse)), epsilon: (5.0 / 255) * (5.0 / 255)
      ).smoothed()
      fine = filled.mapped(with: first) { $0 - $1 }
      evenness = Plane(like: filled)
      for i in 0..<evenness.count {
        let mid = SkinLayers.bounded(first[i] - second[i], 5)
        let low = SkinLayers.bounded(second[i] - third[i] * 255, 7)
        evenness[i] = strength * (0.85 * mid + low)
      }
    }
  }

  /// What to subtract of a and b.
  private final class Colour: @unchecked Sendable {
    let a: Plane
    let b: Plane

    init(_ patch: FacePatch, _ mask: borrowing Plane, _ width: Float, _ strength: Float) {
      a = Self.shift(patch.a, mask, width, strength)
      b = Self.shift(patch.b, mask, width, strength)
    }

    private static func shift(_ plane: borrowing Plane, _ mask: borrowing Plane, _ width: Float, _ strength: Float)
      -> Plane
    {
      let filled = SkinLayers.filled(plane, mask, 0.04 * width)
      let far = filled.blurred(0.04 * width)
      return filled.blurred(0.0028 * width).mapped(with: far) { 1.1 * strength * SkinLayers.bounded($0 - $1, 4) }
    }
  }

  /// Grows with its argument, ever more slowly: at most `limit`, and never steeper than one.
  @inline(__always) private static func bounded(_ value: Float, _ limit: Float) -> Float {
    let relative = value / limit
    return value / (1 + relative * relative).squareRoot()
  }

  /// Non-skin replaced by the skin around it, so that nothing leaks in when it is filtered.
  private static func filled(_ plane: borrowing Plane, _ mask: borrowing Plane, _ sigma: Float) -> Plane {
    let around = plane.blurred(sigma, within: mask)
    let result = Plane(like: plane)
    for i in 0..<plane.count { result[i] = around[i] + (plane[i] - around[i]) * min(1, 2 * mask[i]) }
    return result
  }
}
