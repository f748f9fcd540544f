// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The way back from L*a*b* to sRGB under D65, colours outside it clipped.
struct LabToRGB: Sendable {
  /// Coded values of linear light in steps of 1/8192.
  private let coded: [Float]

  static let shared = LabToRGB()

  private init() {
    coded = (0...8193).map { step in
      let value = Double(step) / 8192
      return Float(255 * (value <= 0.003_130_8 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055))
    }
  }

  /// Red, green and blue, 0…255, not rounded.
  @inline(__always) func levels(_ lab: SIMD3<Float>) -> SIMD3<Float> {
    let fy = (lab.x + 16) / 116
    let x = 0.950_47 * unbent(fy + lab.y / 500)
    let y = unbent(fy)
    let z = 1.088_83 * unbent(fy - lab.z / 200)
    return SIMD3(
      code(3.240_454 * x - 1.537_139 * y - 0.498_531 * z), code(-0.969_266 * x + 1.876_011 * y + 0.041_556 * z),
      code(0.055_643 * x - 0.204_026 * y + 1.057_225 * z))
  }

  @inline(__always) private func unbent(_ t: Float) -> Float {
    t > 0.206_893 ? t * t * t : (t - 16.0 / 116) / 7.787
  }

  @inline(__always) private func code(_ linear: Float) -> Float {
    let place = min(1, max(0, linear)) * 8192
    let index = Int(place)
    return coded[index] + (coded[index + 1] - coded[index]) * (place - Float(index))
  }
}
