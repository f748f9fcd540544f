// SPDX-License-Identifier: Apache-2.0

extension FrameRequest {
  /// The size to produce, in whole-number arithmetic, rounding half up, each side at least 1.
  ///
  /// - `multiple`: each side becomes a multiple of this, 1…1024; the long side is rounded first and the
  ///   short side follows from it.
  /// - Throws: `.usage` for a multiple out of range, `.unsupported` when a table has no such row.
  public func target(_ contract: FrameContract = .longSide, multipleOf multiple: Int = 1) throws(ImgtoolError)
    -> PixelSize
  {
    guard (1...1024).contains(multiple) else {
      throw ImgtoolError(.usage, "A side can be a multiple of 1 to 1024, not of \(multiple).")
    }
    switch (self, contract) {
    case (.exactly(let size), _): return size.rounded(toMultipleOf: multiple)
    case (.tier(let ratio, let tier), .longSide):
      return Self.longSideTarget(ratio, longSide: tier.pixels, multipleOf: multiple)
    case (.tier(let ratio, let tier), .area): return Self.areaTarget(ratio, tier, multipleOf: multiple)
    case (.tier(let ratio, let tier), .table(let name)):
      guard let size = SizeTable.named(name)?.sizes(ratio, tier).first else {
        throw ImgtoolError(.unsupported, "The size table \(name) has no row for \(ratio) at \(tier).")
      }
      return size.rounded(toMultipleOf: multiple)
    }
  }

  static func longSideTarget(_ ratio: AspectRatio, longSide: Int, multipleOf multiple: Int) -> PixelSize {
    let long = longSide.rounded(toMultipleOf: multiple)
    let (small, large) = (min(ratio.width, ratio.height), max(ratio.width, ratio.height))
    // The long side is below 2²⁸ (the area target of the widest ratio), terms below 2³¹: the doubled product fits.
    let short = ((2 * long * small + large) / (2 * large)).rounded(toMultipleOf: multiple)
    return ratio.width >= ratio.height ? PixelSize(clamping: long, short) : PixelSize(clamping: short, long)
  }

  private static func areaTarget(_ ratio: AspectRatio, _ tier: ResolutionTier, multipleOf multiple: Int) -> PixelSize {
    let square = tier.pixels * tier.pixels
    let width = roundedRoot(of: square * ratio.width, over: ratio.height)
    let height = roundedRoot(of: square * ratio.height, over: ratio.width)
    guard multiple > 1 else { return PixelSize(clamping: width, height) }
    return longSideTarget(ratio, longSide: max(width, height), multipleOf: multiple)
  }

  /// √(numerator ÷ denominator), rounded half up, for values below 2⁶⁰.
  private static func roundedRoot(of numerator: Int, over denominator: Int) -> Int {
    let doubled = 4 * numerator / denominator
    var root = Int(Double(doubled).squareRoot())
    while root * root > doubled { root -= 1 }
    while (root + 1) * (root + 1) <= doubled { root += 1 }
    return (root + 1) / 2
  }
}

extension PixelSize {
  /// Each side at its nearest multiple, half up, at least one multiple.
  func rounded(toMultipleOf multiple: Int) -> PixelSize {
    PixelSize(clamping: width.rounded(toMultipleOf: multiple), height.rounded(toMultipleOf: multiple))
  }
}

extension Int {
  /// The nearest multiple, half up, at least one multiple and within the limit of a side; for positive values.
  fileprivate func rounded(toMultipleOf multiple: Int) -> Int {
    let most = PixelSize.sideLimit / multiple
    return Swift.min(Swift.max(1, (self + multiple / 2) / multiple), most) * multiple
  }
}
