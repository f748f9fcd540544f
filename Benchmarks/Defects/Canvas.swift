// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels

/// Pixels to damage: red, green and blue, 8 bits each, rows from the top.
struct Canvas: Sendable {
  let width: Int
  let height: Int
  var samples: [UInt8]

  var size: PixelSize { PixelSize(ofCanvas: width, height) }

  init(_ picture: SmallPicture) {
    (width, height, samples) = (picture.size.width, picture.size.height, picture.samples)
  }

  private init(_ width: Int, _ height: Int, _ samples: [UInt8]) {
    (self.width, self.height, self.samples) = (width, height, samples)
  }

  /// Each sample of this picture through a function of its place and band.
  func mapped(_ level: (_ x: Int, _ y: Int, _ band: Int, _ level: Int) -> Int) -> Canvas {
    var result = self
    var place = 0
    for y in 0..<height {
      for x in 0..<width {
        for band in 0..<3 {
          result.samples[place] = UInt8(min(255, max(0, level(x, y, band, Int(samples[place])))))
          place += 1
        }
      }
    }
    return result
  }

  func cropped(x: Int, y: Int, _ newWidth: Int, _ newHeight: Int) -> Canvas {
    var part: [UInt8] = []
    part.reserveCapacity(newWidth * newHeight * 3)
    for row in y..<y + newHeight { part += samples[(row * width + x) * 3..<(row * width + x + newWidth) * 3] }
    return Canvas(newWidth, newHeight, part)
  }

  /// Another picture laid over this one, cut off at the sides.
  func covered(by other: Canvas, x left: Int, y top: Int) -> Canvas {
    var result = self
    let columns = max(0, left)..<max(0, left, min(width, left + other.width))
    for y in max(0, top)..<max(0, top, min(height, top + other.height)) {
      let from = ((y - top) * other.width + columns.lowerBound - left) * 3
      let to = (y * width + columns.lowerBound) * 3
      result.samples.replaceSubrange(to..<to + columns.count * 3, with: other.samples[from..<from + columns.count * 3])
    }
    return result
  }

  var flipped: Canvas {
    var result = self
    for y in 0..<height {
      for x in 0..<width {
        for band in 0..<3 {
          result.samples[(y * width + x) * 3 + band] = samples[(y * width + width - 1 - x) * 3 + band]
        }
      }
    }
    return result
  }

  /// Rows become columns.
  var transposed: Canvas {
    var result = Canvas(height, width, samples)
    for y in 0..<height {
      for x in 0..<width {
        for band in 0..<3 { result.samples[(x * height + y) * 3 + band] = samples[(y * width + x) * 3 + band] }
      }
    }
    return result
  }

  /// Scaled along both axes with Lanczos' kernel of three lobes, as services and libraries do.
  func resized(_ newWidth: Int, _ newHeight: Int) -> Canvas {
    alongColumns(newWidth).transposed.alongColumns(newHeight).transposed
  }

  /// A blur with about this deviation, by three means of a row and a column.
  func blurred(_ deviation: Double) -> Canvas {
    let reach = Int(deviation.rounded())
    guard reach > 0 else { return self }
    return (0..<3).reduce(self) { picture, _ in picture.meansOfRows(reach).transposed.meansOfRows(reach).transposed }
  }

  private func alongColumns(_ newWidth: Int) -> Canvas {
    guard newWidth != width else { return self }
    let scale = Double(newWidth) / Double(width)
    let stretch = max(1, 1 / scale)
    let taps = (0..<newWidth).map { x -> (first: Int, weights: [Float]) in
      let centre = (Double(x) + 0.5) / scale - 0.5
      let first = Int((centre - 3 * stretch).rounded(.up))
      let weights = (first...Int(centre + 3 * stretch)).map { Self.lanczos((Double($0) - centre) / stretch) }
      let total = weights.reduce(0, +)
      return (first, weights.map { $0 / total })
    }
    var result = [UInt8](repeating: 0, count: newWidth * height * 3)
    samples.withUnsafeBufferPointer { source in
      for y in 0..<height {
        for (x, tap) in taps.enumerated() {
          var sum = SIMD4<Float>(repeating: 0)
          for (step, weight) in tap.weights.enumerated() {
            let from = (y * width + min(max(0, tap.first + step), width - 1)) * 3
            sum += weight * SIMD4(Float(source[from]), Float(source[from + 1]), Float(source[from + 2]), 0)
          }
          let to = (y * newWidth + x) * 3
          for band in 0..<3 { result[to + band] = UInt8(min(255, max(0, sum[band].rounded()))) }
        }
      }
    }
    return Canvas(newWidth, height, result)
  }

  private static func lanczos(_ x: Double) -> Float {
    func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(.pi * x) / (.pi * x) }
    return abs(x) < 3 ? Float(sinc(x) * sinc(x / 3)) : 0
  }

  private func meansOfRows(_ reach: Int) -> Canvas {
    var result = self
    let count = 2 * reach + 1
    for y in 0..<height {
      for band in 0..<3 {
        func sample(_ x: Int) -> Int { Int(samples[(y * width + min(max(0, x), width - 1)) * 3 + band]) }
        var sum = (-reach...reach).reduce(0) { $0 + sample($1) }
        for x in 0..<width {
          result.samples[(y * width + x) * 3 + band] = UInt8((sum + count / 2) / count)
          sum += sample(x + reach + 1) - sample(x - reach)
        }
      }
    }
    return result
  }

  /// An uncompressed TIFF, little endian (TIFF 6.0 §2, §6).
  var tiff: [UInt8] {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let entries: [(tag: Int, type: Int, count: Int, value: Int)] = [
      (256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 134), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 140),
      (277, 3, 1, 3), (278, 4, 1, height), (279, 4, 1, samples.count), (284, 3, 1, 1),
    ]
    var file: [UInt8] = [0x49, 0x49, 42, 0] + bytes(8, 4) + bytes(entries.count, 2)
    for entry in entries {
      file += bytes(entry.tag, 2) + bytes(entry.type, 2) + bytes(entry.count, 4) + bytes(entry.value, 4)
    }
    // The directory ends at 134, where the three depths lie.
    return file + bytes(0, 4) + bytes(8, 2) + bytes(8, 2) + bytes(8, 2) + samples
  }
}

extension PixelSize {
  /// The size of pixels that are there, or will be: our own numbers, never a file's.
  init(ofCanvas width: Int, _ height: Int) {
    guard let size = PixelSize(width: max(1, width), height: max(1, height)) else {
      preconditionFailure("no canvas is that large: \(width)×\(height)")
    }
    self = size
  }
}
