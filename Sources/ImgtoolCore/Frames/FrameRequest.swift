// SPDX-License-Identifier: Apache-2.0

/// What is ordered: a ratio at a tier, or a size in pixels.
public enum FrameRequest: Sendable, Hashable {
  case tier(AspectRatio, ResolutionTier)
  case exactly(PixelSize)

  /// The ratio ordered, that of the size where a size was ordered.
  public var ratio: AspectRatio {
    switch self {
    case .tier(let ratio, _): ratio
    case .exactly(let size): AspectRatio(of: size)
    }
  }
}

extension FrameRequest: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tier(let ratio, let tier): "\(ratio) at \(tier)"
    case .exactly(let size): size.description
    }
  }
}

/// How a tier becomes pixels.
public enum FrameContract: Sendable, Hashable {
  /// The long side is exactly K.
  case longSide
  /// The area is about K².
  case area
  /// A row of a named size table.
  case table(String)

  /// Reads "longSide", "area" or the name of a shipped size table.
  public init?(_ text: String) {
    switch text.lowercased() {
    case "longside", "long-side": self = .longSide
    case "area": self = .area
    default:
      guard SizeTable.named(text) != nil else { return nil }
      self = .table(text)
    }
  }
}

extension FrameContract: CustomStringConvertible {
  public var description: String {
    switch self {
    case .longSide: "longSide"
    case .area: "area"
    case .table(let name): name
    }
  }
}
