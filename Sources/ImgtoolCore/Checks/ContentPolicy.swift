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

  public init() {}

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case blankSpread, flatDeviation, flatShare, lineDeviation, lineDrift, barShare, edgeStep, pairDrift, edgeShare, innerRatio
    case sourceDrift, borderShare
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
  }
}
