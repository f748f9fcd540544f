// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Where the source lies in a result, found by comparing reduced copies of both.
public struct PlacementFit: Sendable, Hashable {
  /// Pixels of the result per pixel of the source along each axis.
  public var scaleX: Double
  public var scaleY: Double
  /// Where the source's top left corner lies, in pixels of the result.
  public var offsetX: Double
  public var offsetY: Double
  /// The share of the source's width and height that is inside the result.
  public var visibleX: Double
  public var visibleY: Double
  /// The share of the textured patches that were found where this placement puts them, 0…1.
  public var confidence: Double
  /// Patches of the source that could be found, and those that were.
  public var patches: Int
  public var confirmed: Int
  /// The patches that were found, in pixels of the whole pictures.
  public var matches: [PlacementMatch] = []

  /// The share of the source's area that is inside the result.
  public var visible: Double { visibleX * visibleY }
  /// scaleX ÷ scaleY − 1: 0.05 is 5 % too wide.
  public var distortion: Double { scaleX / scaleY - 1 }
}

/// A patch of the source that was found again.
public struct PlacementMatch: Sendable, Hashable {
  /// The patch's middle in the source, in pixels.
  public var sourceX: Double
  public var sourceY: Double
  /// Where its middle was found in the result, in pixels.
  public var resultX: Double
  public var resultY: Double
  /// Whether that is where the placement puts it.
  public var isConfirmed: Bool
}
