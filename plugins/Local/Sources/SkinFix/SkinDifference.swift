// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// How much rows of a picture differ from those of another of its size and bands.
struct SkinDifference: Sendable {
  /// Pixels that differ.
  private(set) var pixels = 0
  /// The sum of all differences of a band, in levels.
  private(set) var sum = 0
  /// The largest of them.
  private(set) var largest = 0

  /// - Parameter rows: Inside both pictures, which have three bands.
  init(_ old: Raster<UInt8>, _ new: Raster<UInt8>, rows: Range<Int>) {
    let range = (rows.lowerBound * old.width * 3)..<(rows.upperBound * old.width * 3)
    old.samples.withUnsafeBufferPointer { old in
      new.samples.withUnsafeBufferPointer { new in
        for pixel in stride(from: range.lowerBound, to: range.upperBound, by: 3) {
          let red = abs(Int(old[pixel]) &- Int(new[pixel]))
          let green = abs(Int(old[pixel &+ 1]) &- Int(new[pixel &+ 1]))
          let blue = abs(Int(old[pixel &+ 2]) &- Int(new[pixel &+ 2]))
          if red | green | blue == 0 { continue }
          pixels &+= 1
          sum &+= red &+ green &+ blue
          largest = max(largest, red, green, blue)
        }
      }
    }
  }

  /// Both as one.
  static func + (one: SkinDifference, other: SkinDifference) -> SkinDifference {
    var total = one
    total.pixels += other.pixels
    total.sum += other.sum
    total.largest = max(one.largest, other.largest)
    return total
  }
}
