// SPDX-License-Identifier: Apache-2.0

/// What the content checks call blank, flat, a bar or a border.
///
/// Levels are 0–255, shares are of a side.
public struct ContentPolicy: Sendable, Hashable, Codable {
  /// Luma spread (maximum − minimum) up to which a picture is blank.
  public var blankSpread: Int = 2
  /// Standard deviation of the luma below which a picture is flat.
  public var flatDeviation: Double = 2
  /// The share of pixels of one colour above which a picture is flat.
  public var flatShare: Double = 0.99
  /// Standard deviation below which a line of pixels is of one colour, for each of its parts.
  public var lineDeviation: Double = 3
  /// How far the mean of a line may be from that of the outermost line of the same bar.
  public var lineDrift: Double = 4
  /// The least thickness of a bar on both of two opposite sides.
  public var barShare: Double = 0.015
  /// The difference from the bar, in any part, that makes a pixel behind its border another colour.
  public var edgeStep: Double = 20
  /// How far the colours of two opposite bars may be apart.
  public var pairDrift: Double = 8
  /// The share of the first line behind a bar that has to differ for the border to be hard.
  public var edgeShare: Double = 0.3
  /// The most elongated picture inside bars that is still believed, as long side ÷ short side.
  public var innerRatio: Double = 5
  /// How far the colour of a band of the source may be from that of a bar for the bar to be the source's own.
  public var sourceDrift: Double = 6
  /// The least thickness of a border on all four sides that is worth taking off.
  public var borderShare: Double = 0.01
  /// The distortion, as |width scale ÷ height scale − 1|, up to which a result is not stretched.
  public var stretchPass: Double = 0.015
  /// The distortion above which a result fails; between the two it is a warning.
  public var stretchFail: Double = 0.025
  /// The share of the source's area from which on it is whole.
  public var visiblePass: Double = 0.985
  /// The share of the source's area below which a result fails as cropped; between the two it is a warning.
  public var visibleFail: Double = 0.97
  /// The share of the source's textured patches that must be found again for a placement to be believed.
  public var placementConfidence: Double = 0.6
  /// How far a picture that must stay where it is may move, as a share of its long side.
  public var moveShare: Double = 0.003
  /// How far the scale of a picture that must stay where it is may be from 1.
  public var moveScale: Double = 0.004
  /// The likeness of a margin to the turned picture beside it, −1…1, from which on it is a mirror image.
  public var mirrorLikeness: Double = 0.9
  /// The least thickness of a margin that is looked at, as a share of the side.
  public var marginShare: Double = 0.03
  /// The change in levels, of the pixel in the middle of all, above which a retouch has changed everything.
  public var changeMedian: Double = 8
  /// The change in levels that hardly any pixel of a retouch exceeds when nothing was done.
  public var changeLeast: Double = 3
  /// The change in levels, of the middle pixel away from skin, above which a retouch is not confined to skin.
  public var outsideMedian: Double = 5
  /// The change in levels that one in a hundred pixels away from skin may exceed.
  public var outsidePeak: Double = 26
  /// The least share of the skin's finest texture that a retouch must keep.
  public var textureShare: Double = 0.45
  /// How far the mean colour of the skin may move, in levels.
  public var toneShift: Double = 10
  /// The least likeness of eyes, brows and mouth to the source's, as structural similarity, −1…1.
  public var featureLikeness: Double = 0.92

  public init() {}

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case blankSpread, flatDeviation, flatShare, lineDeviation, lineDrift, barShare, edgeStep, pairDrift, edgeShare,
      innerRatio
    case sourceDrift, borderShare, stretchPass, stretchFail, visiblePass, visibleFail, placementConfidence, moveShare
    case moveScale, mirrorLikeness, marginShare, changeMedian, changeLeast, outsideMedian
    case outsidePeak, textureShare, toneShift, featureLikeness
  }

  /// Reads the fields that are there; the others keep their defaults.
  ///
  /// - Throws: `DecodingError` for an unknown field and for a level, share or ratio out of range.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseFields(besides: CodingKeys.allCases.map(\.rawValue), of: "a content policy")
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<V: Decodable & Comparable>(_ key: CodingKeys, _ standard: V, _ range: ClosedRange<V>) throws -> V {
      let value = try values.decodeIfPresent(V.self, forKey: key) ?? standard
      guard range.contains(value) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: values, debugDescription: "must be between \(range.lowerBound) and \(range.upperBound)")
      }
      return value
    }
    blankSpread = try read(.blankSpread, blankSpread, 0...255)
    flatDeviation = try read(.flatDeviation, flatDeviation, 0...255)
    flatShare = try read(.flatShare, flatShare, 0...1)
    lineDeviation = try read(.lineDeviation, lineDeviation, 0...255)
    lineDrift = try read(.lineDrift, lineDrift, 0...255)
    barShare = try read(.barShare, barShare, 0...1)
    edgeStep = try read(.edgeStep, edgeStep, 0...255)
    pairDrift = try read(.pairDrift, pairDrift, 0...255)
    edgeShare = try read(.edgeShare, edgeShare, 0...1)
    innerRatio = try read(.innerRatio, innerRatio, 1...1_000_000)
    sourceDrift = try read(.sourceDrift, sourceDrift, 0...255)
    borderShare = try read(.borderShare, borderShare, 0...1)
    stretchPass = try read(.stretchPass, stretchPass, 0...1)
    stretchFail = try read(.stretchFail, max(stretchFail, stretchPass), stretchPass...1)
    visiblePass = try read(.visiblePass, visiblePass, 0...1)
    visibleFail = try read(.visibleFail, min(visibleFail, visiblePass), 0...visiblePass)
    placementConfidence = try read(.placementConfidence, placementConfidence, 0...1)
    moveShare = try read(.moveShare, moveShare, 0...1)
    moveScale = try read(.moveScale, moveScale, 0...1)
    mirrorLikeness = try read(.mirrorLikeness, mirrorLikeness, -1...1)
    marginShare = try read(.marginShare, marginShare, 0...0.5)
    changeMedian = try read(.changeMedian, changeMedian, 0...255)
    changeLeast = try read(.changeLeast, changeLeast, 0...255)
    outsideMedian = try read(.outsideMedian, outsideMedian, 0...255)
    outsidePeak = try read(.outsidePeak, outsidePeak, 0...255)
    textureShare = try read(.textureShare, textureShare, 0...1)
    toneShift = try read(.toneShift, toneShift, 0...255)
    featureLikeness = try read(.featureLikeness, featureLikeness, -1...1)
  }
}
