// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// CIE L*a*b* of 8-bit sRGB under D65 (IEC 61966-2-1, CIE 15), by table; L in 0…100.
struct Lab: Sendable {
  /// Linear light of each coded value, 0…1.
  private let linear: [Float]
  /// The cube-root curve of CIE 15 at steps of 1/4096 from 0 to a little over 1.
  private let curve: [Float]

  static let shared = Lab()

  private init() {
    linear = (0..<256).map { code in
      let value = Double(code) / 255
      return Float(value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4))
    }
    curve = (0...4300).map { step in
      let t = Double(step) / 4096
      return Float(t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116)
    }
  }

  /// L, a and b of one pixel.
  @inline(__always) func callAsFunction(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> SIMD3<Float> {
    let r = linear[Int(red)]
    let g = linear[Int(green)]
    let b = linear[Int(blue)]
    let x = bent((0.412_456 * r + 0.357_576 * g + 0.180_438 * b) * (1 / 0.950_47))
    let y = bent(0.212_673 * r + 0.715_152 * g + 0.072_175 * b)
    let z = bent((0.019_334 * r + 0.119_192 * g + 0.950_304 * b) * (1 / 1.088_83))
    return SIMD3(116 * y - 16, 500 * (x - y), 200 * (y - z))
  }

  @inline(__always) private func bent(_ value: Float) -> Float {
    let place = max(0, value) * 4096
    let index = min(Int(place), curve.count - 2)
    return curve[index] + (curve[index + 1] - curve[index]) * (place - Float(index))
  }
}
