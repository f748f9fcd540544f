// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels

/// The pixels of a sheet while cells are put on it.
struct SheetCanvas: Sendable {
  typealias Colour = (UInt8, UInt8, UInt8)

  static let paper: Colour = (30, 33, 37)
  static let ink: Colour = (236, 238, 240)
  static let soft: Colour = (158, 166, 174)
  static let good: Colour = (98, 210, 140)
  static let doubtful: Colour = (244, 186, 88)
  static let bad: Colour = (255, 122, 128)

  let size: PixelSize
  private(set) var samples: [UInt8]

  init(_ size: PixelSize) {
    self.size = size
    samples = [UInt8](repeating: 0, count: size.area * 3)
    fill(PixelRect(x: 0, y: 0, size: size), Self.paper)
  }

  /// Fills the part of a rectangle that is on the canvas.
  mutating func fill(_ rect: PixelRect, _ colour: Colour) {
    for y in max(0, rect.y)..<max(0, min(size.height, rect.y + rect.height)) {
      for x in max(0, rect.x)..<max(0, min(size.width, rect.x + rect.width)) { set(x, y, colour) }
    }
  }

  /// Puts a picture down; what leaves the canvas is left out.
  mutating func put(_ picture: SmallPicture, x left: Int, y top: Int) {
    for y in 0..<picture.size.height where top + y >= 0 && top + y < size.height {
      let count = min(picture.size.width, size.width - left)
      guard count > 0, left >= 0 else { continue }
      let (to, from) = (((top + y) * size.width + left) * 3, y * picture.size.width * 3)
      samples.replaceSubrange(to..<to + count * 3, with: picture.samples[from..<from + count * 3])
    }
  }

  /// Lays a colour on through a mask, 0…255, at most `width` pixels of it.
  mutating func lay(_ mask: TextMask, x left: Int, y top: Int, width: Int, _ colour: Colour) {
    for y in 0..<mask.size.height where top + y >= 0 && top + y < size.height {
      for x in 0..<min(mask.size.width, width) where left + x >= 0 && left + x < size.width {
        let opacity = Int(mask.opacities[y * mask.size.width + x])
        guard opacity > 0 else { continue }
        let place = ((top + y) * size.width + left + x) * 3
        func mixed(_ part: Int, _ level: UInt8) {
          samples[place + part] = UInt8((Int(samples[place + part]) * (255 - opacity) + Int(level) * opacity) / 255)
        }
        mixed(0, colour.0)
        mixed(1, colour.1)
        mixed(2, colour.2)
      }
    }
  }

  /// The mark of a picture that cannot be shown: a dark field with a red cross.
  mutating func cross(out rect: PixelRect) {
    fill(rect, (52, 30, 33))
    let (middleX, middleY) = (rect.x + rect.width / 2, rect.y + rect.height / 2)
    let reach = max(4, rect.size.shortSide / 6)
    for step in -reach...reach {
      for thickness in -2...2 {
        for place in [(middleX + step + thickness, middleY + step), (middleX + step + thickness, middleY - step)] {
          fill(PixelRect(x: place.0, y: place.1, size: PixelSize(clamping: 1, 1)), Self.bad)
        }
      }
    }
  }

  private mutating func set(_ x: Int, _ y: Int, _ colour: Colour) {
    let place = (y * size.width + x) * 3
    (samples[place], samples[place + 1], samples[place + 2]) = colour
  }
}
