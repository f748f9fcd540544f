// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Work on one margin of a frame, independent of the opposite one.
protocol MarginPainting: Sendable {
  var workers: Workers { get }
  /// - Throws: `.cancelled`.
  func paint() throws(ImgtoolError)
}

extension Raster {
  /// The raster inside a larger one whose other samples are zero.
  func placed(_ placement: PixelRect, in frame: PixelSize) -> Raster {
    var result = Raster(size: frame, bands: bands, filledWith: 0)
    let rowLength = width * bands
    result.samples.withUnsafeMutableBufferPointer { out in
      samples.withUnsafeBufferPointer { from in
        guard let to = out.baseAddress, let base = from.baseAddress else { return }
        for y in 0..<height {
          let start = ((placement.y + y) * frame.width + placement.x) * bands
          (to + start).update(from: base + y * rowLength, count: rowLength)
        }
      }
    }
    return result
  }

  /// Runs at most two paintings, made for these samples, as a pair.
  mutating func paintMargins<Painting: MarginPainting>(_ paintings: (UnsafeMutablePointer<Sample>) -> [Painting])
    throws(ImgtoolError)
  {
    var failure: ImgtoolError?
    samples.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let paintings = paintings(base)
      do throws(ImgtoolError) {
        if paintings.count == 2 {
          let (first, second) = (paintings[0], paintings[1])
          _ = try first.workers.both(
            { () throws(ImgtoolError) -> Bool in
              try first.paint()
              return true
            },
            { () throws(ImgtoolError) -> Bool in
              try second.paint()
              return true
            })
        } else {
          for painting in paintings { try painting.paint() }
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
