// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Covers a spot with skin from nearby, shifted in colour so that it meets the skin around the spot.
struct Healing {
  let blemish: Blemish
  /// From the spot to the skin that covers it, in the patch's pixels.
  let donor: SIMD2<Float>

  /// How far beyond the spot the cover reaches, in its radii.
  private static let cover: Float = 1.35
  private static let directions = 32

  /// The best cover for a spot: from rings around it, all skin, free of spots, alike at the rim and in texture.
  init?(_ blemish: Blemish, among all: [Blemish], in patch: FacePatch, mask: borrowing Plane) {
    let radius = Self.cover * blemish.radius
    let rim = Self.ring(patch, blemish.x, blemish.y, radius)
    let rimTexture = Self.texture(rim.lightness)
    var best: (cost: Float, donor: SIMD2<Float>)?
    for (number, factor) in [Float(2.4), 3.2, 4.0, 4.8, 5.5].enumerated() {
      for step in 0..<12 {
        let angle = Float(step) * (.pi / 6)
        let donor = SIMD2(cos(angle), sin(angle)) * factor * radius
        let (x, y) = (blemish.x + donor.x, blemish.y + donor.y)
        guard Self.isClear(x, y, radius, all, mask) else { continue }
        let other = Self.ring(patch, x, y, radius)
        let difference = zip(rim.lightness, other.lightness).map { $0 - $1 }
        let mean = difference.reduce(0, +) / Float(difference.count)
        let spread = (difference.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(difference.count)).squareRoot()
        let cost =
          spread + 0.5 * abs(rimTexture - Self.texture(other.lightness)) + 0.15 * abs(mean) + 0.3 * Float(number)
        if cost < best?.cost ?? .infinity { best = (cost, donor) }
      }
    }
    guard let best else { return nil }
    self.blemish = blemish
    donor = best.donor
  }

  /// Writes the cover into the picture.
  ///
  /// - Parameters:
  ///   - patch: The patch the spot was found in; gives the scale.
  ///   - opacity: 0…1.
  func apply(
    to picture: inout Raster<UInt8>, _ patch: FacePatch, mask: borrowing Plane, opacity: Float
  ) {
    let scale = 0.5 * (patch.scaleX + patch.scaleY)
    let radius = Self.cover * blemish.radius / scale
    let centre = SIMD2(
      Float(patch.area.x) + blemish.x / patch.scaleX, Float(patch.area.y) + blemish.y / patch.scaleY)
    // Whole pixels, so that the texture is copied and not resampled.
    let shift = SIMD2(Int((donor.x / patch.scaleX).rounded()), Int((donor.y / patch.scaleY).rounded()))
    let reach = Int(radius.rounded(.up)) + 1
    let (left, top) = (Int(centre.x), Int(centre.y))
    // A copy of what is read, so that covering does not read what it has written.
    guard let window = Self.window(left, top, reach + Int(radius / 6) + 2, shift, in: picture.size) else { return }
    let original = picture.cropped(window)
    let corner = SIMD2(Float(window.x), Float(window.y))
    let rim = (0..<Self.directions).map { step -> SIMD3<Float> in
      let angle = Float(step) * (2 * .pi / Float(Self.directions))
      let at = centre - corner + SIMD2(cos(angle), sin(angle)) * radius
      let there = at + SIMD2(Float(shift.x), Float(shift.y))
      return Self.mean(original, at, radius / 6) - Self.mean(original, there, radius / 6)
    }
    for y in max(0, top - reach)...min(picture.height - 1, top + reach) {
      for x in max(0, left - reach)...min(picture.width - 1, left + reach) {
        let off = (SIMD2(Float(x) + 0.5, Float(y) + 0.5) - centre) / radius
        let distance = (off.x * off.x + off.y * off.y).squareRoot()
        let (fromX, fromY) = (x + shift.x, y + shift.y)
        guard distance < 1, fromX >= 0, fromY >= 0, fromX < picture.width, fromY < picture.height else { continue }
        let skin = mask.sampled(
          (Float(x - patch.area.x) + 0.5) * patch.scaleX, (Float(y - patch.area.y) + 0.5) * patch.scaleY)
        let share = opacity * ramp(-distance, -1, -0.75) * min(1, 2 * skin)
        guard share > 1 / 255 else { continue }
        let difference = Self.membrane(rim, off, distance)
        let to = (y * picture.width + x) * 3
        let here = ((y - window.y) * window.width + x - window.x) * 3
        let from = ((fromY - window.y) * window.width + fromX - window.x) * 3
        for band in 0..<3 {
          let old = Float(original.samples[here + band])
          let new = Float(original.samples[from + band]) + difference[band]
          picture.samples[to + band] = UInt8(min(255, max(0, old + (new - old) * share + 0.5)))
        }
      }
    }
  }

  /// The rectangle that holds a disc and its donor, cut at the picture's borders.
  private static func window(_ x: Int, _ y: Int, _ reach: Int, _ shift: SIMD2<Int>, in size: PixelSize) -> PixelRect? {
    let left = max(0, min(x, x + shift.x) - reach)
    let top = max(0, min(y, y + shift.y) - reach)
    let right = min(size.width, max(x, x + shift.x) + reach + 1)
    let bottom = min(size.height, max(y, y + shift.y) + reach + 1)
    guard let extent = PixelSize(width: right - left, height: bottom - top) else { return nil }
    return PixelRect(x: left, y: top, size: extent)
  }

  /// The harmonic function in a disc that takes the rim's values at its edge (Poisson's integral).
  private static func membrane(_ rim: [SIMD3<Float>], _ off: SIMD2<Float>, _ distance: Float) -> SIMD3<Float> {
    var sum = SIMD3<Float>(repeating: 0)
    var total: Float = 0
    for (step, value) in rim.enumerated() {
      let angle = Float(step) * (2 * .pi / Float(directions))
      let (dx, dy) = (off.x - cos(angle), off.y - sin(angle))
      let weight = 1 / (dx * dx + dy * dy + 0.01)
      sum += value * weight
      total += weight
    }
    return sum / total
  }

  private static func mean(_ picture: Raster<UInt8>, _ at: SIMD2<Float>, _ radius: Float) -> SIMD3<Float> {
    let reach = max(1, Int(radius))
    let (cx, cy) = (Int(at.x), Int(at.y))
    var sum = SIMD3<Float>(repeating: 0)
    for y in (cy - reach)...(cy + reach) {
      for x in (cx - reach)...(cx + reach) {
        let i = (min(max(0, y), picture.height - 1) * picture.width + min(max(0, x), picture.width - 1)) * 3
        sum += SIMD3(Float(picture.samples[i]), Float(picture.samples[i + 1]), Float(picture.samples[i + 2]))
      }
    }
    return sum / Float((2 * reach + 1) * (2 * reach + 1))
  }

  private static func ring(_ patch: FacePatch, _ x: Float, _ y: Float, _ radius: Float)
    -> (lightness: [Float], a: [Float])
  {
    var result: (lightness: [Float], a: [Float]) = ([], [])
    for step in 0..<16 {
      let angle = Float(step) * (.pi / 8)
      let (px, py) = (x + cos(angle) * radius, y + sin(angle) * radius)
      result.lightness.append(patch.lightness.sampled(px, py))
      result.a.append(patch.a.sampled(px, py))
    }
    return result
  }

  /// How much neighbours on a ring differ.
  private static func texture(_ ring: [Float]) -> Float {
    var sum: Float = 0
    for i in ring.indices { sum += abs(ring[i] - ring[(i + 1) % ring.count]) }
    return sum / Float(ring.count)
  }

  /// Whether a disc lies in the skin and touches no spot.
  private static func isClear(_ x: Float, _ y: Float, _ radius: Float, _ spots: [Blemish], _ mask: borrowing Plane)
    -> Bool
  {
    guard x - radius >= 0, y - radius >= 0, x + radius < Float(mask.width), y + radius < Float(mask.height) else {
      return false
    }
    for spot in spots {
      let (dx, dy) = (spot.x - x, spot.y - y)
      let apart = radius + spot.radius
      if dx * dx + dy * dy < apart * apart { return false }
    }
    for step in 0..<8 {
      let angle = Float(step) * (.pi / 4)
      if mask.sampled(x + cos(angle) * radius, y + sin(angle) * radius) < 0.5 { return false }
    }
    return mask.sampled(x, y) >= 0.5
  }
}
