// SPDX-License-Identifier: Apache-2.0

/// Smooth noise in two dimensions, −1…1, the same for the same seed on every machine.
struct Noise {
  let seed: UInt32

  /// One octave: lattice values joined by a smooth curve.
  func value(_ x: Float, _ y: Float) -> Float {
    let (cellX, cellY) = (x.rounded(.down), y.rounded(.down))
    let (u, v) = (Self.ease(x - cellX), Self.ease(y - cellY))
    let (i, j) = (Int32(cellX), Int32(cellY))
    let top = lattice(i, j) + (lattice(i &+ 1, j) - lattice(i, j)) * u
    let bottom = lattice(i, j &+ 1) + (lattice(i &+ 1, j &+ 1) - lattice(i, j &+ 1)) * u
    return top + (bottom - top) * v
  }

  /// Octaves of half the size and half the weight each, summed and brought back to about −1…1.
  func layered(_ x: Float, _ y: Float, octaves: Int) -> Float {
    var (sum, weight, total, scale) = (Float(0), Float(1), Float(0), Float(1))
    for _ in 0..<octaves {
      sum += value(x * scale, y * scale) * weight
      total += weight
      weight *= 0.5
      scale *= 2.03
    }
    return sum / total
  }

  private func lattice(_ i: Int32, _ j: Int32) -> Float {
    var hash = UInt32(bitPattern: i) &* 0x9E37_79B1 ^ UInt32(bitPattern: j) &* 0x85EB_CA77 ^ seed
    hash = (hash ^ hash >> 15) &* 0x2C1B_3C6D
    hash = (hash ^ hash >> 12) &* 0x297A_2D39
    hash ^= hash >> 15
    return Float(hash >> 8) / Float(1 << 23) - 1
  }

  private static func ease(_ t: Float) -> Float { t * t * (3 - 2 * t) }
}
