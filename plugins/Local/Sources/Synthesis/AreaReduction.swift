// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

extension Raster where Sample == UInt8 {
  /// The picture made smaller by averaging the area behind each new pixel; never larger.
  ///
  /// Sums run in one fixed order, so the bytes are the same everywhere.
  func reduced(to target: PixelSize) -> Raster {
    let target = PixelSize(clamping: min(target.width, width), min(target.height, height))
    if target == size { return self }
    var result = Raster(size: target, bands: bands, filledWith: 0)
    let spans = AreaSpan.spans(from: width, to: target.width)
    let rows = AreaSpan.spans(from: height, to: target.height)
    let rowLength = width * bands
    let line = Grid<Float>(width: rowLength, height: 1, filledWith: 0)
    samples.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      result.samples.withUnsafeMutableBufferPointer { out in
        for (y, span) in rows.enumerated() {
          line.fill(with: 0)
          for (k, weight) in span.weights.enumerated() {
            let row = base + (span.first + k) * rowLength
            for i in 0..<rowLength { line.cells[i] += weight * Float(row[i]) }
          }
          Self.narrow(line, spans, bands: bands, into: out, at: y * target.width * bands)
        }
      }
    }
    return result
  }

  private static func narrow(
    _ line: borrowing Grid<Float>, _ spans: [AreaSpan], bands: Int, into out: UnsafeMutableBufferPointer<UInt8>,
    at start: Int
  ) {
    var place = start
    for span in spans {
      for band in 0..<bands {
        var sum: Float = 0
        var index = span.first * bands + band
        span.weights.withUnsafeBufferPointer { weights in
          for weight in weights {
            sum += weight * line.cells[index]
            index += bands
          }
        }
        out[place] = UInt8(truncatingIfNeeded: Int32(min(255, max(0, sum + 0.5))))
        place += 1
      }
    }
  }
}

/// The old pixels behind one new pixel along an axis, with weights that add up to one.
private struct AreaSpan {
  let first: Int
  let weights: [Float]

  static func spans(from old: Int, to new: Int) -> [AreaSpan] {
    (0..<new).map { i in
      // The new pixel covers [i·old, (i+1)·old) in units of 1/new old pixels: exact in integers.
      let begin = i * old
      let end = (i + 1) * old
      let first = begin / new
      let last = min(old - 1, (end - 1) / new)
      let weights = (first...last).map { k in
        Float(min(end, (k + 1) * new) - max(begin, k * new)) / Float(old)
      }
      return AreaSpan(first: first, weights: weights)
    }
  }
}
