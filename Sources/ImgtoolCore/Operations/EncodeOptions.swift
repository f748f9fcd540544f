// SPDX-License-Identifier: Apache-2.0

/// How a picture is written, in libvips' words.
///
/// Every field left out takes the default given there.
public struct EncodeOptions: Sendable, Hashable, Codable {
  /// How colour is thinned out (libvips: subsample_mode); `auto` thins it below quality 90.
  ///
  /// WebP always thins it out; unless this is `on`, it does so with more care (libvips: smart_subsample).
  public enum Subsampling: String, Sendable, Hashable, Codable, CaseIterable {
    case auto, on, off
  }

  /// How a TIFF is compressed (libvips: compression).
  public enum TIFFCompression: String, Sendable, Hashable, Codable, CaseIterable {
    case none, jpeg, deflate, packbits, lzw, zstd, webp
  }

  /// What stays beside the pixels.
  public enum Keep: String, Sendable, Hashable, Codable, CaseIterable {
    /// EXIF, XMP, IPTC and the colour profile.
    case all
    /// The colour profile; JPEG, WebP, HEIF and AVIF still get an EXIF block of resolution and orientation.
    case icc
    /// Nothing at all, but for that EXIF block in a WebP, which libvips 8.14 always writes.
    case none
  }

  public var format: ImageFormat
  /// 1–100 for JPEG, TIFF, HEIF, AVIF, 0–100 for WebP (libvips: Q).
  ///
  /// Default 90; AVIF and HEIF 60.
  public var quality: Int?
  /// WebP, HEIF, AVIF.
  public var isLossless: Bool
  /// WebP 0–6, default 4; HEIF, AVIF 0–9, default 4; GIF 1–10, default 7.
  public var effort: Int?
  /// PNG 0–9, default 6.
  public var compression: Int?
  public var tiffCompression: TIFFCompression
  public var subsampling: Subsampling
  /// A progressive JPEG, an interlaced PNG.
  public var isProgressive: Bool
  /// PNG with at most 256 colours.
  public var isPalette: Bool
  /// PNG 1, 2, 4, 8, 16; HEIF 8, 10, 12; AVIF 8, 12; GIF 1–8.
  ///
  /// Default what the picture has.
  public var bitDepth: Int?
  public var keep: Keep

  public init(
    format: ImageFormat, quality: Int? = nil, isLossless: Bool = false, effort: Int? = nil, compression: Int? = nil,
    tiffCompression: TIFFCompression = .lzw, subsampling: Subsampling = .auto, isProgressive: Bool = false,
    isPalette: Bool = false, bitDepth: Int? = nil, keep: Keep = .all
  ) {
    self.format = format
    self.quality = quality
    self.isLossless = isLossless
    self.effort = effort
    self.compression = compression
    self.tiffCompression = tiffCompression
    self.subsampling = subsampling
    self.isProgressive = isProgressive
    self.isPalette = isPalette
    self.bitDepth = bitDepth
    self.keep = keep
  }

  /// Checks that the format can be written and that each option is in its range.
  ///
  /// - Throws: `.unsupported` for a format without a writer, `.usage` for a value out of range or an option the
  ///   format does not have.
  public func validate() throws(ImgtoolError) {
    guard Self.writable.contains(format) else {
      throw ImgtoolError(.unsupported, "\(format.rawValue) pictures are not written here.")
    }
    try Self.check(quality, in: format == .webp ? 0...100 : 1...100, "quality", for: format, Self.withQuality)
    try Self.check(effort, in: Self.effortRange(format), "effort", for: format, Self.withEffort)
    try Self.check(compression, in: 0...9, "compression", for: format, [.png])
    if let bitDepth, !Self.bitDepths(format).contains(bitDepth) {
      throw ImgtoolError(.usage, "\(format.rawValue) has no bit depth \(bitDepth).")
    }
    if isLossless, !Self.withLossless.contains(format) {
      throw ImgtoolError(.usage, "\(format.rawValue) has no lossless switch.")
    }
    if isProgressive, format != .jpeg, format != .png {
      throw ImgtoolError(.usage, "\(format.rawValue) has no progressive form.")
    }
    if isPalette, format != .png { throw ImgtoolError(.usage, "Only PNG takes the palette switch.") }
  }

  /// The formats that can be written.
  public static let writable: [ImageFormat] = [.jpeg, .png, .webp, .tiff, .heif, .avif, .gif]

  private static let withQuality: Set<ImageFormat> = [.jpeg, .webp, .tiff, .heif, .avif]
  private static let withEffort: Set<ImageFormat> = [.webp, .heif, .avif, .gif]
  private static let withLossless: Set<ImageFormat> = [.webp, .heif, .avif]

  private static func effortRange(_ format: ImageFormat) -> ClosedRange<Int> {
    switch format {
    case .webp: 0...6
    case .gif: 1...10
    default: 0...9
    }
  }

  /// The bits of a sample that can be asked for.
  package static func bitDepths(_ format: ImageFormat) -> Set<Int> {
    switch format {
    case .png: [1, 2, 4, 8, 16]
    case .heif: [8, 10, 12]
    // With 10 bits the AV1 encoder of libheif 1.15 ends the process.
    case .avif: [8, 12]
    case .gif: Set(1...8)
    default: []
    }
  }

  private static func check(
    _ value: Int?, in range: ClosedRange<Int>, _ name: String, for format: ImageFormat, _ formats: Set<ImageFormat>
  ) throws(ImgtoolError) {
    guard let value else { return }
    guard formats.contains(format) else { throw ImgtoolError(.usage, "\(format.rawValue) has no \(name).") }
    guard range.contains(value) else {
      throw ImgtoolError(
        .usage, "The \(name) \(value) is outside \(range.lowerBound)–\(range.upperBound) of \(format.rawValue).")
    }
  }
}
