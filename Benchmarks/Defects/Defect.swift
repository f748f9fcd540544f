// SPDX-License-Identifier: Apache-2.0

/// One thing that can become of a result, and what the checks should say of it.
struct Defect: Sendable {
  enum Expectation: Sendable, Hashable {
    /// No warning and no failure.
    case sound
    /// This rule, as a warning or a failure.
    case rule(String)
    /// Anything but that the source is there.
    case absent
  }

  let name: String
  let expectation: Expectation
  var quality = 92
  /// The long side of the result.
  var longSide = 2048
  let make: @Sendable (Scene) async throws -> Canvas?
}

/// A photograph as a perfect result: its middle is the source, the rest was made up.
struct Scene: Sendable {
  /// What was sent.
  let source: Canvas
  /// The whole photograph; the source fills its height, or its width where it is high.
  let frame: Canvas
  /// Where the source lies in the frame.
  let place: (x: Int, y: Int, width: Int, height: Int)
  /// The source of another photograph.
  let other: Canvas
  /// Fills the frame around the source with the embedded backend.
  let fill: @Sendable (_ fill: String) async throws -> Canvas

  var isWide: Bool { frame.width > frame.height }
  var piece: Canvas { frame.cropped(x: place.x, y: place.y, place.width, place.height) }

  /// The frame with the source scaled by two factors, along the frame's long side and across it, over its middle.
  func replaced(along: Double, across: Double, by other: Canvas? = nil) -> Canvas {
    let (x, y) = isWide ? (along, across) : (across, along)
    let piece = (other ?? source).resized(
      Int((Double(place.width) * x).rounded()), Int((Double(place.height) * y).rounded()))
    return frame.covered(by: piece, x: (frame.width - piece.width) / 2, y: (frame.height - piece.height) / 2)
  }

  /// The frame whose margins show a colour.
  func barred(_ colour: [Int]) -> Canvas {
    frame.mapped { _, _, band, _ in colour[band] }.covered(by: piece, x: place.x, y: place.y)
  }

  /// The frame whose margins are the source turned over at its border, softened by `blur` of the long side.
  func mirrored(blur: Double) -> Canvas {
    let (piece, place) = (piece, place)
    func folded(_ at: Int, _ side: Int) -> Int {
      let turn = ((at % (2 * side)) + 2 * side) % (2 * side)
      return turn < side ? turn : 2 * side - 1 - turn
    }
    let turned = frame.mapped { x, y, band, _ in
      Int(
        piece.samples[
          (folded(y - place.y, piece.height) * piece.width + folded(x - place.x, piece.width)) * 3 + band])
    }
    return turned.blurred(blur * Double(max(frame.width, frame.height))).covered(by: piece, x: place.x, y: place.y)
  }

  /// The source at one end of the frame, the photograph behind it.
  var shifted: Canvas {
    frame.covered(by: piece, x: isWide ? place.x / 4 : place.x, y: isWide ? place.y : place.y / 4)
  }

  /// The source with a share of one end missing: it is moved out of the frame across it.
  func cutAtOneEnd(_ share: Double) -> Canvas {
    let step = Int((Double(isWide ? place.height : place.width) * share).rounded())
    return frame.covered(by: piece, x: isWide ? place.x : -step, y: isWide ? -step : place.y)
  }
}

extension Defect {
  static let all: [Defect] = sound + bars + stretched + cropped + mirrored + unlike

  private static let sound: [Defect] = [
    Defect(name: "untouched", expectation: .sound) { $0.frame },
    Defect(name: "JPEG quality 60", expectation: .sound, quality: 60) { $0.frame },
    Defect(name: "1024 pixels", expectation: .sound, longSide: 1024) { $0.frame },
    Defect(name: "4096 pixels", expectation: .sound, longSide: 4096) { $0.frame },
    Defect(name: "warmer and paler", expectation: .sound) {
      $0.frame.mapped { _, _, band, level in [46, 36, 22][band] + level * [82, 78, 70][band] / 100 }
    },
    Defect(name: "darker, more contrast", expectation: .sound) {
      $0.frame.mapped { _, _, _, level in level * level / 255 }
    },
    Defect(name: "moved along the frame", expectation: .sound) { $0.shifted },
    Defect(name: "margins synthesised by local.smart-resize", expectation: .sound) { try await $0.fill("synthesize") },
  ]

  private static let bars: [Defect] = [
    Defect(name: "black bars", expectation: .rule("content.bars")) { $0.barred([0, 0, 0]) },
    Defect(name: "white bars", expectation: .rule("content.bars")) { $0.barred([255, 255, 255]) },
    Defect(name: "blue bars", expectation: .rule("content.bars")) { $0.barred([40, 70, 130]) },
  ]

  private static let stretched: [Defect] =
    [3, 5, 10, 20].flatMap { percent -> [Defect] in
      let factor = 1 + Double(percent) / 100
      return [
        Defect(name: "\(percent) % longer", expectation: .rule("place.stretched")) {
          $0.replaced(along: factor, across: 1)
        },
        Defect(name: "\(percent) % shorter", expectation: .rule("place.stretched")) {
          $0.replaced(along: 1 / factor, across: 1)
        },
      ]
    } + [
      Defect(name: "stretched to fill the frame", expectation: .rule("place.stretched")) {
        $0.source.resized($0.frame.width, $0.frame.height)
      }
    ]

  private static let cropped: [Defect] =
    [5, 10, 20].map { percent in
      Defect(name: "\(percent) % cut off", expectation: .rule("place.cropped")) {
        let factor = 1 / (1 - Double(percent) / 100)
        return $0.replaced(along: factor, across: factor)
      }
    }
    + [5, 10, 20].map { percent in
      Defect(name: "\(percent) % cut off at one end", expectation: .rule("place.cropped")) {
        $0.cutAtOneEnd(Double(percent) / 100)
      }
    }

  private static let mirrored: [Defect] = [
    Defect(name: "mirrored margins", expectation: .rule("content.mirrorPadding")) { $0.mirrored(blur: 0) },
    Defect(name: "mirrored, blurred by 0.2 %", expectation: .rule("content.mirrorPadding")) {
      $0.mirrored(blur: 0.002)
    },
    Defect(name: "mirrored, blurred by 1 %", expectation: .rule("content.mirrorPadding")) { $0.mirrored(blur: 0.01) },
    Defect(name: "mirrored by local.smart-resize", expectation: .rule("content.mirrorPadding")) {
      try await $0.fill("mirror")
    },
  ]

  private static let unlike: [Defect] = [
    Defect(name: "left and right exchanged", expectation: .rule("place.mirrored")) {
      $0.replaced(along: 1, across: 1, by: $0.source.flipped)
    },
    Defect(name: "another picture", expectation: .absent) { $0.other.resized($0.frame.width, $0.frame.height) },
  ]
}
