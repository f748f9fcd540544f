// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// A small upright sRGB copy of a picture, 8 bits a part, for judging its content.
///
/// Three samples a pixel, rows from the top. Transparent parts show half grey.
public struct SmallPicture: Sendable, Hashable {
  public let size: PixelSize
  public let samples: [UInt8]

  /// - Returns: nothing where the number of samples is not three for each pixel.
  public init?(size: PixelSize, samples: [UInt8]) {
    guard samples.count == size.area * 3 else { return nil }
    self.size = size
    self.samples = samples
  }

  /// Makes stored samples upright.
  ///
  /// - `bands`: 1 grey, which counts for all three parts, or 3.
  /// - Returns: nothing for other bands, or where the number of samples does not fit.
  package init?(stored: [UInt8], size: PixelSize, bands: Int, turnedBy orientation: Orientation) {
    guard bands == 1 || bands == 3, stored.count == size.area * bands else { return nil }
    let shown = orientation.applied(to: size)
    let walk = orientation.walk(through: size)
    samples = [UInt8](unsafeUninitializedCapacity: size.area * 3) { target, count in
      var place = 0
      for line in 0..<shown.height {
        var pixel = walk.first + line * walk.down
        for _ in 0..<shown.width {
          for band in 0..<3 { target[place + band] = stored[pixel * bands + (bands == 3 ? band : 0)] }
          place += 3
          pixel += walk.across
        }
      }
      count = place
    }
    self.size = shown
  }

  /// A part of the picture, which must lie inside.
  func cropped(_ part: PixelRect) -> SmallPicture {
    // The number of samples is that of the part.
    SmallPicture(size: part.size, samples: samples.part(part, ofRowsOf: size.width, samplesEach: 3)) ?? self
  }

  /// The means of blocks of `factor` × `factor` pixels; the last blocks are completed with the last pixels.
  package func reduced(by factor: Int) -> SmallPicture {
    guard factor > 1 else { return self }
    let small = PixelSize(
      clamping: (size.width + factor - 1) / factor, (size.height + factor - 1) / factor)
    var means = [UInt8](repeating: 0, count: small.area * 3)
    samples.withUnsafeBufferPointer { source in
      var sums = [Int](repeating: 0, count: small.width * 3)
      for row in 0..<small.height {
        for index in sums.indices { sums[index] = 0 }
        for line in 0..<factor {
          let start = min(row * factor + line, size.height - 1) * size.width
          for x in 0..<small.width * factor {
            let (from, to) = ((start + min(x, size.width - 1)) * 3, x / factor * 3)
            sums[to] += Int(source[from])
            sums[to + 1] += Int(source[from + 1])
            sums[to + 2] += Int(source[from + 2])
          }
        }
        let half = factor * factor / 2
        for index in sums.indices {
          means[row * small.width * 3 + index] = UInt8((sums[index] + half) / (factor * factor))
        }
      }
    }
    // The number of samples is that of the size.
    return SmallPicture(size: small, samples: means) ?? self
  }

  /// The luma of every pixel, 0–255 with the weights of ITU-R BT.601, rounded.
  package var luma: [UInt8] {
    samples.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: size.area) { target, count in
        var place = 0
        for pixel in 0..<size.area {
          let weighted = 299 * Int(source[place]) + 587 * Int(source[place + 1]) + 114 * Int(source[place + 2])
          target[pixel] = UInt8((weighted + 500) / 1000)
          place += 3
        }
        count = size.area
      }
    }
  }
}

extension Array {
  /// The values of the pixels in a part of a picture, rows from the top.
  func part(_ part: PixelRect, ofRowsOf width: Int, samplesEach count: Int = 1) -> [Element] {
    var values: [Element] = []
    values.reserveCapacity(part.size.area * count)
    for y in part.y..<part.y + part.height {
      let first = (y * width + part.x) * count
      values += self[first..<first + part.width * count]
    }
    return values
  }
}

extension SmallPicture {
  /// A side of the picture.
  package enum Side: String, Sendable, Hashable, CaseIterable {
    case left, right, top, bottom

    package var isHorizontal: Bool { self == .left || self == .right }

    var opposite: Side {
      switch self {
      case .left: .right
      case .right: .left
      case .top: .bottom
      case .bottom: .top
      }
    }
  }

  /// How many lines of pixels lie one behind the other, seen from a side.
  package func depth(from side: Side) -> Int { side.isHorizontal ? size.width : size.height }

  /// The mean and the standard deviation of each part along one line, counted from a side.
  struct LineTone {
    var mean: (Double, Double, Double)
    var deviation: Double

    /// The largest difference of a part.
    func distance(to other: LineTone) -> Double {
      max(abs(mean.0 - other.mean.0), abs(mean.1 - other.mean.1), abs(mean.2 - other.mean.2))
    }
  }

  /// `deviation` is that of the part which varies most.
  func tone(ofLine line: Int, from side: Side) -> LineTone {
    var sums = (0, 0, 0)
    var squares = (0, 0, 0)
    let count = forEachPixel(ofLine: line, from: side) { red, green, blue in
      sums = (sums.0 + red, sums.1 + green, sums.2 + blue)
      squares = (squares.0 + red * red, squares.1 + green * green, squares.2 + blue * blue)
    }
    func deviation(_ sum: Int, _ square: Int) -> Double {
      let mean = Double(sum) / Double(count)
      return max(0, Double(square) / Double(count) - mean * mean).squareRoot()
    }
    let total = Double(count)
    return LineTone(
      mean: (Double(sums.0) / total, Double(sums.1) / total, Double(sums.2) / total),
      deviation: max(deviation(sums.0, squares.0), deviation(sums.1, squares.1), deviation(sums.2, squares.2)))
  }

  /// The share of pixels of a line that differ from a tone by more than `step` in any part.
  func share(ofLine line: Int, from side: Side, differingFrom tone: LineTone, by step: Double) -> Double {
    var differing = 0
    let count = forEachPixel(ofLine: line, from: side) { red, green, blue in
      let distance = max(
        abs(Double(red) - tone.mean.0), abs(Double(green) - tone.mean.1), abs(Double(blue) - tone.mean.2))
      if distance > step { differing += 1 }
    }
    return Double(differing) / Double(count)
  }

  /// Visits one line counted from a side; gives back how many pixels it has.
  @discardableResult
  private func forEachPixel(ofLine line: Int, from side: Side, _ visit: (Int, Int, Int) -> Void) -> Int {
    let (width, height) = (size.width, size.height)
    let count = side.isHorizontal ? height : width
    let first: Int
    switch side {
    case .left: first = line
    case .right: first = width - 1 - line
    case .top: first = line * width
    case .bottom: first = (height - 1 - line) * width
    }
    let step = (side.isHorizontal ? width : 1) * 3
    samples.withUnsafeBufferPointer { source in
      var place = first * 3
      for _ in 0..<count {
        visit(Int(source[place]), Int(source[place + 1]), Int(source[place + 2]))
        place += step
      }
    }
    return count
  }
}

extension Orientation {
  /// The order in which stored pixels are shown (EXIF 2.32 §4.6.4): the first one, and how far it is to the next one
  /// across and to the next line.
  fileprivate func walk(through stored: PixelSize) -> (first: Int, across: Int, down: Int) {
    let (width, last, lastLine) = (stored.width, stored.area - 1, stored.area - stored.width)
    return switch self {
    case .up: (0, 1, width)
    case .upMirrored: (width - 1, -1, width)
    case .down: (last, -1, -width)
    case .downMirrored: (lastLine, 1, -width)
    case .leftMirrored: (0, width, 1)
    case .right: (lastLine, -width, 1)
    case .rightMirrored: (last, -width, -1)
    case .left: (width - 1, width, -1)
    }
  }
}
