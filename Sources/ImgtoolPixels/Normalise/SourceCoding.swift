// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// How a picture is encoded so that its file is as like the one it was made from as libvips allows.
package struct SourceCoding: Sendable {
  package private(set) var options: EncodeOptions
  /// What cannot be kept as it was.
  private(set) var findings: [Finding] = []

  /// - Parameter quality: where pixels are encoded with a loss; without one a JPEG's is told by its tables.
  /// - Throws: `.input` for a JPEG whose segments do not fit.
  package init(_ bytes: [UInt8], _ facts: ImageFacts, quality: Int? = nil) throws(ImgtoolError) {
    options = EncodeOptions(format: facts.format)
    switch facts.format {
    case .jpeg:
      options.quality = quality == nil ? try JPEGQuality.estimate(bytes) : quality
      options.isProgressive = facts.isInterlaced
      let frame = try JPEGFrame(of: bytes)
      options.subsampling = frame.map { $0.gridWidth > 8 || $0.gridHeight > 8 } ?? false ? .on : .off
    case .png: options.isProgressive = facts.isInterlaced
    case .webp where facts.reencodesWithoutLoss: options.isLossless = true
    case .webp, .heif, .avif: options.quality = quality
    case .tiff:
      options.tiffCompression = Self.compressions[facts.coding] ?? .deflate
      if !facts.reencodesWithoutLoss { options.quality = quality }
    default: break
    }
    if facts.format == .heif || facts.format == .avif,
      let depth = EncodeOptions.bitDepths(facts.format).filter({ $0 >= facts.bitsPerSample }).min()
    {
      options.bitDepth = depth
      if depth > facts.bitsPerSample {
        findings.append(
          Finding(
            "depth.widened", .note, "Samples of \(facts.bitsPerSample) bits are written with \(depth) bits each.",
            measured: .count(facts.bitsPerSample), allowed: .count(depth)))
      }
    }
    if facts.format == .webp, options.isLossless, facts.hasAlpha {
      findings.append(
        Finding("webp.transparent", .note, "The colour of wholly transparent pixels may differ; nobody sees it."))
    }
    if facts.bitsPerSample < 8 || facts.colourModel == .palette {
      findings.append(
        Finding(
          "depth.widened", .note, "Samples of fewer than 8 bits or of a palette are written with 8 bits each.",
          measured: .count(facts.bitsPerSample), allowed: .count(8)))
    }
  }

  /// How an admitted image is encoded.
  ///
  /// - Throws: `.input` for a file that cannot be read any more.
  package init(_ image: AdmittedImage) throws(ImgtoolError) {
    try self.init(image.facts.format == .jpeg ? image.source.allBytes() : [], image.facts)
  }

  /// The same compression for what libvips writes; what it does not becomes deflate.
  private static let compressions: [String: EncodeOptions.TIFFCompression] = [
    "none": .none, "lzw": .lzw, "jpeg": .jpeg, "jpeg-old": .jpeg, "deflate": .deflate, "packbits": .packbits,
    "zstd": .zstd, "webp": .webp,
  ]
}

extension EncodeOptions {
  /// The same, with what was left to choose taken over from a source of the same format.
  package func filled(from source: SourceCoding) -> EncodeOptions {
    let like = source.options
    guard format == like.format else { return self }
    var options = self
    // A quality that was asked for is a loss that was asked for.
    if quality == nil { (options.quality, options.isLossless) = (like.quality, isLossless || like.isLossless) }
    if subsampling == .auto { options.subsampling = like.subsampling }
    if tiffCompression == .lzw { options.tiffCompression = like.tiffCompression }
    options.isProgressive = isProgressive || like.isProgressive
    return options
  }
}
