// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct EncodeOptionsTests {
  /// Whether options pass, and the kind of error where they do not.
  private func objection(_ format: ImageFormat, _ change: (inout EncodeOptions) -> Void) -> ImgtoolError.Kind? {
    var options = EncodeOptions(format: format)
    change(&options)
    do throws(ImgtoolError) {
      try options.validate()
      return nil
    } catch {
      #expect(error.message.hasSuffix("."), "\(error.message)")
      return error.kind
    }
  }

  @Test(arguments: ImageFormat.allCases)
  func aFormatIsWrittenOrUnsupported(format: ImageFormat) {
    #expect(objection(format) { _ in } == (EncodeOptions.writable.contains(format) ? nil : .unsupported))
  }

  @Test(arguments: EncodeOptions.writable)
  func qualityHasARangeOrIsAnErrorOfUse(format: ImageFormat) {
    let hasQuality = ![.png, .gif].contains(format)
    for quality in [1, 50, 100] { #expect(objection(format) { $0.quality = quality } == (hasQuality ? nil : .usage)) }
    for quality in [-1, 101, Int.max] { #expect(objection(format) { $0.quality = quality } == .usage) }
    #expect(objection(format) { $0.quality = 0 } == (format == .webp ? nil : .usage))
  }

  @Test(arguments: EncodeOptions.writable)
  func effortHasTheRangeOfItsSaver(format: ImageFormat) {
    let ranges: [ImageFormat: ClosedRange<Int>] = [.webp: 0...6, .heif: 0...9, .avif: 0...9, .gif: 1...10]
    for effort in -1...11 {
      let fits = ranges[format]?.contains(effort) == true
      #expect(objection(format) { $0.effort = effort } == (fits ? nil : .usage), "\(effort)")
    }
  }

  @Test(arguments: EncodeOptions.writable)
  func compressionIsThatOfPNG(format: ImageFormat) {
    for compression in -1...10 {
      let fits = format == .png && (0...9).contains(compression)
      #expect(objection(format) { $0.compression = compression } == (fits ? nil : .usage), "\(compression)")
    }
  }

  @Test(arguments: EncodeOptions.writable)
  func bitDepthsAreThoseOfTheFormat(format: ImageFormat) {
    let depths: [ImageFormat: Set<Int>] = [
      .png: [1, 2, 4, 8, 16], .heif: [8, 10, 12], .avif: [8, 12], .gif: [1, 2, 3, 4, 5, 6, 7, 8],
    ]
    for depth in -1...33 {
      let fits = depths[format]?.contains(depth) == true
      #expect(objection(format) { $0.bitDepth = depth } == (fits ? nil : .usage), "\(depth)")
    }
  }

  @Test(arguments: EncodeOptions.writable)
  func switchesBelongToTheirFormats(format: ImageFormat) {
    let lossless: [ImageFormat] = [.webp, .heif, .avif]
    #expect(objection(format) { $0.isLossless = true } == (lossless.contains(format) ? nil : .usage))
    #expect(objection(format) { $0.isProgressive = true } == ([.jpeg, .png].contains(format) ? nil : .usage))
    #expect(objection(format) { $0.isPalette = true } == (format == .png ? nil : .usage))
  }

  @Test func optionsAreTheSameAfterJSON() throws {
    let options = EncodeOptions(
      format: .png, compression: 9, tiffCompression: .zstd, subsampling: .off, isProgressive: true, isPalette: true,
      bitDepth: 4, keep: .icc)
    #expect(try rewritten(options) == options)
    try options.validate()
  }
}
