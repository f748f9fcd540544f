// SPDX-License-Identifier: Apache-2.0

/// Every threshold of the frame rules, with the defaults that measured results of real back ends suggest.
///
/// The JSON form has the same names as the fields. Fields left out take their defaults; unknown fields, unknown
/// tables and thresholds that contradict each other are errors.
public struct FramePolicy: Sendable, Hashable {
  /// ρ, the log ratio error, up to which a ratio passes as close.
  public var closeRatio = 0.0125
  /// ρ up to which a ratio is a warning; beyond it is wrong.
  public var approximateRatio = 0.030
  /// How far the long side may be from K, as a share.
  public var tierLongSide = 0.02
  /// The least area over K² that counts as the tier.
  public var tierAreaLeast = 0.86
  /// The greatest area over K² that counts as the tier.
  public var tierAreaMost = 1.15
  /// How many pixels a side may differ from a table row.
  public var tableTolerance = 8
  /// Sides that are no multiple of this are noted; below 2 nothing is.
  public var grid = 8
  /// The least share of the area a same-size operation may return.
  public var sameAreaLeast = 0.98
  /// The largest share of a side that conforming may trim.
  public var trimMost = 0.03
  /// A margin below this many pixels is closed by scaling to the full side.
  public var snapMargin = 4
  /// The ratios a back end offers: a result nearer to another of them is wrong.
  public var offeredRatios = FramePolicy.runflowRatios
  /// The size tables a result may come from, by name.
  public var tables: [String] = SizeTable.all.map(\.name)

  public init() {}

  /// The ten ratios that smart-resize officially offers.
  public static let runflowRatios: [AspectRatio] = [
    "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9",
  ].compactMap { AspectRatio($0) }

  /// The policy for a back end whose sizes are exact: no tables.
  public static var exact: FramePolicy {
    var policy = FramePolicy()
    policy.tables = []
    return policy
  }
}
