// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Retouches the skin of faces: covers spots and evens it out; everything else keeps its bytes.
package struct SkinRetouch: Sendable {
  /// How much to even out, 0…1; 0 changes nothing at all.
  package var strength: Double
  /// Whether spots are covered.
  package var heals = true
  /// Whether moles are covered like spots.
  package var removesMoles = false

  package init(strength: Double = 0.5) {
    self.strength = strength
  }

  /// The retouched picture, where its skin is, and what was done.
  ///
  /// - Parameters:
  ///   - source: Upright, three bands, sRGB or another RGB encoding that is read as if it were.
  ///   - faces: Face boxes in its pixels, from `FaceFinder` or the user; a box that shows no skin is skipped.
  /// - Throws: `.usage` for other bands or a strength outside 0…1; `.cancelled`.
  package func run(_ source: Raster<UInt8>, faces: [PixelRect], workers: Workers = Workers())
    throws(ImgtoolError) -> SkinResult
  {
    guard source.bands == 3 else { throw ImgtoolError(.usage, "Skin needs three bands, not \(source.bands).") }
    guard (0...1).contains(strength) else {
      throw ImgtoolError(.usage, "A strength lies between 0 and 1; \(strength) does not.")
    }
    var result = SkinResult(picture: source, faces: [])
    for (number, face) in faces.enumerated() {
      try workers.check()
      if let done = try retouch(face, in: &result.picture, original: source, workers) { result.faces.append(done) }
      workers.progress(Double(number + 1) / Double(faces.count))
    }
    if !result.faces.isEmpty, strength > 0 { try result.measureChange(from: source, workers) }
    return result
  }

  private func retouch(_ box: PixelRect, in picture: inout Raster<UInt8>, original: Raster<UInt8>, _ workers: Workers)
    throws(ImgtoolError) -> RetouchedFace?
  {
    guard let before = FacePatch(box, in: original, workers), before.face.width >= 12,
      let colour = SkinColour(lightness: before.lightness, a: before.a, b: before.b, face: before.face)
    else { return nil }
    let mask = try SkinMask.find(in: before, colour: colour, workers)
    let solid = (0..<mask.plane.count).reduce(0) { $0 + (mask.plane[$1] > 0.5 ? 1 : 0) }
    // Less than a twentieth of the face being skin means that the box shows something else.
    guard Float(solid) > 0.05 * before.face.width * before.face.height else { return nil }
    var healed = 0
    if strength > 0 {
      try workers.check()
      // Below 60 pixels a face has no room for spots that could be told from its features.
      if heals, box.width >= 60 { healed = try heal(before, mask, &picture, workers) }
      // What was covered is skin like any other from here on.
      let patch = healed == 0 ? before : FacePatch(box, in: picture, workers) ?? before
      let layers = try SkinLayers(patch, mask: mask, strength: Float(strength), workers)
      try SkinSmoothing(patch, layers, strength: Float(strength)).apply(to: &picture, workers)
    }
    return RetouchedFace(
      box: box, area: before.area, healedSpots: healed, mask: SkinShare(mask.plane),
      skinShare: Double(solid) / Double(mask.plane.count))
  }

  private func heal(_ patch: FacePatch, _ mask: SharedPlane, _ picture: inout Raster<UInt8>, _ workers: Workers)
    throws(ImgtoolError) -> Int
  {
    let spots = try BlemishFinder(takesMoles: removesMoles).blemishes(in: patch, mask: mask, workers)
    var healed = 0
    for spot in spots {
      guard let healing = Healing(spot, among: spots, in: patch, mask: mask.plane) else { continue }
      healing.apply(to: &picture, patch, mask: mask.plane, opacity: Float(min(1, 2 * strength)))
      healed += 1
    }
    return healed
  }
}
