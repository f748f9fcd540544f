// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// A spot on skin, in the pixels of a face patch.
struct Blemish: Sendable, Hashable {
  let x: Float
  let y: Float
  let radius: Float
}

/// Finds spots: small round places that are darker or redder than the skin around them.
struct BlemishFinder {
  /// Whether moles, dark without being red, count as spots.
  let takesMoles: Bool

  /// - Throws: `.cancelled`.
  func blemishes(in patch: FacePatch, mask: SharedPlane, _ workers: Workers) throws(ImgtoolError) -> [Blemish] {
    guard let close = CloseFace(patch, mask.plane) else { return [] }
    let width = patch.face.width
    var sigmas: [Float] = []
    var sigma = 0.006 * width
    while 2.8 * sigma <= 0.06 * width, sigma > 0.6 {
      sigmas.append(sigma)
      sigma *= 1.5
    }
    let (small, large) = (sigmas.prefix(sigmas.count / 2), sigmas.dropFirst(sigmas.count / 2))
    let halves = try workers.both(
      { () throws(ImgtoolError) in try spots(close, small, workers) },
      { () throws(ImgtoolError) in try spots(close, large, workers) })
    var found = halves.0 + halves.1
    found.sort { ($0.score, $0.spot.y, $0.spot.x) > ($1.score, $1.spot.y, $1.spot.x) }
    var kept: [Blemish] = []
    for (_, spot) in found where kept.count < 400 {
      let isNew = kept.allSatisfy {
        let (dx, dy) = ($0.x - spot.x, $0.y - spot.y)
        let apart = max($0.radius, spot.radius)
        return dx * dx + dy * dy > apart * apart
      }
      if isNew { kept.append(spot) }
    }
    return kept
  }

  private func spots(_ close: CloseFace, _ sigmas: ArraySlice<Float>, _ workers: Workers)
    throws(ImgtoolError) -> [(score: Float, spot: Blemish)]
  {
    var found: [(score: Float, spot: Blemish)] = []
    for sigma in sigmas {
      try workers.check()
      found += spots(close, close.mask, sigma)
    }
    return found
  }

  private func spots(_ close: CloseFace, _ mask: borrowing Plane, _ sigma: Float) -> [(score: Float, spot: Blemish)] {
    let near = mask.blurred(sigma)
    let far = mask.blurred(2.2 * sigma)
    let dark = close.lightness.blurred(sigma, within: mask, share: near)
      .mapped(with: close.lightness.blurred(2.2 * sigma, within: mask, share: far)) { $0 - $1 }
    let red = close.a.blurred(sigma, within: mask, share: near)
      .mapped(with: close.a.blurred(2.2 * sigma, within: mask, share: far)) { $0 - $1 }
    let darkUnit = Self.deviation(dark, mask) + 0.35
    let redUnit = Self.deviation(red, mask) + 0.30
    let score = Plane(like: mask)
    for i in 0..<score.count where mask[i] > 0.5 {
      let (down, up) = (-dark[i] / darkUnit, red[i] / redUnit)
      if down > 1.2 || up > 2.5 { score[i] = 0.75 * max(0, down) + 0.75 * max(0, up) }
    }
    let peaks = score.largest(max(1, Int(0.012 * close.face.width)))
    let cover = mask.boxMean(max(1, Int(1.6 * sigma)))
    var found: [(score: Float, spot: Blemish)] = []
    for y in 1..<max(1, score.height - 1) {
      for x in 1..<max(1, score.width - 1) {
        let value = score[x, y]
        guard value > 4.5, value == peaks[x, y], cover[x, y] > 0.55, CloseFace.holds(close.face.share(x, y)),
          Self.isRound(dark, x, y) || Self.isRound(red, x, y)
        else { continue }
        if dark[x, y] < -28, red[x, y] < 6, !takesMoles { continue }
        let (left, top) = (Float(x + close.left), Float(y + close.top))
        found.append((value, Blemish(x: left + 0.5, y: top + 0.5, radius: 1.6 * sigma)))
      }
    }
    return found
  }

  /// Whether the two curvatures at a place have the same sign and are alike; those of a wrinkle are not.
  private static func isRound(_ plane: borrowing Plane, _ x: Int, _ y: Int) -> Bool {
    let centre = plane[x, y]
    let xx = plane[x - 1, y] + plane[x + 1, y] - 2 * centre
    let yy = plane[x, y - 1] + plane[x, y + 1] - 2 * centre
    let xy = 0.25 * (plane[x + 1, y + 1] + plane[x - 1, y - 1] - plane[x + 1, y - 1] - plane[x - 1, y + 1])
    let determinant = xx * yy - xy * xy
    guard determinant > 0 else { return false }
    // The ratio of eigenvalues is below 4 exactly when trace² < (4 + 1)²/4 · determinant.
    let trace = xx + yy
    return trace * trace < 6.25 * determinant
  }

  /// 1.4826 × the median of absolute values where the mask is solid.
  static func deviation(_ plane: borrowing Plane, _ mask: borrowing Plane) -> Float {
    var values: [Float] = []
    for i in stride(from: 0, to: plane.count, by: max(1, plane.count / 40_000)) where mask[i] > 0.5 {
      values.append(abs(plane[i]))
    }
    values.sort()
    return values.isEmpty ? 0 : 1.4826 * values[values.count / 2]
  }
}

/// The part of a patch in which spots are looked for: the face proper, and what its widest blur reaches.
///
/// - Note: Written only while it is made, so that threads may share it, which the compiler cannot see.
private final class CloseFace: @unchecked Sendable {
  /// Where it begins in the patch.
  let left: Int
  let top: Int
  /// In its own pixels.
  let face: FaceBox
  let mask: Plane
  let lightness: Plane
  let a: Plane

  init?(_ patch: FacePatch, _ mask: borrowing Plane) {
    let face = patch.face
    let reach = 0.15 * face.width
    let columns = Self.range(face.x + 0.03 * face.width, face.x + 0.97 * face.width, reach, mask.width)
    let rows = Self.range(face.y - 0.09 * face.height, face.y + 1.15 * face.height, reach, mask.height)
    guard !columns.isEmpty, !rows.isEmpty else { return nil }
    (left, top) = (columns.lowerBound, rows.lowerBound)
    self.face = FaceBox(x: face.x - Float(left), y: face.y - Float(top), width: face.width, height: face.height)
    self.mask = mask.cropped(rows, columns)
    lightness = patch.lightness.cropped(rows, columns)
    a = patch.a.cropped(rows, columns)
  }

  private static func range(_ low: Float, _ high: Float, _ reach: Float, _ count: Int) -> Range<Int> {
    let first = min(count, max(0, Int(low - reach)))
    return first..<max(first, min(count, Int(high + reach) + 1))
  }

  /// Inside the ellipse of the face proper: ears and hairlines give false spots.
  static func holds(_ at: SIMD2<Float>) -> Bool {
    let (x, y) = ((at.x - 0.5) / 0.47, (at.y - 0.53) / 0.62)
    return x * x + y * y < 1
  }
}
