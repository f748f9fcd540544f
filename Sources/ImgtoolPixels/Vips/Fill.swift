// SPDX-License-Identifier: Apache-2.0

/// What the margins around a placed picture are made of.
public enum Fill: Sendable, Hashable, Codable {
  /// The picture mirrored at its border, softer and softer with the distance.
  case mirror
  /// A soft copy of the picture that covers the frame, behind it.
  case blur
  /// The outermost pixels drawn out.
  case edge
  /// One colour.
  case colour(FillColour)
}

/// A colour of 8 bits a part, in the colour space of the picture it is put into.
public struct FillColour: Sendable, Hashable, Codable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8
  /// 0 transparent … 255 opaque; pictures without alpha ignore it.
  public var alpha: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }

  public static let white = FillColour(red: 255, green: 255, blue: 255)
  public static let black = FillColour(red: 0, green: 0, blue: 0)

  /// The samples of one pixel whose largest value is `full`: grey, grey and alpha, RGB, or RGB and alpha.
  ///
  /// Grey is the luma of Rec. 601.
  func samples(bands: Int, full: Double) -> [Double] {
    let parts = [red, green, blue].map { Double($0) / 255 * full }
    let grey = parts[0] * 0.299 + parts[1] * 0.587 + parts[2] * 0.114
    let colour = bands < 3 ? [grey] : parts
    return colour + (bands % 2 == 0 ? [Double(alpha) / 255 * full] : [])
  }

  /// The inks of one CMYK pixel, 0–255, without black.
  var inks: [Double] { [255 - Double(red), 255 - Double(green), 255 - Double(blue), 0] }
}
