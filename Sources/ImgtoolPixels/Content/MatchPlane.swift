// SPDX-License-Identifier: Apache-2.0

/// A plane whose contrast is the same everywhere, so that brightness, gamma and colour do not count in a comparison.
///
/// Each value is the distance from the mean around it over the deviation around it, in steps of 1/24, −127…127.
struct MatchPlane: Sendable {
  let width: Int
  let height: Int
  private let values: [Int16]
  /// Sums of values and of squares over everything above and left; one row and one column more than the plane.
  ///
  /// They may overflow: what a window holds is a difference of them, which does not.
  private let sums: [Int32]
  private let squares: [Int32]

  /// - Parameter radius: how far "around" reaches, as in `GreyPlane.blurred`.
  /// - Parameter padding: pixels of nothing put around the plane.
  init(_ plane: GreyPlane, radius: Int, padding: Int = 0) {
    let mean = plane.blurred(radius)
    var spread = plane
    for index in spread.values.indices {
      let distance = plane.values[index] - mean.values[index]
      spread.values[index] = distance * distance
    }
    spread = spread.blurred(radius)
    let (width, height) = (plane.width + 2 * padding, plane.height + 2 * padding)
    var values = [Int16](repeating: 0, count: width * height)
    var sums = [Int32](repeating: 0, count: (width + 1) * (height + 1))
    var squares = sums
    values.withUnsafeMutableBufferPointer { values in
      mean.values.withUnsafeBufferPointer { mean in
        spread.values.withUnsafeBufferPointer { spread in
          plane.values.withUnsafeBufferPointer { own in
            for y in 0..<plane.height {
              for x in 0..<plane.width {
                let index = y &* plane.width &+ x
                let level = 24 * (own[index] - mean[index]) / (max(0, spread[index]).squareRoot() + 4)
                // Rounded to the nearest without a call, so that the compiler can take several at once.
                let nearest = min(127, max(-127, level)) + (level < 0 ? -0.5 : 0.5)
                values[(y &+ padding) &* width &+ x &+ padding] = Int16(truncatingIfNeeded: Int32(nearest))
              }
            }
          }
        }
      }
      sums.withUnsafeMutableBufferPointer { sums in
        squares.withUnsafeMutableBufferPointer { squares in
          for y in 0..<height {
            var (sum, square): (Int32, Int32) = (0, 0)
            for x in 0..<width {
              let value = Int32(values[y &* width &+ x])
              sum &+= value
              square &+= value &* value
              let place = y &* (width &+ 1) &+ x &+ 1
              sums[place &+ width &+ 1] = sums[place] &+ sum
              squares[place &+ width &+ 1] = squares[place] &+ square
            }
          }
        }
      }
    }
    (self.width, self.height, self.values, self.sums, self.squares) = (width, height, values, sums, squares)
  }

  /// A piece of a plane to be found in another.
  struct Piece {
    let width: Int
    let height: Int
    let values: [Int16]
    let sum: Int
    /// Count × sum of squares − square of the sum.
    let spread: Double
  }

  /// Where a piece fits best; places are of its top left corner, with fractions.
  struct Match {
    var x: Double
    var y: Double
    /// The correlation coefficient, −1…1.
    var score: Double
  }

  /// The piece at a place; nothing where it is not inside.
  func piece(_ x: Int, _ y: Int, _ pieceWidth: Int, _ pieceHeight: Int) -> Piece? {
    guard x >= 0, y >= 0, pieceWidth > 0, pieceHeight > 0, x + pieceWidth <= width, y + pieceHeight <= height
    else { return nil }
    var piece: [Int16] = []
    piece.reserveCapacity(pieceWidth * pieceHeight)
    for row in y..<y + pieceHeight { piece += values[row * width + x..<row * width + x + pieceWidth] }
    let (sum, spread) = window(x, y, pieceWidth, pieceHeight)
    return Piece(width: pieceWidth, height: pieceHeight, values: piece, sum: sum, spread: spread)
  }

  /// The best place of a piece among the given ones, refined by parabolas; nothing where none is inside.
  func best(_ piece: Piece, x columns: ClosedRange<Int>, y rows: ClosedRange<Int>) -> Match? {
    let (left, right) = (max(0, columns.lowerBound), min(width - piece.width, columns.upperBound))
    let (top, bottom) = (max(0, rows.lowerBound), min(height - piece.height, rows.upperBound))
    guard left <= right, top <= bottom else { return nil }
    let across = right - left + 1
    let lines = bottom - top + piece.height
    var scores = [Double](repeating: 0, count: across * (bottom - top + 1))
    // What is under the piece's columns, one row after the other: for each place then one run of numbers, as the piece is.
    var strip = [Int16](repeating: 0, count: lines * piece.width)
    values.withUnsafeBufferPointer { plane in
      piece.values.withUnsafeBufferPointer { wanted in
        strip.withUnsafeMutableBufferPointer { strip in
          guard let plane = plane.baseAddress, let wanted = wanted.baseAddress, let strip = strip.baseAddress else {
            return
          }
          for x in left...right {
            for line in 0..<lines {
              (strip + line &* piece.width).update(from: plane + ((top &+ line) &* width &+ x), count: piece.width)
            }
            for y in top...bottom {
              let products = Self.products(wanted, strip + (y &- top) &* piece.width, piece.width &* piece.height)
              scores[(y - top) * across + x - left] = score(Int(products), piece, x, y)
            }
          }
        }
      }
    }
    guard let index = scores.indices.max(by: { scores[$0] < scores[$1] }) else { return nil }
    let (x, y) = (index % across, index / across)
    func summit(_ before: Double, _ top: Double, _ after: Double) -> Double {
      let bend = before - 2 * top + after
      return bend < 0 ? min(0.5, max(-0.5, (before - after) / (2 * bend))) : 0
    }
    var match = Match(x: Double(left + x), y: Double(top + y), score: scores[index])
    if x > 0, x < across - 1 { match.x += summit(scores[index - 1], scores[index], scores[index + 1]) }
    if y > 0, y < bottom - top {
      match.y += summit(scores[index - across], scores[index], scores[index + across])
    }
    return match
  }

  /// The sum of the products of two runs of numbers.
  @inline(__always)
  private static func products(_ one: UnsafePointer<Int16>, _ other: UnsafePointer<Int16>, _ count: Int) -> Int32 {
    var (sum, index): (Int32, Int) = (0, 0)
    while index < count {
      sum &+= Int32(one[index]) &* Int32(other[index])
      index &+= 1
    }
    return sum
  }

  private func score(_ products: Int, _ piece: Piece, _ x: Int, _ y: Int) -> Double {
    let (sum, spread) = window(x, y, piece.width, piece.height)
    let both = (spread * piece.spread).squareRoot()
    // Where nothing is seen nothing is alike: a deviation of a tenth of a step.
    let count = piece.width * piece.height
    guard spread > 6 * Double(count * count), piece.spread > 6 * Double(count * count) else { return 0 }
    return Double(count * products - sum * piece.sum) / both
  }

  private func window(_ x: Int, _ y: Int, _ across: Int, _ down: Int) -> (sum: Int, spread: Double) {
    let first = y &* (width &+ 1) &+ x
    let last = first &+ down &* (width &+ 1)
    func inside(_ table: [Int32]) -> Int {
      table.withUnsafeBufferPointer {
        Int($0[last &+ across] &- $0[last] &- $0[first &+ across] &+ $0[first])
      }
    }
    let sum = inside(sums)
    return (sum, Double(across * down * inside(squares) - sum * sum))
  }
}
