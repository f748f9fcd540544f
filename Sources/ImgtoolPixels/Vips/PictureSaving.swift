// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

extension Picture {
  /// The file as bytes.
  ///
  /// - Throws: `.usage` and `.unsupported` for options, `.unsupported` where libvips lacks the encoder, and what
  ///   computing throws.
  package func encoded(_ options: EncodeOptions) throws(ImgtoolError) -> [UInt8] {
    guard let target = cvips_target_to_memory() else { throw Vips.failure(.fault, "No memory to encode into.") }
    defer { cvips_release(target) }
    try encode(options, to: target) { nil }
    var count = 0
    guard let bytes = cvips_written(target, &count) else { throw Vips.failure(.fault, "Nothing was encoded.") }
    return [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
  }

  /// Writes the file to an empty regular file, open for reading and writing (TIFF is read back), from its position.
  ///
  /// After an error the file holds a part of the picture; the caller removes it.
  /// - Throws: `.storage` where the file cannot be written, and what `encoded` throws.
  package func write(to descriptor: Int32, _ options: EncodeOptions) throws(ImgtoolError) {
    guard let target = cvips_target_to_descriptor(descriptor) else {
      throw Vips.failure(.storage, "The result file cannot be written.")
    }
    defer { cvips_release(target) }
    try encode(options, to: target) { Self.refusal(of: descriptor) }
  }

  /// Encodes to a target; `blame` says after a failure whether the place written to is the reason.
  private func encode(
    _ options: EncodeOptions, to target: UnsafeMutablePointer<VipsTarget>, blame: () -> ImgtoolError?
  ) throws(ImgtoolError) {
    try options.validate()
    guard try Vips.canSave(options.format) else {
      throw ImgtoolError(.unsupported, "The installed libvips cannot write \(options.format.rawValue).")
    }
    let picture = try prepared(for: options)
    let isHEIF = options.format == .heif || options.format == .avif
    try watch.check()
    let status = watch.watching(picture.image) { Self.save(picture.image, picture.sample, target, options) }
    guard status != 0 else { return }
    let text = Vips.takeErrorText()
    try watch.check()
    // The kind is chosen by what stopped the work, then by the place, then by the input.
    if let storage = blame() {
      throw ImgtoolError(storage.kind, storage.message, retry: storage.retry, underlying: text ?? storage.underlying)
    }
    let kind: ImgtoolError.Kind = readsFile ? .input : isHEIF ? .unsupported : .fault
    throw ImgtoolError(
      kind, readsFile ? "The pixels cannot be decoded." : "\(options.format.rawValue) cannot be encoded.",
      underlying: text)
  }

  /// The metadata thinned out, and what the format cannot hold replaced.
  private func prepared(for options: EncodeOptions) throws(ImgtoolError) -> Picture {
    let depth = try inDepth(options.bitDepth)
    let picture =
      switch options.keep {
      case .all: try depth.shared()
      case .icc: try depth.keeping([.icc])
      case .none: try depth.keeping([])
      }
    // JPEG has no alpha: white shows through, as on paper.
    return options.format == .jpeg ? try picture.flattened(on: .white) : picture
  }

  /// The samples as wide as a writer is told they are.
  ///
  /// The PNG writer of libvips 8.14 reads beyond the end of 8-bit lines when it is asked for 16 bits.
  private func inDepth(_ bits: Int?) throws(ImgtoolError) -> Picture {
    guard let bits else { return try shared() }
    return bits > 8 ? try inSixteenBits() : try inEightBits()
  }

  private static func save(
    _ image: Image, _ sample: SampleFormat, _ target: UnsafeMutablePointer<VipsTarget>, _ options: EncodeOptions
  ) -> Int32 {
    let strip: gboolean = options.keep == .none ? 1 : 0
    let quality = Int32(options.quality ?? 90)
    switch options.format {
    case .jpeg:
      return cvips_save_jpeg(
        image, target, quality, options.subsampling.mode, options.isProgressive ? 1 : 0, 1,
        strip)
    case .png:
      return cvips_save_png(
        image, target, Int32(options.compression ?? 6), options.isProgressive ? 1 : 0, options.isPalette ? 1 : 0,
        Int32(options.bitDepth ?? 0))
    case .webp:
      return cvips_save_webp(
        image, target, quality, options.isLossless ? 1 : 0, Int32(options.effort ?? 4),
        options.subsampling == .on ? 0 : 1)
    case .tiff:
      return cvips_save_tiff(
        image, target, options.tiffCompression.method, quality)
    case .heif, .avif:
      let method = options.format == .avif ? VIPS_FOREIGN_HEIF_COMPRESSION_AV1 : VIPS_FOREIGN_HEIF_COMPRESSION_HEVC
      return cvips_save_heif(
        image, target, method, Int32(options.quality ?? 60), options.isLossless ? 1 : 0, Int32(options.effort ?? 4),
        options.subsampling.mode, Int32(options.bitDepth ?? (sample == .u16 ? 12 : 8)), strip)
    case .gif:
      return cvips_save_gif(image, target, Int32(options.effort ?? 7), Int32(options.bitDepth ?? 8))
    case .bmp, .jxl, .jp2, .svg:
      return -1
    }
  }

  /// Why the system takes no more bytes for a file, found by trying; nothing where it does.
  ///
  /// libvips does not pass on the reason of a failed write, and its text is not to be branched on.
  private static func refusal(of descriptor: Int32) -> ImgtoolError? {
    let block = [UInt8](repeating: 0, count: 64 << 10)
    var rest = block.count
    while rest > 0 {
      let written = block.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, rest) }
      if written < 0, errno == EINTR { continue }
      if written <= 0 {
        return ImgtoolError(.storage, "The result file cannot be written: \(String(cString: strerror(errno))).")
      }
      rest -= written
    }
    return nil
  }
}

/// The system's call, whose name a method of ours hides (POSIX: write).
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
