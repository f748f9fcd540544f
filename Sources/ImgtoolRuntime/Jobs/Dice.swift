// SPDX-License-Identifier: Apache-2.0

/// A small generator of random numbers that can be seeded, for jitter (SplitMix64; Steele, Lea, Flood 2014).
package struct Dice: RandomNumberGenerator, Sendable, Hashable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// A duration anywhere from zero to the limit: full jitter.
  package mutating func upTo(_ limit: Duration) -> Duration { limit * Double.random(in: 0...1, using: &self) }

  /// A duration at most a fifth longer or shorter.
  package mutating func about(_ middle: Duration) -> Duration { middle * Double.random(in: 0.8...1.2, using: &self) }
}
