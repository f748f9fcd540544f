// SPDX-License-Identifier: Apache-2.0

/// A rectangle of whole pixels inside a frame, origin top-left.
public struct PixelRect: Sendable, Hashable, Codable {
  public let x: Int
  public let y: Int
  public let size: PixelSize

  public init(x: Int, y: Int, size: PixelSize) {
    self.x = x
    self.y = y
    self.size = size
  }

  public var width: Int { size.width }
  public var height: Int { size.height }

  /// Whether every pixel of the rectangle lies in a frame that starts at 0,0.
  public func isInside(_ frame: PixelSize) -> Bool {
    x >= 0 && y >= 0 && x <= frame.width - width && y <= frame.height - height
  }
}
