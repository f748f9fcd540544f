// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

extension TurboJPEG.Pixels {
  /// The pixels as a viewer shows them when they are stored with this orientation.
  package func turned(by orientation: Orientation) -> TurboJPEG.Pixels {
    let target = orientation.applied(to: size)
    var result = TurboJPEG.Pixels(size: target, channels: channels, bytes: [])
    result.bytes.reserveCapacity(bytes.count)
    for y in 0..<target.height {
      for x in 0..<target.width {
        let from = Self.source(of: x, y, orientation, size)
        let start = (from.y * size.width + from.x) * channels
        result.bytes += bytes[start..<start + channels]
      }
    }
    return result
  }

  /// Where the pixel shown at x, y is stored (EXIF 2.32 §4.6.4, tag 0x0112).
  private static func source(
    of x: Int, _ y: Int, _ orientation: Orientation, _ stored: PixelSize
  ) -> (x: Int, y: Int) {
    let (right, bottom) = (stored.width - 1, stored.height - 1)
    return switch orientation {
    case .up: (x, y)
    case .upMirrored: (right - x, y)
    case .down: (right - x, bottom - y)
    case .downMirrored: (x, bottom - y)
    case .leftMirrored: (y, x)
    case .right: (y, bottom - x)
    case .rightMirrored: (right - y, bottom - x)
    case .left: (right - y, x)
    }
  }
}
