// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Everything in a picture that has the skin colour of one of its faces: hands, arms, necks.
package enum SkinArea {
  /// The longest side of the copy that is looked at.
  private static let longSide = 320
  /// Above this share of the picture the colour is not skin's alone: wood, sand, a warm wall.
  private static let most = 0.35

  /// A map that forbids skin, for `SubjectStudy`; nothing when no face shows any or too much has its colour.
  package static func map(of source: Raster<UInt8>, faces: [PixelRect]) -> SubjectMap? {
    guard !faces.isEmpty else { return nil }
    let scale = min(1, Double(longSide) / Double(source.size.longSide))
    let small = source.reduced(
      to: PixelSize(
        clamping: Int((Double(source.width) * scale).rounded()), Int((Double(source.height) * scale).rounded())))
    let lightness = Plane(width: small.width, height: small.height, filledWith: 0)
    let a = Plane(like: lightness)
    let b = Plane(like: lightness)
    let lab = Lab.shared
    for i in 0..<lightness.count {
      let colour = lab(small.samples[i * 3], small.samples[i * 3 + 1], small.samples[i * 3 + 2])
      lightness[i] = colour.x * 2.55
      a[i] = colour.y
      b[i] = colour.z
    }
    let skin = Plane(like: lightness)
    for face in faces {
      let box = FaceBox(x: Float(face.x), y: Float(face.y), width: Float(face.width), height: Float(face.height))
        .scaled(Float(scale))
      guard let colour = SkinColour(lightness: lightness, a: a, b: b, face: box) else { continue }
      for i in 0..<skin.count { skin[i] = max(skin[i], colour.likelihood(lightness[i], a[i], b[i])) }
    }
    // Single pixels are texture of the same colour; what is solid grows by two pixels over its soft rim.
    let solid = skin.boxMean(2).mapped { $0 > 0.5 ? 1 : 0 }.largest(3)
    let area = (0..<solid.count).reduce(0) { $0 + (solid[$1] > 0 ? 1 : 0) }
    guard area > 0, Double(area) < most * Double(solid.count) else { return nil }
    var map = SubjectMap(size: small.size)
    for i in 0..<solid.count { map.forbidden[i] = solid[i] > 0 }
    return map
  }
}
