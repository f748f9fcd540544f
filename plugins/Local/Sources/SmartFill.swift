// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels

/// What the margins of a smart-resize are made of.
enum SmartFill: Sendable, Hashable {
  /// The picture's own texture, continued.
  case synthesize
  case plain(Fill)

  static let spellings = "synthesize, mirror, blur, edge, color=#rrggbb"

  /// The fill that the parameter `fill` names.
  init(_ parameters: Parameters) throws(ImgtoolError) {
    let text = parameters.text("fill") ?? "synthesize"
    switch text {
    case "synthesize", "synthesise": self = .synthesize
    case "mirror": self = .plain(.mirror)
    case "blur": self = .plain(.blur)
    case "edge": self = .plain(.edge)
    default:
      guard let colour = FillColour(fillText: text) else {
        throw ImgtoolError(.usage, "The fill \(text) is none of \(Self.spellings).")
      }
      self = .plain(.colour(colour))
    }
  }

  /// Whether margins become bars of one colour.
  var isPlainColour: Bool {
    if case .plain(.colour) = self { true } else { false }
  }
}

extension FillColour {
  static let transparent = FillColour(red: 0, green: 0, blue: 0, alpha: 0)

  /// Reads "color=#rrggbb", "colour=#rrggbbaa", "color=white", "color=black" or "color=transparent".
  fileprivate init?(fillText text: String) {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, parts[0] == "color" || parts[0] == "colour" else { return nil }
    switch parts[1] {
    case "white": self = .white
    case "black": self = .black
    case "transparent": self = .transparent
    default:
      let digits = parts[1].hasPrefix("#") ? parts[1].dropFirst() : parts[1]
      guard digits.count == 6 || digits.count == 8, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }),
        let value = UInt32(digits.count == 6 ? digits + "ff" : digits, radix: 16)
      else { return nil }
      self.init(
        red: UInt8(value >> 24), green: UInt8(value >> 16 & 255), blue: UInt8(value >> 8 & 255),
        alpha: UInt8(value & 255))
    }
  }
}
