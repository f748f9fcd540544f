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

extension Fill: CustomStringConvertible {
  /// Reads "mirror", "blur", "edge", "colour=#1e90ff" or "color=#1e90ff".
  public init?(_ text: String) {
    switch text {
    case "mirror": self = .mirror
    case "blur": self = .blur
    case "edge": self = .edge
    default:
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, ["colour", "color"].contains(parts[0]), let colour = FillColour(parts[1]) else {
        return nil
      }
      self = .colour(colour)
    }
  }

  public var description: String {
    switch self {
    case .mirror: "mirror"
    case .blur: "blur"
    case .edge: "edge"
    case .colour(let colour): "colour=\(colour)"
    }
  }
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

  /// Reads "#1e90ff", "#1e90ff80" or the short "#19f", in any case, with or without the "#".
  public init?(_ text: some StringProtocol) {
    let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
    guard [3, 6, 8].contains(digits.utf8.count), digits.utf8.count == digits.count else { return nil }
    let values = digits.compactMap(\.hexDigitValue)
    guard values.count == digits.count else { return nil }
    let pairs: [Int] = values.count == 3 ? values.flatMap { [$0, $0] } : values
    let parts: [UInt8] = stride(from: 0, to: pairs.count, by: 2).map { UInt8(16 * pairs[$0] + pairs[$0 + 1]) }
    self.init(red: parts[0], green: parts[1], blue: parts[2], alpha: parts.count == 4 ? parts[3] : 255)
  }

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

extension FillColour: CustomStringConvertible {
  /// "#1e90ff", with two more digits where it is not opaque.
  public var description: String {
    let parts = alpha == 255 ? [red, green, blue] : [red, green, blue, alpha]
    return "#" + parts.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
