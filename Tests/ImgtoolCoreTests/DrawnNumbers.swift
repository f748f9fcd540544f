// SPDX-License-Identifier: Apache-2.0

/// The same numbers in every run: SplitMix64 from a fixed seed, for properties that try many cases.
struct DrawnNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number whose length in bits is drawn first, so that small and huge ones are equally frequent.
  mutating func side(upTo most: Int) -> Int {
    let bits = Int.random(in: 0..<(Int.bitWidth - most.leadingZeroBitCount), using: &self)
    return min(Int.random(in: (1 << bits)...((1 << bits) - 1 + (1 << bits)), using: &self), most)
  }
}
