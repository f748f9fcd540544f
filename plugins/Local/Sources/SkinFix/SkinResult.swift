// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// What a retouch made and did.
package struct SkinResult: Sendable {
  package internal(set) var picture: Raster<UInt8>
  /// The faces whose skin was found; empty when there were none and the picture is the source's bytes.
  package internal(set) var faces: [RetouchedFace]
  /// Pixels whose bytes changed, as a share of the picture.
  package internal(set) var changedShare = 0.0
  /// The mean change of a changed pixel's bands, in levels.
  package internal(set) var meanChange = 0.0
  /// The largest change of a band, in levels.
  package internal(set) var largestChange = 0

  package var hasFoundSkin: Bool { !faces.isEmpty }

  /// Compares the rows that hold faces; the others are the source's.
  mutating func measureChange(from source: Raster<UInt8>, _ workers: Workers) throws(ImgtoolError) {
    let top = faces.map(\.area.y).min() ?? 0
    let bottom = faces.map { $0.area.y + $0.area.height }.max() ?? top
    let (middle, picture) = ((top + bottom) / 2, picture)
    let (upper, lower) = try workers.both(
      { SkinDifference(source, picture, rows: top..<middle) },
      { SkinDifference(source, picture, rows: middle..<bottom) })
    let change = upper + lower
    changedShare = Double(change.pixels) / Double(picture.size.area)
    meanChange = change.pixels == 0 ? 0 : Double(change.sum) / Double(3 * change.pixels)
    largestChange = change.largest
  }

  /// Where skin was found, 0…255, over the whole picture reduced to at most `longSide` pixels.
  package func mask(longSide: Int) -> Raster<UInt8> {
    let scale = min(1, Double(longSide) / Double(picture.size.longSide))
    let size = PixelSize(
      clamping: Int((Double(picture.width) * scale).rounded()), Int((Double(picture.height) * scale).rounded()))
    var mask = Raster<UInt8>(size: size, bands: 1, filledWith: 0)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let at = (
          (Double(x) + 0.5) * Double(picture.width) / Double(size.width),
          (Double(y) + 0.5) * Double(picture.height) / Double(size.height)
        )
        for face in faces {
          mask.samples[y * size.width + x] = max(mask.samples[y * size.width + x], face.skin(at.0, at.1))
        }
      }
    }
    return mask
  }
}

/// One face and what was done to its skin.
package struct RetouchedFace: Sendable {
  package let box: PixelRect
  /// The part of the picture in which skin was looked for.
  package let area: PixelRect
  package let healedSpots: Int
  /// Skin within `area`, at the size it was found at.
  package let mask: SkinShare
  /// The share of `area` that is skin, 0…1.
  package let skinShare: Double

  /// 0…255 at a place of the picture.
  func skin(_ x: Double, _ y: Double) -> UInt8 {
    let column = Int((x - Double(area.x)) * Double(mask.size.width) / Double(area.width))
    let row = Int((y - Double(area.y)) * Double(mask.size.height) / Double(area.height))
    guard x >= Double(area.x), y >= Double(area.y), column < mask.size.width, row < mask.size.height else { return 0 }
    return mask.values[row * mask.size.width + column]
  }
}

/// How much of each pixel is skin, 0…255, row by row.
package struct SkinShare: Sendable {
  package let size: PixelSize
  package let values: [UInt8]

  init(_ plane: borrowing Plane) {
    size = PixelSize(clamping: plane.width, plane.height)
    var values = [UInt8](repeating: 0, count: plane.count)
    // Rounded up, so that zero means untouched.
    for i in 0..<plane.count { values[i] = UInt8(min(255, (plane[i] * 255).rounded(.up))) }
    self.values = values
  }
}
