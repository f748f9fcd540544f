// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore

extension Picture {
  /// The longest side libvips makes (libvips: VIPS_MAX_COORD).
  package static let sideLimit = 10_000_000

  /// The pixels as display turns them, for the orientation our own reader found.
  ///
  /// HEIF and AVIF come upright out of libheif; pass `.up` for them. A file that can only be read
  /// from top to bottom is decoded into memory first, unless it is only mirrored from left to right.
  /// - Throws: what computing throws.
  package func upright(from orientation: Orientation) throws(ImgtoolError) -> Picture {
    guard orientation != .up else { return try saidToBeUpright() }
    let pixels = orientation == .upMirrored || !isSequential ? try shared() : try copiedToMemory()
    let complaint = "A picture cannot be turned."
    let turned: Picture
    switch orientation {
    case .up, .upMirrored: turned = try pixels.shared()
    case .down: turned = try pixels.derived(complaint) { cvips_rotate($0, VIPS_ANGLE_D180) }
    case .downMirrored: turned = try pixels.derived(complaint) { cvips_flip($0, VIPS_DIRECTION_VERTICAL) }
    case .leftMirrored, .right, .rightMirrored:
      turned = try pixels.derived(complaint) { cvips_rotate($0, VIPS_ANGLE_D90) }
    case .left: turned = try pixels.derived(complaint) { cvips_rotate($0, VIPS_ANGLE_D270) }
    }
    let flip: VipsDirection? =
      switch orientation {
      case .upMirrored, .leftMirrored: VIPS_DIRECTION_HORIZONTAL
      case .rightMirrored: VIPS_DIRECTION_VERTICAL
      default: nil
      }
    guard let flip else { return try turned.saidToBeUpright() }
    return try turned.derived(complaint) { cvips_flip($0, flip) }.saidToBeUpright()
  }

  /// Scaled to exactly `target`, each axis by its own factor: Lanczos3, cubic when it grows.
  ///
  /// Colour is weighted by alpha, so that what is transparent does not bleed into what is not.
  /// - Throws: `.limit` for a side beyond `sideLimit`.
  package func resized(to target: PixelSize) throws(ImgtoolError) -> Picture {
    guard target.longSide <= Self.sideLimit else {
      throw ImgtoolError(.limit, "No side may exceed \(Self.sideLimit) pixels.")
    }
    guard target != size else { return try shared() }
    return try withPremultipliedAlpha { picture throws(ImgtoolError) in
      let (across, down) = (
        Double(target.width) / Double(picture.width), Double(target.height) / Double(picture.height)
      )
      let scaled = try picture.derived("A picture cannot be scaled.") {
        cvips_resize($0, across, down)
      }
      guard scaled.size == target else {
        throw ImgtoolError(.fault, "Scaling gave \(scaled.size) instead of \(target).")
      }
      return scaled
    }
  }

  /// The part of the picture inside `rect`.
  ///
  /// - Throws: `.fault` where the rectangle leaves the picture.
  package func cropped(to rect: PixelRect) throws(ImgtoolError) -> Picture {
    guard rect.isInside(size) else { throw ImgtoolError(.fault, "\(rect) is not inside \(size).") }
    return try derived("A picture cannot be cropped.") {
      cvips_crop($0, Int32(rect.x), Int32(rect.y), Int32(rect.width), Int32(rect.height))
    }
  }

  /// Does `work` on colour weighted by alpha, in floating point, and brings the result back to this sample format.
  func withPremultipliedAlpha(
    _ work: (borrowing Picture) throws(ImgtoolError) -> Picture
  ) throws(ImgtoolError) -> Picture {
    guard hasAlpha else { return try work(self) }
    let complaint = "Alpha cannot be applied."
    let format = image.pointee.BandFmt
    let weighted = try derived(complaint) { cvips_premultiply($0) }
    let plain = try work(weighted).derived(complaint) { cvips_unpremultiply($0) }
    return try plain.derived(complaint) { cvips_round($0) }.derived(complaint) { cvips_cast($0, format, 0) }
  }
}
