// SPDX-License-Identifier: Apache-2.0

/// Width × height in whole pixels, each 1…2,147,483,647, after orientation unless a name says `stored`.
public struct PixelSize: Sendable, Hashable {
  public let width: Int
  public let height: Int

  /// The largest side any reader accepts, that of a signed 32-bit field.
  public static let sideLimit = Int(Int32.max)

  /// A size, or nothing when a side is outside 1…`sideLimit`.
  public init?(width: Int, height: Int) {
    guard (1...Self.sideLimit).contains(width), (1...Self.sideLimit).contains(height) else { return nil }
    self.width = width
    self.height = height
  }

  /// A size whose sides are clamped into range; for results of our own arithmetic.
  package init(clamping width: Int, _ height: Int) {
    self.width = min(max(width, 1), Self.sideLimit)
    self.height = min(max(height, 1), Self.sideLimit)
  }

  /// Width × height; fits in 64 bits by construction.
  public var area: Int { width * height }
  public var longSide: Int { max(width, height) }
  public var shortSide: Int { min(width, height) }

  /// The same frame turned by a quarter.
  public var transposed: PixelSize { PixelSize(clamping: height, width) }
}

extension PixelSize: CustomStringConvertible {
  public var description: String { "\(width)×\(height)" }

  /// Reads "4000x3000", "4000×3000" or "4000X3000"; nothing else.
  public init?(_ text: String) {
    let sides = text.split(omittingEmptySubsequences: false) { "xX×".contains($0) }
    guard sides.count == 2, let width = Int(strict: sides[0]), let height = Int(strict: sides[1]) else { return nil }
    self.init(width: width, height: height)
  }
}

extension PixelSize: Codable {
  private enum CodingKeys: String, CodingKey { case width, height }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let width = try values.decode(Int.self, forKey: .width)
    let height = try values.decode(Int.self, forKey: .height)
    guard let size = PixelSize(width: width, height: height) else {
      throw DecodingError.dataCorruptedError(
        forKey: .width, in: values, debugDescription: "a side is outside 1…\(Self.sideLimit): \(width)×\(height)")
    }
    self = size
  }
}

extension Int {
  /// Reads digits only: no sign, no space, at most 18 of them.
  package init?(strict text: some StringProtocol) {
    guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    self.init(text)
  }
}
