// SPDX-License-Identifier: Apache-2.0

/// A landscape drawn by code: evening sky, ranges of hills, a lake, and a tree off-centre.
///
/// It has what photographs have and test charts lack: texture at every scale, haze, grain, and one subject.
struct SampleScene {
  let width: Int
  let height: Int
  private let clouds = Noise(seed: 11)
  private let ridges = Noise(seed: 23)
  private let grass = Noise(seed: 37)
  private let ripples = Noise(seed: 41)
  private let leaves = Noise(seed: 53)
  private let grain = Noise(seed: 71)

  typealias Colour = SIMD3<Float>

  /// RGB, 8 bits a sample, rows from the top.
  func samples() -> [UInt8] {
    var samples = [UInt8](repeating: 0, count: width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        let colour = colour(Float(x) / Float(height), Float(y) / Float(height))
        let noise = grain.value(Float(x) * 0.9, Float(y) * 0.9) * 2.2
        for band in 0..<3 {
          samples[(y * width + x) * 3 + band] = UInt8(min(max(colour[band] * 255 + noise, 0), 255))
        }
      }
    }
    return samples
  }

  /// The colour at a point; both coordinates in picture heights, origin top-left.
  private func colour(_ x: Float, _ y: Float) -> Colour {
    var colour = y < Self.shore ? land(x, y) : water(x, y)
    if let bank = bank(x, y) { colour = bank }
    if let tree = tree(x, y) { colour = tree }
    return colour
  }

  private static let shore: Float = 0.62

  private func sky(_ x: Float, _ y: Float) -> Colour {
    let blue = Colour(0.36, 0.55, 0.80)
    let warm = Colour(0.98, 0.80, 0.62)
    let base = mix(blue, warm, smooth(0.05, 0.60, y))
    let cover = clouds.layered(x * 2.1, y * 6.5 + 3, octaves: 6)
    let cloud = smooth(0.02, 0.42, cover) * (1 - smooth(0.44, 0.58, y))
    let lit = mix(Colour(1.0, 0.93, 0.88), Colour(0.80, 0.68, 0.70), smooth(0.15, 0.55, cover))
    let glow = smooth(0.55, 0, distance(x, y, 0.42, 0.50))
    return mix(base, lit, cloud * 0.85) + Colour(0.16, 0.10, 0.03) * glow
  }

  /// Three ranges of hills, each nearer one darker, greener and with coarser texture.
  private func land(_ x: Float, _ y: Float) -> Colour {
    var colour = sky(x, y)
    for range in 0..<3 {
      let near = Float(range) / 2
      let ridge = 0.475 + 0.05 * near
      let height = ridges.layered(x * (1.3 + 0.8 * near) + Float(range) * 17, Float(range) * 9, octaves: 6)
      let top = ridge - (0.085 - 0.025 * near) * height
      guard y > top else { continue }
      let haze = mix(Colour(0.70, 0.68, 0.75), Colour(0.20, 0.29, 0.20), 0.25 + 0.7 * near)
      let texture = grass.layered(x * 26, (y - top) * 44 + Float(range) * 5, octaves: 5)
      let shade = 1 + (0.06 + 0.24 * near) * texture - 0.25 * smooth(0, 0.14, y - top)
      colour = haze * shade + Colour(0.10, 0.07, 0.03) * smooth(0.02, 0, y - top) * (1 - near * 0.5)
    }
    return colour
  }

  /// The land and sky upside down, drawn out by ripples that grow towards the viewer.
  private func water(_ x: Float, _ y: Float) -> Colour {
    let depth = (y - Self.shore) / (1 - Self.shore)
    let stretch = 1 / (0.05 + depth)
    let wave = ripples.layered(x * (4 + 5 * stretch), depth * 60 * (0.35 + stretch * 0.16), octaves: 4)
    let mirrored = Self.shore - (y - Self.shore) * 0.92 + wave * (0.006 + 0.045 * depth)
    let reflection = land(x + wave * 0.012, min(max(mirrored, 0), Self.shore - 0.002))
    let deep = Colour(0.10, 0.20, 0.27)
    let colour = mix(reflection * 0.88, deep, 0.12 + 0.35 * depth)
    return colour + Colour(0.10, 0.09, 0.08) * smooth(0.35, 0.8, wave) * (1 - 0.5 * depth)
  }

  /// Grass in the lower corner, where the tree stands.
  private func bank(_ x: Float, _ y: Float) -> Colour? {
    let edge = 0.83 - 0.19 * smooth(0.55, 1.35, x) + 0.02 * ridges.layered(x * 5, 2, octaves: 4)
    guard y > edge else { return nil }
    let blades = grass.layered(x * 70 + 10 * (y - edge), y * 24, octaves: 5)
    let light = mix(Colour(0.34, 0.42, 0.16), Colour(0.13, 0.20, 0.09), smooth(0, 0.35, y - edge))
    return light * (1 + 0.45 * blades) + Colour(0.08, 0.05, 0) * smooth(0.015, 0, y - edge)
  }

  /// A trunk and a crown of leaves, right of the centre.
  private func tree(_ x: Float, _ y: Float) -> Colour? {
    let foot = Float(1.07)
    let lean = 0.02 * smooth(0.78, 0.40, y) + 0.006 * ridges.value(y * 9, 4)
    let half = 0.011 + 0.016 * smooth(0.62, 0.80, y)
    let crown = crown(x, y, foot + 0.02)
    let roots = 0.775 + 0.014 * grass.layered(x * 260, 3, octaves: 2)
    if crown == nil, y > 0.36, y < roots, abs(x - foot - lean) < half {
      let bark = grass.layered(x * 130, y * 18, octaves: 4)
      let side = smooth(half, -half, x - foot - lean)
      return Colour(0.26, 0.19, 0.14) * (0.55 + 0.5 * side + 0.35 * bark)
    }
    return crown
  }

  private func crown(_ x: Float, _ y: Float, _ centre: Float) -> Colour? {
    let rough = 0.06 * leaves.layered(x * 9, y * 9, octaves: 6) + 0.035 * leaves.layered(x * 70, y * 70, octaves: 3)
    let (u, v) = ((x - centre) / 0.205, (y - 0.36) / 0.185)
    guard (u * u + v * v).squareRoot() < 1 + rough * 5 else { return nil }
    let holes = leaves.layered(x * 30 + 7, y * 30, octaves: 6)
    guard holes > -0.44 else { return nil }
    let sun = smooth(0.7, -0.9, u * 0.75 + v)
    let tufts = leaves.layered(x * 40, y * 40 + 5, octaves: 6)
    return mix(Colour(0.09, 0.15, 0.07), Colour(0.44, 0.47, 0.17), sun * 0.85 + 0.25 * tufts) * (1 + 0.35 * tufts)
  }

  private func mix(_ a: Colour, _ b: Colour, _ share: Float) -> Colour { a + (b - a) * min(max(share, 0), 1) }

  /// 0 before `a`, 1 after `b`, smooth between; `a` may be the larger.
  private func smooth(_ a: Float, _ b: Float, _ value: Float) -> Float {
    let t = min(max((value - a) / (b - a), 0), 1)
    return t * t * (3 - 2 * t)
  }

  private func distance(_ x: Float, _ y: Float, _ u: Float, _ v: Float) -> Float {
    ((x - u) * (x - u) + (y - v) * (y - v)).squareRoot()
  }
}
