// SPDX-License-Identifier: Apache-2.0

/// The colour of one person's skin in one picture's light: a Gaussian over a and b, and how dark it gets.
struct SkinColour: Sendable {
  private let mean: SIMD2<Float>
  /// The inverse of the widened covariance: aa, ab, bb.
  private let inverse: SIMD3<Float>
  private let darkest: Float

  /// A model of the colours inside a face, without eyes and mouth; nothing when they are not of one skin.
  ///
  /// - Parameter face: The face box in the planes' pixels; L is 0…255.
  init?(lightness: borrowing Plane, a: borrowing Plane, b: borrowing Plane, face: FaceBox) {
    var samples: [SIMD3<Float>] = []
    for y in 0..<lightness.height {
      for x in 0..<lightness.width where Self.isSeed(face.share(x, y)) {
        samples.append(SIMD3(lightness[x, y], a[x, y], b[x, y]))
      }
    }
    guard samples.count >= 30 else { return nil }
    samples.sort { $0.x < $1.x }
    samples = Array(samples[(samples.count * 8 / 100)..<max(samples.count * 98 / 100, 1)])
    func median(_ values: [Float]) -> Float { values.sorted()[values.count / 2] }
    var centre = SIMD2(median(samples.map(\.y)), median(samples.map(\.z)))
    var spread = SIMD3<Float>(repeating: 0)
    var inverse = SIMD3<Float>(1.0 / 64, 0, 1.0 / 64)
    for _ in 0..<4 {
      var sum = SIMD2<Float>(repeating: 0)
      var products = SIMD3<Float>(repeating: 0)
      var count: Float = 0
      for sample in samples {
        let off = SIMD2(sample.y, sample.z) - centre
        guard Self.squared(off, inverse) < 6 else { continue }
        sum += off
        products += SIMD3(off.x * off.x, off.x * off.y, off.y * off.y)
        count += 1
      }
      guard count >= 15 else { return nil }
      let shift = sum / count
      spread = products / count - SIMD3(shift.x * shift.x, shift.x * shift.y, shift.y * shift.y)
      centre += shift
      inverse = Self.inverted(spread + SIMD3(1, 0, 1))
    }
    // In a picture without colours hair, walls and skin are alike.
    guard centre.x * centre.x + centre.y * centre.y >= 4 else { return nil }
    mean = centre
    self.inverse = Self.inverted(spread * 1.6 + SIMD3(4, 0, 4))
    let lights = samples.map(\.x)
    let middle = median(lights)
    let deviation = 1.4826 * median(lights.map { abs($0 - middle) })
    darkest = middle - 4.5 * deviation - 15
  }

  /// How likely a colour is this skin, 0…1.
  @inline(__always) func likelihood(_ lightness: Float, _ a: Float, _ b: Float) -> Float {
    let excess = max(0, Self.squared(SIMD2(a, b) - mean, inverse) - 3)
    guard excess < 40 else { return 0 }
    // exp(−x/4) as (1 − x/32)^8: smooth, quick, and zero where it no longer matters.
    let base = max(0, 1 - excess / 32)
    let square = base * base
    return square * square * square * square * ramp(lightness, darkest, darkest + 15)
  }

  /// Inside an ellipse about the middle of the face, but not where eyes and mouth are.
  private static func isSeed(_ at: SIMD2<Float>) -> Bool {
    let x = (at.x - 0.5) / 0.3
    let y = (at.y - 0.55) / 0.4
    let isEyes = abs(at.y - 0.39) < 0.1
    let isMouth = abs(at.y - 0.78) < 0.1 && at.x > 0.28 && at.x < 0.72
    return x * x + y * y < 1 && !isEyes && !isMouth
  }

  private static func squared(_ off: SIMD2<Float>, _ inverse: SIMD3<Float>) -> Float {
    off.x * off.x * inverse.x + 2 * off.x * off.y * inverse.y + off.y * off.y * inverse.z
  }

  private static func inverted(_ m: SIMD3<Float>) -> SIMD3<Float> {
    let determinant = max(1e-3, m.x * m.z - m.y * m.y)
    return SIMD3(m.z, -m.y, m.x) / determinant
  }
}

/// A face box with positions given in shares of it.
struct FaceBox: Sendable {
  let x, y, width, height: Float

  /// Where a pixel's centre lies: 0,0 is the box's top left, 1,1 its bottom right.
  @inline(__always) func share(_ px: Int, _ py: Int) -> SIMD2<Float> {
    SIMD2((Float(px) + 0.5 - x) / width, (Float(py) + 0.5 - y) / height)
  }

  func scaled(_ factor: Float) -> FaceBox {
    FaceBox(x: x * factor, y: y * factor, width: width * factor, height: height * factor)
  }
}
