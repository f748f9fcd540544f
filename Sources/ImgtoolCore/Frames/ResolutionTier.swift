// SPDX-License-Identifier: Apache-2.0

/// The resolution tiers of Runflow: about 1024, 2048 and 4096 pixels on the long side.
public enum ResolutionTier: String, Sendable, Hashable, Codable, CaseIterable {
  case k1 = "1K"
  case k2 = "2K"
  case k4 = "4K"

  /// K in pixels.
  public var pixels: Int {
    switch self {
    case .k1: 1024
    case .k2: 2048
    case .k4: 4096
    }
  }

  /// Reads "1K", "2k" or "4K".
  public init?(_ text: String) {
    self.init(rawValue: text.uppercased())
  }
}

extension ResolutionTier: CustomStringConvertible {
  public var description: String { rawValue }
}
