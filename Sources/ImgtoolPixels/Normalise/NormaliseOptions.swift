// SPDX-License-Identifier: Apache-2.0

/// How a picture is made upright.
public struct NormaliseOptions: Sendable, Hashable, Codable {
  /// Whether coded pixels may be decoded and encoded again.
  public enum Lossless: String, Sendable, Hashable, Codable, CaseIterable {
    /// Never with a loss: what cannot be turned without one is an error.
    case require
    /// With a loss only where there is no other way, and then it is said.
    case prefer
    /// JPEGs are always decoded and encoded again.
    case never
  }

  public var lossless: Lossless
  public var strip: MetadataStrip
  /// The quality where pixels are encoded again with a loss, 1–100 (libvips: Q).
  public var quality: Int

  public init(lossless: Lossless = .prefer, strip: MetadataStrip = .none, quality: Int = 95) {
    self.lossless = lossless
    self.strip = strip
    self.quality = quality
  }
}
