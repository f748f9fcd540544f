// SPDX-License-Identifier: Apache-2.0

/// A piece of markup; text that is put into one is escaped, only other markup goes in as it is.
///
/// File names, messages of services and metadata are strangers' text. Literals are our own.
struct HTML: ExpressibleByStringInterpolation, Sendable {
  private(set) var text: String

  init(stringLiteral value: String) { text = value }
  init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

  /// Pieces one after the other.
  init(_ pieces: [HTML]) { text = pieces.map(\.text).joined() }

  static func += (left: inout HTML, right: HTML) { left.text += right.text }

  var isEmpty: Bool { text.isEmpty }

  /// What `\( )` does inside a literal.
  struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ markup: HTML) { text += markup.text }
    mutating func appendInterpolation(_ pieces: [HTML]) { for piece in pieces { text += piece.text } }
    mutating func appendInterpolation(_ number: Int) { text += number.description }

    /// A number with at most four decimals.
    mutating func appendInterpolation(_ number: Double) {
      let rounded = (number * 10_000).rounded() / 10_000
      // A place in a picture is a whole number more often than not.
      text += rounded == rounded.rounded() && abs(rounded) < 1e15 ? Int(rounded).description : rounded.description
    }

    /// Text, with control characters made visible and everything that could be markup escaped.
    mutating func appendInterpolation(_ text: String) {
      for scalar in text.escaped.unicodeScalars {
        switch scalar {
        case "&": self.text += "&amp;"
        case "<": self.text += "&lt;"
        case ">": self.text += "&gt;"
        case "\"": self.text += "&quot;"
        case "'": self.text += "&#39;"
        default: self.text.unicodeScalars.append(scalar)
        }
      }
    }
  }
}
