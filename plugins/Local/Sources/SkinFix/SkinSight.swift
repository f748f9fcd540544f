// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels

/// Sees where skin is in a reduced picture, for postflight and for pages.
struct SkinSight {
  let faces: Faces

  /// The skin of the faces that are named or found; nothing where there is none.
  ///
  /// - Parameter named: in pixels of the picture; where it is empty, faces are looked for.
  func map(of picture: SmallPicture, named: [PixelRect]) -> SkinMap? {
    // Three bands of whole pixels are what a small picture is.
    guard let source = try? Raster(size: picture.size, bands: 3, samples: picture.samples) else { return nil }
    // Strength 0 finds and changes nothing; nobody cancels it, and it cannot be refused.
    guard let boxes = named.isEmpty ? try? faces.found(in: source, workers: .pair()) : named,
      let seen = try? SkinRetouch(strength: 0).run(source, faces: boxes, workers: .pair()), seen.hasFoundSkin
    else { return nil }
    let mask = seen.mask(longSide: picture.size.longSide)
    guard mask.size == picture.size else { return nil }
    var features = [UInt8](repeating: 0, count: picture.size.area)
    for box in seen.faces.map(\.box) { Self.addFeatures(of: box, to: &features, picture.size) }
    return SkinMap(
      size: picture.size, skin: mask.samples, features: features,
      alike: Self.alike(SkinArea.map(of: source, faces: seen.faces.map(\.box)), picture.size),
      faces: seen.faces.map(\.box).sorted { $0.size.area > $1.size.area })
  }

  private static func addFeatures(of box: PixelRect, to features: inout [UInt8], _ size: PixelSize) {
    let face = FaceBox(x: Float(box.x), y: Float(box.y), width: Float(box.width), height: Float(box.height))
    for y in max(0, box.y)..<max(0, min(size.height, box.y + box.height)) {
      for x in max(0, box.x)..<max(0, min(size.width, box.x + box.width)) {
        let index = y * size.width + x
        features[index] = max(features[index], UInt8(SkinMask.feature(face.share(x, y)) * 255))
      }
    }
  }

  private static func alike(_ map: SubjectMap?, _ size: PixelSize) -> [Bool] {
    guard let map else { return [Bool](repeating: false, count: size.area) }
    return (0..<size.area).map { pixel in
      let (x, y) = (pixel % size.width, pixel / size.width)
      return map.forbidden[y * map.size.height / size.height * map.size.width + x * map.size.width / size.width]
    }
  }
}
