// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Evens skin out by taking some of its middle and coarse unevenness away and leaving most of the fine texture.
///
/// Lightness is split into three bands; of each a bounded part is subtracted, so that nothing turns into its opposite
/// and strong structure stays. What is subtracted is prepared at the patch's size and read from there at full size.
/// - Note: The planes are written only while it is made, so that threads may share it, which the compiler cannot see.
final class SkinSmoothing: @unchecked Sendable {
  private let area: PixelRect
  private let scaleX: Float
  private let scaleY: Float
  private let mask: Plane
  /// The lightness without its finest band.
  private let base: Plane
  /// What to subtract from lightness, a and b besides the finest band's part.
  private let evenness: Plane
  private let shiftA: Plane
  private let shiftB: Plane
  private let strength: Float

  /// - Parameter strength: 0…1; half is a good default.
  init(_ patch: borrowing FacePatch, mask: borrowing Plane, strength: Float) {
    area = patch.area
    scaleX = patch.scaleX
    scaleY = patch.scaleY
    let width = patch.face.width
    let (fine, middle, coarse) = (0.0028 * width, 0.009 * width, 0.04 * width)
    // Non-skin is replaced by the skin around it before filtering, so that nothing leaks in.
    let lightness = Self.filled(patch.lightness, mask, coarse)
    let first = lightness.blurred(fine)
    let second = lightness.blurred(middle)
    let guide = second.mapped { $0 / 255 }
    let third = guide.guided(by: guide, radius: max(2, Int(1.8 * coarse)), epsilon: (5.0 / 255) * (5.0 / 255))
      .mapped { $0 * 255 }
    let evenness = Plane(like: lightness)
    for i in 0..<evenness.count {
      let mid = Self.bounded(first[i] - second[i], 5)
      let low = Self.bounded(second[i] - third[i], 7)
      evenness[i] = strength * (0.85 * mid + low)
    }
    self.evenness = evenness
    base = first
    shiftA = Self.shift(patch.a, mask, fine, coarse, strength)
    shiftB = Self.shift(patch.b, mask, fine, coarse, strength)
    self.mask = mask.copied()
    self.strength = strength
  }

  /// Rewrites the patch's area in a picture, halves of it as a pair; pixels off the mask are not touched.
  func apply(to picture: inout Raster<UInt8>, _ workers: Workers) {
    let rowLength = picture.width
    picture.samples.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let pixels = SharedPixels(samples: base, rowLength: rowLength)
      let middle = area.height / 2
      workers.pair({ self.apply(0..<middle, to: pixels) }, { self.apply(middle..<self.area.height, to: pixels) })
    }
  }

  private func apply(_ rows: Range<Int>, to pixels: SharedPixels) {
    let lab = Lab.shared
    let back = LabToRGB.shared
    for y in rows {
      let py = (Float(y) + 0.5) * scaleY
      for x in 0..<area.width {
        let px = (Float(x) + 0.5) * scaleX
        let skin = mask.sampled(px, py)
        guard skin > 1 / 255 else { continue }
        let pixel = pixels.samples + ((area.y &+ y) &* pixels.rowLength &+ area.x &+ x) &* 3
        var colour = lab(pixel[0], pixel[1], pixel[2])
        let lightness = colour.x * 2.55
        let fine = 0.30 * strength * Self.bounded(lightness - base.sampled(px, py), 10)
        colour.x = (lightness - skin * (fine + evenness.sampled(px, py))) / 2.55
        colour.y -= skin * shiftA.sampled(px, py)
        colour.z -= skin * shiftB.sampled(px, py)
        let new = back(colour)
        pixel[0] = new.x
        pixel[1] = new.y
        pixel[2] = new.z
      }
    }
  }

  /// Grows with its argument, ever more slowly: at most `limit`, and never steeper than one.
  @inline(__always) private static func bounded(_ value: Float, _ limit: Float) -> Float {
    let relative = value / limit
    return value / (1 + relative * relative).squareRoot()
  }

  private static func filled(_ plane: borrowing Plane, _ mask: borrowing Plane, _ sigma: Float) -> Plane {
    let around = plane.blurred(sigma, within: mask)
    let result = Plane(like: plane)
    for i in 0..<plane.count { result[i] = around[i] + (plane[i] - around[i]) * min(1, 2 * mask[i]) }
    return result
  }

  private static func shift(
    _ plane: borrowing Plane, _ mask: borrowing Plane, _ fine: Float, _ coarse: Float, _ strength: Float
  ) -> Plane {
    let filled = filled(plane, mask, coarse)
    let far = filled.blurred(coarse)
    return filled.blurred(fine).mapped(with: far) { 1.1 * strength * bounded($0 - $1, 4) }
  }
}

/// A picture that two threads write at once, each its own rows, which the compiler cannot see.
private struct SharedPixels: @unchecked Sendable {
  let samples: UnsafeMutablePointer<UInt8>
  let rowLength: Int
}
