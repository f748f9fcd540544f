// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore

extension Raster where Sample == UInt8 {
  /// The picture made smaller by averaging the area behind each new pixel; never larger.
  ///
  /// Sums run in one fixed order, so the bytes are the same everywhere.
  func reduced(to target: PixelSize, _ workers: Workers = Workers()) -> Raster {
    let target = PixelSize(clamping: min(target.width, width), min(target.height, height))
    return target == size ? self : reduced(PixelRect(x: 0, y: 0, size: size), to: target, workers)
  }

  /// A part of the picture made smaller; the part must lie inside, and be at least as large.
  func reduced(_ part: PixelRect, to target: PixelSize, _ workers: Workers = Workers()) -> Raster {
    precondition(part.isInside(size) && part.width >= target.width && part.height >= target.height)
    let reduction = AreaReduction(
      from: part, bands: bands, columns: AreaSpan.spans(from: part.width, to: target.width),
      rows: AreaSpan.spans(from: part.height, to: target.height), path: ck_best_path())
    var result = Raster(size: target, bands: bands, filledWith: 0)
    let middle = target.height / 2
    let picture = self
    result.samples.withUnsafeMutableBufferPointer { out in
      guard let out = out.baseAddress.map(SharedBytes.init) else { return }
      workers.pair(
        { reduction.run(0..<middle, of: picture, into: out) },
        { reduction.run(middle..<target.height, of: picture, into: out) })
    }
    return result
  }
}

/// Bytes that two threads write at once, each its own, which the compiler cannot see.
private struct SharedBytes: @unchecked Sendable {
  let bytes: UnsafeMutablePointer<UInt8>
}

/// How the pixels of a part become fewer.
private struct AreaReduction: Sendable {
  let from: PixelRect
  let bands: Int
  let columns: [AreaSpan]
  let rows: [AreaSpan]
  let path: ck_path

  /// Makes some rows of the result.
  func run(_ range: Range<Int>, of picture: Raster<UInt8>, into out: SharedBytes) {
    let line = Grid<Float>(width: from.width * bands, height: 1, filledWith: 0)
    picture.samples.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      for y in range {
        line.fill(with: 0)
        for (k, weight) in rows[y].weights.enumerated() {
          let row = base + ((from.y + rows[y].first + k) * picture.width + from.x) * bands
          ck_add_row(line.cells, row, Int32(line.width), weight, path)
        }
        narrow(line, into: out.bytes + y * columns.count * bands)
      }
    }
  }

  private func narrow(_ line: borrowing Grid<Float>, into out: UnsafeMutablePointer<UInt8>) {
    var place = 0
    for span in columns {
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
private struct AreaSpan: Sendable {
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
