// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting

/// Files nobody should send, made by code.
enum BadInputs {
  static func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }

  static let good = SamplePictures.scene(PixelSize(clamping: 80, 70)).png()

  /// The header of a PNG of any size, with nothing behind it.
  static func header(_ width: Int, _ height: Int) -> [UInt8] {
    var bytes = Array(good.prefix(33))
    bytes.replaceSubrange(16..<24, with: number(width, 4).reversed() + number(height, 4).reversed())
    return bytes
  }

  /// A GIF of a few bytes that unpacks to 65535×65535 pixels (GIF89a §18, §20).
  static let bomb: [UInt8] =
    Array("GIF89a".utf8) + number(65_535, 2) + number(65_535, 2) + [0x80, 0, 0, 0, 0, 0, 255, 255, 255]
    + [0x2C, 0, 0, 0, 0] + number(65_535, 2) + number(65_535, 2) + [0, 2, 2, 0x4C, 0x01, 0, 0x3B] + [0, 0, 0, 0, 0]

  /// What a file can be that is no picture to work on, with the exit code `resize` and `verify` end with.
  static let files: [(name: String, bytes: [UInt8])] = [
    ("empty.png", []), ("text.jpg", Array("This is not an image.\n".utf8)), ("one.jpg", [0xFF]),
    ("header-only.png", header(60, 40)), ("truncated.png", Array(good.prefix(good.count / 2))),
    ("zero.png", header(0, 0)), ("zero-width.png", header(0, 40)),
  ]

  /// Whole headers of pictures too large to decode: preflight refuses them.
  static let giants: [(name: String, bytes: [UInt8])] = [
    ("wide.png", header(65_535, 65_535) + good.dropFirst(33)), ("bomb.gif", bomb),
  ]
}
