// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Which pixels around one face are skin, 0…1, made on a copy on which the face is at most 420 pixels wide.
enum SkinMask {
  /// How wide a face is at most while its skin is looked for, in pixels.
  static let workingWidth: Float = 420

  /// The skin of the face whose colour is given.
  ///
  /// - Throws: `.cancelled`.
  static func find(in patch: FacePatch, colour: SkinColour, _ workers: Workers) throws(ImgtoolError) -> SharedPlane {
    let (mask, surface) = try workers.both({ SharedPlane(own(in: patch, colour)) }, { Surface(patch) })
    try workers.check()
    for i in 0..<mask.plane.count { mask.plane[i] *= surface.smoothness[i] }
    let refined = try surface.filter.smoothed(mask, workers)
    let bounds = mask.plane.largest(1)
    return SharedPlane(
      refined.mapped(with: bounds) { value, bound in
        let kept = min(ramp(value, 0.15, 0.85), bound)
        return kept < 1 / 255 ? 0 : kept
      })
  }

  /// What has the colour of the face's skin and belongs to it.
  private static func own(in patch: FacePatch, _ colour: SkinColour) -> Plane {
    let face = patch.face
    let rough = Plane(like: patch.lightness)
    for y in 0..<rough.height {
      for x in 0..<rough.width {
        let likelihood = colour.likelihood(patch.lightness[x, y], patch.a[x, y], patch.b[x, y])
        if likelihood > 0 { rough[x, y] = likelihood * Self.scope(face.share(x, y)) }
      }
    }
    let soft = rough.blurred(0.01 * face.width).mapped { ramp($0, 0.35, 0.70) }
    // Blemishes must not be holes: close what is narrower than a twentieth of the face.
    let radius = max(1, Int(0.025 * face.width))
    let closed = soft.largest(radius).mapped { -$0 }.largest(radius).mapped { -$0 }
    let own = Self.parts(of: closed, belongingTo: face)
    for i in 0..<closed.count { closed[i] = min(closed[i], own[i]) }
    return closed
  }

  /// 1 inside the ellipse in which a head and its neck are, falling to 0 at its edge.
  private static func scope(_ at: SIMD2<Float>) -> Float {
    let x = (at.x - 0.5) / 0.85
    let y = (at.y - 0.62) / 1.15
    return ramp(-(x * x + y * y).squareRoot(), -1.15, -1)
  }

  /// What a mask is held against, whatever the skin's colour.
  ///
  /// - Note: Written only while it is made, so that threads may share it, which the compiler cannot see.
  private final class Surface: @unchecked Sendable {
    /// 0 for features, eyes, brows, mouth, nostrils, and for whatever has a hard edge; 1 elsewhere.
    let smoothness: Plane
    /// Guided by lightness, 0…1.
    let filter: GuidedFilter

    init(_ patch: FacePatch) {
      let sigma = 0.012 * patch.face.width
      let smooth = patch.lightness.blurred(sigma)
      smoothness = Plane(like: smooth)
      for y in 0..<smooth.height {
        for x in 0..<smooth.width {
          let dx = smooth[min(x + 1, smooth.width - 1), y] - smooth[max(x - 1, 0), y]
          let dy = smooth[x, min(y + 1, smooth.height - 1)] - smooth[x, max(y - 1, 0)]
          let edge = 0.5 * (dx * dx + dy * dy).squareRoot() * sigma
          smoothness[x, y] = (1 - ramp(edge, 9, 19)) * (1 - feature(patch.face.share(x, y)))
        }
      }
      filter = GuidedFilter(
        patch.lightness.mapped { $0 / 255 }, radius: max(2, Int(0.02 * patch.face.width)), epsilon: 1e-3)
    }
  }

  /// How surely a place of a face is a feature that must not be smoothed.
  static func feature(_ at: SIMD2<Float>) -> Float {
    // No ellipse reaches further.
    guard at.x > 0.08, at.x < 0.92, at.y > 0.2, at.y < 0.91 else { return 0 }
    let eyes = max(
      ellipse(at, 0.31, 0.40, 0.14, 0.075), ellipse(at, 0.69, 0.40, 0.14, 0.075),
      ellipse(at, 0.31, 0.29, 0.17, 0.065), ellipse(at, 0.69, 0.29, 0.17, 0.065))
    return max(eyes, ellipse(at, 0.5, 0.79, 0.24, 0.085), 0.9 * ellipse(at, 0.5, 0.625, 0.13, 0.04))
  }

  /// 1 inside an ellipse, falling to 0 over the outer 35 % beyond its edge.
  private static func ellipse(_ at: SIMD2<Float>, _ x: Float, _ y: Float, _ rx: Float, _ ry: Float) -> Float {
    let (dx, dy) = ((at.x - x) / rx, (at.y - y) / ry)
    return 1 - ramp((dx * dx + dy * dy).squareRoot(), 1, 1.35)
  }

  /// 1 where a mask belongs to the face and a little around it, 0 elsewhere.
  ///
  /// What has the colour of the skin without reaching into the face or its neck is a hat, hair, a flag, a wooden wall.
  /// Bridges thinner than three hundredths of the face connect nothing.
  private static func parts(of mask: borrowing Plane, belongingTo face: FaceBox) -> Plane {
    let radius = max(1, Int(0.015 * face.width))
    let core = mask.mapped { $0 > 0.5 ? -1 : 0 }.largest(radius)
    let (width, height) = (mask.width, mask.height)
    let own = Plane(like: mask)
    let seen = Grid<Bool>(width: width, height: height, filledWith: false)
    var part: [Int] = []
    for start in 0..<core.count where !seen[start] && core[start] < 0 {
      part.removeAll(keepingCapacity: true)
      part.append(start)
      seen[start] = true
      var (next, inside) = (0, 0)
      func visit(_ index: Int) {
        guard !seen[index], core[index] < 0 else { return }
        seen[index] = true
        part.append(index)
      }
      while next < part.count {
        let index = part[next]
        let (x, y) = (index % width, index / width)
        next += 1
        if Self.isOwn(face.share(x, y)) { inside += 1 }
        if x > 0 { visit(index - 1) }
        if x + 1 < width { visit(index + 1) }
        if y > 0 { visit(index - width) }
        if y + 1 < height { visit(index + width) }
      }
      // Specks, and what the face's skin makes up little of, are something else.
      guard Float(part.count) > 0.01 * face.width * face.width, inside * 4 > part.count else { continue }
      for index in part { own[index] = 1 }
    }
    return own.largest(2 * radius)
  }

  /// Where skin is this face's: within the face, and on the neck below it.
  private static func isOwn(_ at: SIMD2<Float>) -> Bool {
    let (x, y) = ((at.x - 0.5) / 0.5, (at.y - 0.5) / 0.65)
    return x * x + y * y < 1 || (abs(at.x - 0.5) < 0.4 && at.y > 0.8 && at.y < 1.6)
  }
}
