// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// The part of a picture around one face, as planes on which the face is at most 420 pixels wide.
///
/// - Note: Written only while it is made, so that threads may share it, which the compiler cannot see.
final class FacePatch: @unchecked Sendable {
  /// In the picture's pixels.
  let area: PixelRect
  /// Patch pixels per picture pixel, across and down.
  let scaleX: Float
  let scaleY: Float
  /// In the patch's pixels.
  let face: FaceBox
  /// L of Lab, 0…255.
  let lightness: Plane
  let a: Plane
  let b: Plane
  /// ITU-R BT.601, 0…255.
  let luma: Plane

  /// - Parameter face: In the picture's pixels, at least partly inside it.
  init?(_ face: PixelRect, in picture: Raster<UInt8>, _ workers: Workers) {
    guard let area = Self.area(face, in: picture.size) else { return nil }
    let scale = min(1, Double(SkinMask.workingWidth) / Double(face.width))
    let size = PixelSize(
      clamping: Int((Double(area.width) * scale).rounded()), Int((Double(area.height) * scale).rounded()))
    let (scaleX, scaleY) = (Float(size.width) / Float(area.width), Float(size.height) / Float(area.height))
    lightness = Plane(width: size.width, height: size.height, filledWith: 0)
    a = Plane(like: lightness)
    b = Plane(like: lightness)
    luma = Plane(like: lightness)
    self.area = area
    self.scaleX = scaleX
    self.scaleY = scaleY
    self.face = FaceBox(
      x: Float(face.x - area.x) * scaleX, y: Float(face.y - area.y) * scaleY, width: Float(face.width) * scaleX,
      height: Float(face.height) * scaleY)
    let small = picture.reduced(area, to: size, workers)
    let middle = size.area / 2
    workers.pair({ self.fill(0..<middle, small) }, { self.fill(middle..<size.area, small) })
  }

  private func fill(_ pixels: Range<Int>, _ small: Raster<UInt8>) {
    let lab = Lab.shared
    small.samples.withUnsafeBufferPointer { samples in
      for i in pixels {
        let (red, green, blue) = (samples[i &* 3], samples[i &* 3 &+ 1], samples[i &* 3 &+ 2])
        let colour = lab(red, green, blue)
        lightness[i] = colour.x * 2.55
        a[i] = colour.y
        b[i] = colour.z
        luma[i] = 0.299 * Float(red) + 0.587 * Float(green) + 0.114 * Float(blue)
      }
    }
  }

  /// The head and neck of a face, cut at the picture's borders.
  static func area(_ face: PixelRect, in size: PixelSize) -> PixelRect? {
    let (width, height) = (Double(face.width), Double(face.height))
    let middle = (Double(face.x) + 0.5 * width, Double(face.y) + 0.62 * height)
    let left = max(0, Int(middle.0 - 1.05 * width))
    let top = max(0, Int(middle.1 - 1.35 * height))
    let right = min(size.width, Int(middle.0 + 1.05 * width))
    let bottom = min(size.height, Int(middle.1 + 1.35 * height))
    guard let area = PixelSize(width: right - left, height: bottom - top) else { return nil }
    return PixelRect(x: left, y: top, size: area)
  }
}

extension Raster {
  /// A copy of a part; the part must lie inside.
  func cropped(_ rect: PixelRect) -> Raster {
    precondition(rect.isInside(size))
    if rect.size == size { return self }
    var result = Raster(size: rect.size, bands: bands, filledWith: 0)
    result.samples.withUnsafeMutableBufferPointer { out in
      samples.withUnsafeBufferPointer { from in
        guard let to = out.baseAddress, let base = from.baseAddress else { return }
        for y in 0..<rect.height {
          (to + y * rect.width * bands).update(
            from: base + ((rect.y + y) * width + rect.x) * bands, count: rect.width * bands)
        }
      }
    }
    return result
  }
}
