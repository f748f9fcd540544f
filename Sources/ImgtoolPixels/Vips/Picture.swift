// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore

/// Pixels, computed when they are asked for: one libvips image, owned.
///
/// Made only on a thread of the pool and never leaves it. Operations give new pictures and compute nothing yet;
/// `copiedToMemory`, the raw pixels, the statistics and the savers compute.
package struct Picture: ~Copyable {
  typealias Image = UnsafeMutablePointer<VipsImage>

  let image: Image
  let watch: Watch
  /// Whether pixels are still read from a file while they are computed, so that a failure is the file's fault.
  let readsFile: Bool

  /// Takes over one reference to `image`.
  init(owning image: Image, watch: Watch, readsFile: Bool) {
    self.image = image
    self.watch = watch
    self.readsFile = readsFile
  }

  deinit { cvips_release(image) }
}

@available(*, unavailable)
extension Picture: Sendable {}

/// The type of one sample.
package enum SampleFormat: String, Sendable, Hashable, CaseIterable {
  case u8, i8, u16, i16, u32, i32, float, double
  /// Complex numbers, which no image file of ours holds.
  case other

  /// Bytes of one sample, 0 for `other`.
  package var bytes: Int {
    switch self {
    case .u8, .i8: 1
    case .u16, .i16: 2
    case .u32, .i32, .float: 4
    case .double: 8
    case .other: 0
    }
  }

  init(_ format: VipsBandFormat) {
    self =
      switch format {
      case VIPS_FORMAT_UCHAR: .u8
      case VIPS_FORMAT_CHAR: .i8
      case VIPS_FORMAT_USHORT: .u16
      case VIPS_FORMAT_SHORT: .i16
      case VIPS_FORMAT_UINT: .u32
      case VIPS_FORMAT_INT: .i32
      case VIPS_FORMAT_FLOAT: .float
      case VIPS_FORMAT_DOUBLE: .double
      default: .other
      }
  }

  /// What libvips calls it.
  var band: VipsBandFormat {
    switch self {
    case .u8: VIPS_FORMAT_UCHAR
    case .i8: VIPS_FORMAT_CHAR
    case .u16: VIPS_FORMAT_USHORT
    case .i16: VIPS_FORMAT_SHORT
    case .u32: VIPS_FORMAT_UINT
    case .i32: VIPS_FORMAT_INT
    case .float: VIPS_FORMAT_FLOAT
    case .double: VIPS_FORMAT_DOUBLE
    case .other: VIPS_FORMAT_NOTSET
    }
  }
}

/// The meaning of the samples (libvips: VipsInterpretation).
package enum Interpretation: String, Sendable, Hashable {
  case grey, grey16, rgb, rgb16, cmyk, lab, linear, other

  init(_ meaning: VipsInterpretation) {
    self =
      switch meaning {
      case VIPS_INTERPRETATION_B_W: .grey
      case VIPS_INTERPRETATION_GREY16: .grey16
      case VIPS_INTERPRETATION_sRGB, VIPS_INTERPRETATION_RGB: .rgb
      case VIPS_INTERPRETATION_RGB16: .rgb16
      case VIPS_INTERPRETATION_CMYK: .cmyk
      case VIPS_INTERPRETATION_LAB, VIPS_INTERPRETATION_LABS: .lab
      case VIPS_INTERPRETATION_scRGB: .linear
      default: .other
      }
  }
}

extension Picture {
  /// Width × height of all frames as they lie below each other; of one frame where only one was opened.
  package var size: PixelSize { PixelSize(clamping: Int(image.pointee.Xsize), Int(image.pointee.Ysize)) }
  package var width: Int { Int(image.pointee.Xsize) }
  package var height: Int { Int(image.pointee.Ysize) }
  /// Samples of one pixel, alpha included.
  package var bands: Int { Int(image.pointee.Bands) }
  package var sample: SampleFormat { SampleFormat(image.pointee.BandFmt) }
  package var interpretation: Interpretation { Interpretation(image.pointee.Type) }
  /// Whether the last band is alpha (libvips: vips_image_hasalpha).
  package var hasAlpha: Bool { cvips_has_alpha(image) != 0 }
  /// The height of one frame (libvips: "page-height"); the height of the picture where there is only one.
  package var frameHeight: Int {
    let height = Int(cvips_int_field(image, "page-height", 0))
    return height > 0 && self.height % height == 0 ? height : self.height
  }

  /// Whether pixels can only be computed from top to bottom (libvips: VIPS_META_SEQUENTIAL).
  var isSequential: Bool { cvips_has_field(image, "vips-sequential") != 0 }

  /// The orientation libvips read from EXIF; our own reader's word counts, this is for comparison.
  package var statedOrientation: Int? {
    let value = Int(cvips_int_field(image, "orientation", 0))
    return value == 0 ? nil : value
  }

  /// The value of a fully opaque alpha sample.
  var fullAlpha: Double {
    switch interpretation {
    case .grey16, .rgb16: 65_535
    case .linear: 1
    default: 255
    }
  }
}

extension Picture {
  /// The same pixels, all computed and held in memory, for work that does not go from top to bottom.
  ///
  /// - Throws: `.input` where the file cannot be decoded, `.timeout`, `.cancelled`.
  package func copiedToMemory() throws(ImgtoolError) -> Picture {
    let copy = try computing("The pixels cannot be decoded.") { cvips_copy_memory($0) }
    cvips_forget_progress(copy)
    cvips_remove_field(copy, "vips-sequential")
    return Picture(owning: copy, watch: watch, readsFile: false)
  }

  /// A second handle of the same pixels.
  package func shared() throws(ImgtoolError) -> Picture {
    try derived("A picture cannot be shared.") { cvips_copy($0) }
  }

  /// The picture an operation makes of this one.
  ///
  /// - Throws: `.fault`, which says that the operation does not take such pictures.
  func derived(_ complaint: String, _ make: (Image) -> Image?) throws(ImgtoolError) -> Picture {
    try watch.check()
    guard let made = make(image) else { throw Vips.failure(.fault, complaint) }
    return Picture(owning: made, watch: watch, readsFile: readsFile)
  }

  /// Runs a call that computes pixels, stoppable, and blames the file for a failure where one is still read.
  ///
  /// - Throws: `.input` or `.fault`, `.timeout`, `.cancelled`.
  func computing<R>(_ complaint: String, _ compute: (Image) -> R?) throws(ImgtoolError) -> R {
    try watch.check()
    let value = watch.watching(image) { compute(image) }
    if let value { return value }
    let failure = Vips.failure(readsFile ? .input : .fault, complaint)
    try watch.check()
    throw failure
  }
}
