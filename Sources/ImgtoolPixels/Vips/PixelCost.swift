// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// How many bytes a piece of pixel work holds at most, told from the header; the currency of `VipsPool`.
///
/// From measurements of libvips 8.14 at 8000×6000×3 (137 MiB decoded): sequential resize 72 MB resident, turned
/// upright through memory 191 MB, progressive JPEG 209 MB.
package enum PixelCost {
  /// What every piece costs: a sequential pipeline with its line buffers.
  package static let base = ByteCount.mebibytes(48)

  /// The cost of decoding a file once and working on it line by line, or whole when it has to be turned.
  ///
  /// base + decoded × (held whole) + what the codec holds for a whole frame + 2 × encoded.
  /// - Parameters:
  ///   - holdsPixels: the work needs the whole picture in memory; a picture that display turns always does.
  ///   - makes: the size of a result that is held in memory, 4 bytes a pixel for each 8 bits of depth.
  package static func estimate(facts: ImageFacts, holdsPixels: Bool = false, makes result: PixelSize? = nil)
    -> ByteCount
  {
    let sampleBytes = (max(facts.bitsPerSample, 8) + 7) / 8
    let channels = facts.colourModel == .palette ? 4 : max(facts.channels, 1)
    let pixelBytes = multiplied(sampleBytes, channels)
    let pixels = facts.storedSize.area
    var total = base.bytes
    if holdsPixels || facts.orientation != .up { total = sum(total, multiplied(pixels, pixelBytes)) }
    total = sum(total, multiplied(pixels, wholeFrameBytes(facts, pixelBytes)))
    total = sum(total, multiplied(2, facts.fileBytes.bytes))
    if let result { total = sum(total, multiplied(result.area, multiplied(4, sampleBytes))) }
    return ByteCount(total)
  }

  /// Bytes a pixel the codec itself holds before it gives the first line.
  ///
  /// Measured: progressive JPEG 2 × components, Adam7 the bytes of a pixel, GIF 4, AVIF 7, WebP 8.
  private static func wholeFrameBytes(_ facts: ImageFacts, _ pixelBytes: Int) -> Int {
    switch facts.format {
    case .jpeg: facts.isInterlaced ? multiplied(2, max(facts.channels, 1)) : 0
    case .png, .tiff: facts.isInterlaced ? pixelBytes : 0
    case .gif: 4
    case .heif, .avif: 7
    case .webp: 8
    case .bmp, .jxl, .jp2, .svg: multiplied(2, max(pixelBytes, 4))
    }
  }

  /// The product, or the largest number there is.
  private static func multiplied(_ a: Int, _ b: Int) -> Int {
    let (product, isTooLarge) = a.multipliedReportingOverflow(by: b)
    return isTooLarge ? .max : product
  }

  /// The sum, or the largest number there is.
  private static func sum(_ a: Int, _ b: Int) -> Int {
    let (total, isTooLarge) = a.addingReportingOverflow(b)
    return isTooLarge ? .max : total
  }
}
