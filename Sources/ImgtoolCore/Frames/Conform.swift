// SPDX-License-Identifier: Apache-2.0

/// How a returned image is brought to the exact target: one uniform scale, then trimmed or padded evenly.
public struct ConformPlan: Sendable, Hashable {
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// Cover the target and trim the surplus.
    case exact
    /// Fit inside the target and pad the rest.
    case fit
  }

  public let mode: Mode
  public let target: PixelSize
  /// The size after scaling; covers the target for `exact`, lies inside it for `fit`.
  public let scaled: PixelSize
  /// The window kept of the scaled image for `exact`; where the scaled image lies in the target for `fit`.
  public let rect: PixelRect
  /// The larger share of a side that is trimmed, 0…1.
  public let trimmedShare: Double

  /// - Throws: `.postflight` when more than `policy.trimMost` of a side would be trimmed.
  public init(_ mode: Mode, from measured: PixelSize, to target: PixelSize, policy: FramePolicy) throws(ImgtoolError) {
    self.mode = mode
    self.target = target
    guard mode == .exact else {
      let placement = Placement(of: measured, in: target, snap: 0)
      (scaled, rect, trimmedShare) = (placement.rect.size, placement.rect, 0)
      return
    }
    let isWider = measured.width * target.height >= target.width * measured.height
    let width =
      isWider ? ImgtoolCore.scaled(measured.width, by: target.height, over: measured.height) : target.width
    let height =
      isWider ? target.height : ImgtoolCore.scaled(measured.height, by: target.width, over: measured.width)
    scaled = PixelSize(clamping: max(width, target.width), max(height, target.height))
    rect = PixelRect(
      x: (scaled.width - target.width) / 2, y: (scaled.height - target.height) / 2, size: target)
    // Subtracted before dividing: 30 of 1000 is 0.03 and not a little more.
    trimmedShare = max(
      Double(scaled.width - target.width) / Double(scaled.width),
      Double(scaled.height - target.height) / Double(scaled.height))
    if trimmedShare > policy.trimMost {
      let (share, most) = (Self.perCent(trimmedShare), Self.perCent(policy.trimMost))
      throw ImgtoolError(
        .postflight, "Conforming \(measured) to \(target) would trim \(share) % of a side; \(most) % is allowed.")
    }
  }
  /// One decimal, for messages.
  private static func perCent(_ share: Double) -> Double { (share * 1000).rounded() / 10 }
}
