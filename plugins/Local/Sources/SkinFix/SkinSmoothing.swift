// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore

/// Evens a face's skin out at full size: the patch's layers are read between their pixels, row by row.
final class SkinSmoothing: Sendable {
  private let area: PixelRect
  private let layers: SkinLayers
  private let scaleY: Float
  /// How much of the finest texture to take away, 0…1.
  private let amount: Float
  private let path: ck_path
  /// The columns of the area that may have skin.
  private let columns: Range<Int>
  /// For each of these columns, the column of the layers left of it, and how far it is from there to the next one.
  private let left: [Int32]
  private let share: [Float]

  /// What of the finest texture is taken away never reaches this many levels.
  private static let limit: Float = 10
  /// After how many rows somebody is asked whether the work is still wanted.
  private static let strip = 64

  /// - Parameters:
  ///   - layers: Those of the patch.
  ///   - strength: 0…1.
  init(_ patch: FacePatch, _ layers: SkinLayers, strength: Float, path: ck_path = ck_best_path()) {
    area = patch.area
    self.layers = layers
    scaleY = patch.scaleY
    amount = 0.30 * strength
    self.path = path
    let places = (0..<area.width).map { Self.place($0, patch.scaleX, layers.width) }
    // A pixel has skin when one of the two columns it lies between does.
    let skin = layers.columns
    let first = places.firstIndex { $0.first + 1 >= skin.lowerBound } ?? places.count
    let end = places.lastIndex { $0.first < skin.upperBound }.map { $0 + 1 } ?? first
    columns = first..<max(first, end)
    left = places[columns].map { Int32($0.first) }
    share = places[columns].map(\.share)
  }

  /// Rewrites the skin of a picture, halves of it as a pair; other pixels are not touched.
  ///
  /// - Throws: `.cancelled`; the picture is then half done.
  func apply(to picture: inout Raster<UInt8>, _ workers: Workers) throws(ImgtoolError) {
    guard !columns.isEmpty, !layers.rows.isEmpty else { return }
    let rowLength = picture.width
    picture.samples.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let pixels = SharedPixels(samples: base, rowLength: rowLength)
      let middle = area.height / 2
      workers.pair(
        { self.apply(0..<middle, to: pixels, workers) }, { self.apply(middle..<self.area.height, to: pixels, workers) })
    }
    try workers.check()
  }

  private func apply(_ rows: Range<Int>, to pixels: SharedPixels, _ workers: Workers) {
    let stretched = StretchedRows(layers, left, share)
    for y in rows {
      if y % Self.strip == 0, workers.isCancelled() { return }
      let place = Self.place(y, scaleY, layers.height)
      let next = min(place.first + 1, layers.height - 1)
      guard next >= layers.rows.lowerBound, place.first < layers.rows.upperBound else { continue }
      let (upper, lower) = stretched.rows(place.first, next)
      let pixel = pixels.samples + ((area.y + y) * pixels.rowLength + area.x + columns.lowerBound) * 3
      ck_even_row(
        pixel, Int32(columns.count), upper, lower, columns.count, place.share, amount, Self.limit, path)
    }
  }

  /// Between which two of `count` pixels of the patch a pixel's centre lies, and how far it is from the first.
  private static func place(_ pixel: Int, _ scale: Float, _ count: Int) -> (first: Int, share: Float) {
    let place = min(max(0, (Float(pixel) + 0.5) * scale - 0.5), Float(count - 1))
    let first = min(Int(place), max(0, count - 2))
    return (first, place - Float(first))
  }
}

/// The two rows of layers last asked for, as wide as the picture's.
private struct StretchedRows: ~Copyable {
  private let layers: SkinLayers
  private let left: [Int32]
  private let share: [Float]
  private let even: Plane
  private let odd: Plane
  private let held = Grid<Int>(width: 2, height: 1, filledWith: -1)

  init(_ layers: SkinLayers, _ left: [Int32], _ share: [Float]) {
    self.layers = layers
    self.left = left
    self.share = share
    even = Plane(width: left.count, height: SkinLayers.count, filledWith: 0)
    odd = Plane(width: left.count, height: SkinLayers.count, filledWith: 0)
  }

  /// Two rows side by side, or one of them twice.
  func rows(_ first: Int, _ second: Int) -> (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) {
    (row(first), row(second))
  }

  private func row(_ number: Int) -> UnsafeMutablePointer<Float> {
    let target = number % 2 == 0 ? even.cells : odd.cells
    guard held[number % 2] != number else { return target }
    held[number % 2] = number
    for layer in 0..<SkinLayers.count {
      let from = layers.cells.cells + (number * SkinLayers.count + layer) * layers.width
      let next = layers.width > 1 ? 1 : 0
      let to = target + layer * left.count
      left.withUnsafeBufferPointer { left in
        share.withUnsafeBufferPointer { share in
          for i in 0..<left.count {
            let place = from + Int(left[i])
            to[i] = place[0] + (place[next] - place[0]) * share[i]
          }
        }
      }
    }
    return target
  }
}

/// A picture that two threads write at once, each its own rows, which the compiler cannot see.
private struct SharedPixels: @unchecked Sendable {
  let samples: UnsafeMutablePointer<UInt8>
  let rowLength: Int
}
