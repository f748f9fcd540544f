// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// What a small picture shows that nobody ordered: nothing at all, bars, a border.
public struct ContentChecks: Sendable {
  public let policy: ContentPolicy

  public init(policy: ContentPolicy = ContentPolicy()) { self.policy = policy }

  /// `content.present`, or `content.blank` (fail) or `content.flat` (warn).
  public func presence(of picture: SmallPicture) -> Finding {
    let histogram = Self.histogram(picture.luma)
    let levels = histogram.indices.filter { histogram[$0] > 0 }
    let spread = (levels.last ?? 0) - (levels.first ?? 0)
    let colours = Self.colourSpread(picture)
    if max(spread, colours) <= policy.blankSpread {
      return Finding(
        "content.blank", .fail, "The picture is of one colour.", measured: .count(max(spread, colours)),
        allowed: .count(policy.blankSpread))
    }
    let deviation = Self.deviation(histogram)
    if deviation < policy.flatDeviation, colours < 16 {
      return Finding(
        "content.flat", .warn, "The picture has almost no contrast.", measured: .real(Self.rounded(deviation)),
        allowed: .real(policy.flatDeviation))
    }
    let share = Self.largestShare(picture)
    if share > policy.flatShare {
      return Finding(
        "content.flat", .warn, "Almost all of the picture is of one colour.", measured: .real(Self.rounded(share)),
        allowed: .real(policy.flatShare))
    }
    return Finding(
      "content.present", .pass, "The picture shows something.", measured: .real(Self.rounded(deviation)))
  }

  /// `content.noBars`, or `content.bars` (fail): two opposite sides of the same plain colour with a hard border.
  ///
  /// - `source`: the ordered picture, where there is one; bands it has itself are no bars.
  public func bars(in picture: SmallPicture, source: SmallPicture? = nil) -> Finding {
    bars(in: picture, source: source, margins: [:])
  }

  /// The same where the source was looked for in the result, and found or not.
  public func bars(in result: ReducedPicture, source: ReducedPicture, fit: PlacementFit?) -> Finding {
    bars(
      in: result.picture, source: source.picture, margins: fit.map { result.margins($0, of: source.fullSize) } ?? [:])
  }

  private func bars(
    in picture: SmallPicture, source: SmallPicture?, margins: [SmallPicture.Side: Double]
  ) -> Finding {
    let bands = BorderBands(picture, policy)
    for pair in [[SmallPicture.Side.left, .right], [.top, .bottom]] {
      guard let found = bands.bars(pair, source: source, margins: margins) else { continue }
      let depth = picture.depth(from: pair[0])
      let shares = found.map { Self.rounded(Double($0.thickness) / Double(depth)) }
      let text = zip(pair, shares).map { "\($0.rawValue) \($1)" }.joined(separator: ", ")
      return Finding(
        "content.bars", .fail, "Two opposite sides are plain bars (\(text) of the side).", measured: .text(text),
        allowed: .real(policy.barShare))
    }
    return Finding("content.noBars", .pass, "No plain bars at opposite sides.")
  }

  /// `route.uniformBorder` (note) where all four sides have a border of one colour; nothing otherwise.
  public func uniformBorder(of picture: SmallPicture) -> Finding? {
    guard let border = BorderBands(picture, policy).uniformBorder() else { return nil }
    let parts = SmallPicture.Side.allCases.compactMap { side in
      border.thickness[side].map {
        "\(side.rawValue) \(Self.rounded(Double($0) / Double(picture.depth(from: side))))"
      }
    }
    let colour = "rgb(\(border.colour.map(String.init).joined(separator: ",")))"
    return Finding(
      "route.uniformBorder", .note,
      "A border of \(colour) runs all round (\(parts.joined(separator: ", "))): padding locally costs nothing.",
      measured: .text(colour))
  }

  /// Everything a result is checked for.
  public func all(of picture: SmallPicture, source: SmallPicture? = nil) -> [Finding] {
    [presence(of: picture), bars(in: picture, source: source)]
  }

  private static func histogram(_ luma: [UInt8]) -> [Int] {
    var counts = [Int](repeating: 0, count: 256)
    for level in luma { counts[Int(level)] += 1 }
    return counts
  }

  private static func deviation(_ histogram: [Int]) -> Double {
    var (count, sum, squares) = (0, 0, 0)
    for (level, number) in histogram.enumerated() {
      count += number
      sum += level * number
      squares += level * level * number
    }
    guard count > 0 else { return 0 }
    let mean = Double(sum) / Double(count)
    return max(0, Double(squares) / Double(count) - mean * mean).squareRoot()
  }

  /// The largest difference between two pixels in any part.
  private static func colourSpread(_ picture: SmallPicture) -> Int {
    var low = [255, 255, 255]
    var high = [0, 0, 0]
    for (place, sample) in picture.samples.enumerated() {
      low[place % 3] = min(low[place % 3], Int(sample))
      high[place % 3] = max(high[place % 3], Int(sample))
    }
    return zip(low, high).map { $1 - $0 }.max() ?? 0
  }

  /// The share of the commonest colour, colours taken together in steps of 8 levels.
  private static func largestShare(_ picture: SmallPicture) -> Double {
    var counts = [Int](repeating: 0, count: 1 << 15)
    picture.samples.withUnsafeBufferPointer { source in
      for pixel in 0..<picture.size.area {
        let (red, green, blue) = (source[pixel * 3], source[pixel * 3 + 1], source[pixel * 3 + 2])
        counts[Int(red >> 3) << 10 | Int(green >> 3) << 5 | Int(blue >> 3)] += 1
      }
    }
    return Double(counts.max() ?? 0) / Double(picture.size.area)
  }

  /// To four decimals, for reports.
  static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
