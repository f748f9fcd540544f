// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// The bands of one colour at the sides of a picture.
struct BorderBands {
  /// A band: how many lines it has and what it looks like.
  struct Band {
    let thickness: Int
    let tone: SmallPicture.LineTone
  }

  let picture: SmallPicture
  let policy: ContentPolicy

  init(_ picture: SmallPicture, _ policy: ContentPolicy) {
    self.picture = picture
    self.policy = policy
  }

  /// The lines of one colour seen from a side; nothing where the outermost line is not of one colour.
  ///
  /// At most all but one line are counted, so that a blank picture ends somewhere.
  func band(from side: SmallPicture.Side) -> Band? {
    let first = picture.tone(ofLine: 0, from: side)
    guard first.deviation < policy.lineDeviation else { return nil }
    var thickness = 1
    while thickness < picture.depth(from: side) - 1 {
      let tone = picture.tone(ofLine: thickness, from: side)
      guard tone.deviation < policy.lineDeviation, tone.distance(to: first) <= policy.lineDrift else { break }
      thickness += 1
    }
    return Band(thickness: thickness, tone: first)
  }

  /// The bars at two opposite sides, or nothing where one is missing, soft, of another colour, unlikely or the source's own.
  ///
  /// - Parameter margins: how many lines lie between a side and the source, where that is known. A bar that ends just
  ///   there needs no hard border: beside black, black bars have none.
  func bars(
    _ pair: [SmallPicture.Side], source: SmallPicture?, margins: [SmallPicture.Side: Double] = [:]
  ) -> [Band]? {
    var found: [Band] = []
    for side in pair {
      guard let band = band(from: side), !isOwn(band, of: source, at: side) else { return nil }
      let depth = picture.depth(from: side)
      guard Double(band.thickness) >= policy.barShare * Double(depth) else { return nil }
      let endsAtSource = margins[side].map { abs($0 - Double(band.thickness)) <= 2 && band.tone.deviation < 0.75 }
      guard endsAtSource ?? false || hasHardEdge(band, side) else { return nil }
      found.append(band)
    }
    guard found.count == 2, found[0].tone.distance(to: found[1].tone) <= policy.pairDrift else { return nil }
    let depth = picture.depth(from: pair[0])
    let inner = depth - found.reduce(0) { $0 + $1.thickness }
    let across = pair[0].isHorizontal ? picture.size.height : picture.size.width
    guard inner > 0, max(inner, across) <= Int(policy.innerRatio * Double(min(inner, across))) else { return nil }
    return found
  }

  /// A border of one colour on all four sides.
  func uniformBorder() -> (colour: [Int], thickness: [SmallPicture.Side: Int])? {
    var thickness: [SmallPicture.Side: Int] = [:]
    var colour: SmallPicture.LineTone?
    for side in SmallPicture.Side.allCases {
      let depth = picture.depth(from: side)
      guard let band = band(from: side), Double(band.thickness) >= policy.borderShare * Double(depth),
        band.thickness < depth / 2
      else { return nil }
      if let colour, colour.distance(to: band.tone) > policy.lineDrift { return nil }
      colour = colour ?? band.tone
      thickness[side] = band.thickness
    }
    guard let mean = colour?.mean else { return nil }
    return ([mean.0, mean.1, mean.2].map { Int($0.rounded()) }, thickness)
  }

  /// Whether much of the first line behind the band is of another colour.
  ///
  /// One line is skipped: reducing a picture mixes both sides of a border in it.
  private func hasHardEdge(_ band: Band, _ side: SmallPicture.Side) -> Bool {
    let depth = picture.depth(from: side)
    let line = min(band.thickness + 1, depth - 1)
    return picture.share(ofLine: line, from: side, differingFrom: band.tone, by: policy.edgeStep) >= policy.edgeShare
  }

  /// Whether the source has a band of that colour at that side itself.
  private func isOwn(_ band: Band, of source: SmallPicture?, at side: SmallPicture.Side) -> Bool {
    guard let source, let own = BorderBands(source, policy).band(from: side) else { return false }
    return own.tone.distance(to: band.tone) <= policy.sourceDrift
      && Double(own.thickness) >= policy.barShare * Double(source.depth(from: side))
  }
}
