// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// A sample type the engine can work on: 8 or 16 bits, full range, gamma-coded.
package protocol RasterSample: FixedWidthInteger, UnsignedInteger, BitwiseCopyable, Sendable {
  /// How many of its steps make one step of 8 bits: 1 or 257.
  static var stepsPerLevel: Float { get }
}

extension UInt8: RasterSample {
  package static var stepsPerLevel: Float { 1 }
}

extension UInt16: RasterSample {
  package static var stepsPerLevel: Float { 257 }
}

/// Interleaved pixels in memory, row by row without padding, origin top-left.
package struct Raster<Sample: RasterSample>: Sendable, Equatable {
  package let size: PixelSize
  /// Samples per pixel, 1…4.
  package let bands: Int
  package var samples: [Sample]

  package var width: Int { size.width }
  package var height: Int { size.height }

  /// Takes over samples that are already there.
  ///
  /// - Throws: `.usage` when the count is not width × height × bands or the bands are not 1…4.
  package init(size: PixelSize, bands: Int, samples: [Sample]) throws(ImgtoolError) {
    guard (1...4).contains(bands), samples.count / bands == size.area, samples.count % bands == 0 else {
      throw ImgtoolError(.usage, "\(samples.count) samples are not \(size) pixels of \(bands) bands.")
    }
    self.size = size
    self.bands = bands
    self.samples = samples
  }

  /// A raster of one value.
  package init(size: PixelSize, bands: Int, filledWith value: Sample) {
    precondition((1...4).contains(bands))
    self.size = size
    self.bands = bands
    self.samples = [Sample](repeating: value, count: size.area * bands)
  }
}
