// SPDX-License-Identifier: Apache-2.0

/// Numbers that look random and depend on nothing but a seed and a place.
enum Noise {
  /// 64 well-mixed bits of a seed and two coordinates (the finaliser of SplitMix64).
  @inline(__always) static func hash(_ seed: UInt64, _ x: Int, _ y: Int) -> UInt64 {
    var z = seed &+ 0x9E37_79B9_7F4A_7C15 &* (UInt64(truncatingIfNeeded: x) &+ 1)
    z = z &+ 0xD1B5_4A32_D192_ED03 &* (UInt64(truncatingIfNeeded: y) &+ 1)
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A value of mean 0 and variance 1, the sum of four uniform ones.
  @inline(__always) static func bell(_ seed: UInt64, _ x: Int, _ y: Int) -> Float {
    let bits = hash(seed, x, y)
    let sum = Float(bits & 0xFFFF) + Float((bits >> 16) & 0xFFFF) + Float((bits >> 32) & 0xFFFF) + Float(bits >> 48)
    return (sum - 131_070) * (1.732_050_8 / 65_536)
  }
}
