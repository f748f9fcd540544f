// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

/// A tiny picture of letters, turned by the words of EXIF 2.32 §4.6.4 and not by matrices.
private struct Letters: Equatable, CustomStringConvertible {
  var rows: [[Character]]

  /// No two of its eight orientations look alike.
  static let sample = Letters(rows: [["a", "b", "c"], ["d", "e", "f"]])

  var description: String { rows.map { String($0) }.joined(separator: "/") }

  var mirrored: Letters { Letters(rows: rows.map { $0.reversed() }) }
  var flipped: Letters { Letters(rows: rows.reversed()) }
  var swapped: Letters { Letters(rows: rows[0].indices.map { column in rows.map { $0[column] } }) }

  /// How the stored rows and columns are shown: the 0th row and column lie on the named sides.
  func shown(_ orientation: Orientation) -> Letters {
    switch orientation {
    case .up: self  // row top, column left
    case .upMirrored: mirrored  // row top, column right
    case .down: mirrored.flipped  // row bottom, column right
    case .downMirrored: flipped  // row bottom, column left
    case .leftMirrored: swapped  // row left, column top
    case .right: swapped.mirrored  // row right, column top
    case .rightMirrored: swapped.mirrored.flipped  // row right, column bottom
    case .left: swapped.flipped  // row left, column bottom
    }
  }
}

struct OrientationTests {
  private static let pairs = Orientation.allCases.flatMap { a in Orientation.allCases.map { (a, $0) } }

  @Test(arguments: pairs)
  func followingIsTheSameAsTurningTwice(first: Orientation, next: Orientation) {
    #expect(Letters.sample.shown(first).shown(next) == Letters.sample.shown(first.followed(by: next)))
  }

  @Test(arguments: Orientation.allCases)
  func theInverseUndoesFromBothSides(orientation: Orientation) {
    #expect(orientation.followed(by: orientation.inverse) == .up)
    #expect(orientation.inverse.followed(by: orientation) == .up)
    #expect(orientation.inverse.inverse == orientation)
  }

  @Test(arguments: Orientation.allCases)
  func upChangesNothing(orientation: Orientation) {
    #expect(orientation.followed(by: .up) == orientation)
    #expect(Orientation.up.followed(by: orientation) == orientation)
  }

  @Test(arguments: pairs)
  func followingIsAssociative(a: Orientation, b: Orientation) {
    for c in Orientation.allCases {
      #expect(a.followed(by: b).followed(by: c) == a.followed(by: b.followed(by: c)))
    }
  }

  @Test(arguments: Orientation.allCases)
  func fourTimesAnythingIsUp(orientation: Orientation) {
    let twice = orientation.followed(by: orientation)
    #expect(twice.followed(by: twice) == .up)
  }

  @Test func turningTwiceIsTheSameAsTurningDown() {
    #expect(Orientation.right.followed(by: .right) == .down)
    #expect(Orientation.left.followed(by: .left) == .down)
  }

  @Test(arguments: Orientation.allCases)
  func turnedOrientationsExchangeTheSides(orientation: Orientation) throws {
    let shown = Letters.sample.shown(orientation)
    let stored = try size("3x2")
    #expect(orientation.applied(to: stored) == PixelSize(width: shown.rows[0].count, height: shown.rows.count))
    #expect(orientation.isTurned == (orientation.applied(to: stored) != stored))
  }

  @Test func theEightValuesAreThoseOfEXIF() {
    #expect(Orientation.allCases.map(\.rawValue) == Array(1...8))
    #expect(Set(Orientation.allCases.map { Letters.sample.shown($0).description }).count == 8)
    #expect(Orientation(rawValue: 0) == nil)
    #expect(Orientation(rawValue: 9) == nil)
  }
}
