// SPDX-License-Identifier: Apache-2.0

/// How stored pixels are turned for display: EXIF 2.32 §4.6.4, tag 0x0112, values 1–8.
public enum Orientation: Int, Sendable, Hashable, Codable, CaseIterable {
  case up = 1
  case upMirrored = 2
  case down = 3
  case downMirrored = 4
  case leftMirrored = 5
  case right = 6
  case rightMirrored = 7
  case left = 8

  /// Whether display exchanges width and height (values 5–8).
  public var isTurned: Bool { rawValue >= 5 }

  /// The display size of pixels stored as `stored`.
  public func applied(to stored: PixelSize) -> PixelSize { isTurned ? stored.transposed : stored }

  /// The orientation that undoes this one.
  public var inverse: Orientation {
    switch self {
    case .right: .left
    case .left: .right
    default: self
    }
  }

  /// The single orientation with the effect of this one followed by `next`.
  public func followed(by next: Orientation) -> Orientation {
    let combined = next.matrix * matrix
    // Eight matrices form a group: the product is always one of them.
    return Orientation.allCases.first { $0.matrix == combined } ?? .up
  }

  /// The effect on coordinates relative to the centre, y downwards.
  private var matrix: Turn {
    switch self {
    case .up: Turn(1, 0, 0, 1)
    case .upMirrored: Turn(-1, 0, 0, 1)
    case .down: Turn(-1, 0, 0, -1)
    case .downMirrored: Turn(1, 0, 0, -1)
    case .leftMirrored: Turn(0, 1, 1, 0)
    case .right: Turn(0, -1, 1, 0)
    case .rightMirrored: Turn(0, -1, -1, 0)
    case .left: Turn(0, 1, -1, 0)
    }
  }
}

/// A 2×2 matrix of −1, 0 and 1.
private struct Turn: Equatable {
  let a: Int, b: Int, c: Int, d: Int

  init(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
    (self.a, self.b, self.c, self.d) = (a, b, c, d)
  }

  static func * (l: Turn, r: Turn) -> Turn {
    Turn(l.a * r.a + l.b * r.c, l.a * r.b + l.b * r.d, l.c * r.a + l.d * r.c, l.c * r.b + l.d * r.d)
  }
}
