// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels

/// An upright source taken out of libvips: its own samples, and an 8-bit RGB view of them to judge and search in.
struct SourcePixels: Sendable {
  /// Samples at the depth of the source, 1–4 bands.
  enum Samples: Sendable {
    case eight(Raster<UInt8>)
    case sixteen(Raster<UInt16>)
  }

  let samples: Samples
  /// Three bands; the source's own values, not colour-managed.
  let view: Raster<UInt8>

  /// Computes the pixels of a picture of 8 or 16 bits.
  ///
  /// - Throws: what computing throws.
  init(_ picture: borrowing Picture) throws(ImgtoolError) {
    if picture.sample == .u16 {
      let raster = try Raster(size: picture.size, bands: picture.bands, samples: try picture.samples16())
      samples = .sixteen(raster)
      view = try Self.view(raster) { UInt8((UInt32($0) * 255 + 32_895) >> 16) }
    } else {
      let raster = try Raster(size: picture.size, bands: picture.bands, samples: try picture.samples8())
      samples = .eight(raster)
      view = raster.bands == 3 ? raster : try Self.view(raster) { $0 }
    }
  }

  /// Grey three times or the first three bands, at 8 bits.
  private static func view<Sample>(
    _ raster: Raster<Sample>, _ level: (Sample) -> UInt8
  ) throws(ImgtoolError) -> Raster<UInt8> {
    let (bands, isGrey) = (raster.bands, raster.bands < 3)
    var samples = [UInt8](repeating: 0, count: raster.size.area * 3)
    raster.samples.withUnsafeBufferPointer { source in
      samples.withUnsafeMutableBufferPointer { target in
        for pixel in 0..<raster.size.area {
          for part in 0..<3 { target[pixel * 3 + part] = level(source[pixel * bands + (isGrey ? 0 : part)]) }
        }
      }
    }
    return try Raster(size: raster.size, bands: 3, samples: samples)
  }
}

extension Picture {
  /// A picture of computed samples with the profile and metadata of the upright one they came from.
  static func made(
    of samples: SourcePixels.Samples, like source: borrowing Picture, on thread: borrowing VipsThread
  ) throws(ImgtoolError) -> Picture {
    switch samples {
    case .eight(let raster):
      try Picture(samples: raster.samples, size: raster.size, bands: raster.bands, on: thread)
        .withMetadata(of: source).upright(from: .up)
    case .sixteen(let raster):
      try Picture(samples: raster.samples, size: raster.size, bands: raster.bands, on: thread)
        .withMetadata(of: source).upright(from: .up)
    }
  }

  /// The same picture where its samples are 8 or 16 bits of grey or RGB, else in sRGB.
  func inEngineColours() throws(ImgtoolError) -> Picture {
    let isPlain = [.grey, .grey16, .rgb, .rgb16].contains(interpretation) && (sample == .u8 || sample == .u16)
    return isPlain ? try shared() : try inSRGB()
  }
}
