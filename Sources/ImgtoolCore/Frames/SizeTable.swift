// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The sizes one generative back end snaps to, by ratio and tier; data, shipped as `size-tables.json`.
public struct SizeTable: Sendable, Hashable, Codable {
  /// One ratio at one tier, landscape; the newest size first.
  public struct Row: Sendable, Hashable, Codable {
    public let ratio: AspectRatio
    public let tier: ResolutionTier
    public let sizes: [PixelSize]

    private enum CodingKeys: String, CodingKey { case ratio, tier, sizes }

    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      ratio = try values.decode(AspectRatio.self, forKey: .ratio)
      tier = try values.decode(ResolutionTier.self, forKey: .tier)
      sizes = try values.decode([String].self, forKey: .sizes).map { text in
        guard let size = PixelSize(text) else {
          throw DecodingError.dataCorruptedError(
            forKey: .sizes, in: values, debugDescription: "\"\(text)\" is not a size such as \"2752x1536\"")
        }
        return size
      }
    }

    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(ratio, forKey: .ratio)
      try values.encode(tier, forKey: .tier)
      try values.encode(sizes.map { "\($0.width)x\($0.height)" }, forKey: .sizes)
    }
  }

  public let name: String
  public let title: String
  public let rows: [Row]

  /// The sizes for a ratio at a tier; portrait is the transpose of landscape.
  public func sizes(_ ratio: AspectRatio, _ tier: ResolutionTier) -> [PixelSize] {
    let isPortrait = ratio.height > ratio.width
    let landscape = isPortrait ? ratio.transposed : ratio
    let row = rows.first { $0.ratio == landscape && $0.tier == tier }
    return (row?.sizes ?? []).map { isPortrait ? $0.transposed : $0 }
  }

  /// Every shipped table.
  public static let all: [SizeTable] = load()

  /// The shipped table of that name.
  public static func named(_ name: String) -> SizeTable? { all.first { $0.name == name } }

  private struct File: Decodable { let tables: [SizeTable] }

  /// The shipped file is part of the program: a test decodes it, so it cannot fail for a user.
  private static func load() -> [SizeTable] {
    do {
      return try JSONDecoder().decode(File.self, from: Data(PackageResources.size_tables_json)).tables
    } catch {
      preconditionFailure("size-tables.json: \(error)")
    }
  }
}
