// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolRuntime

/// Where a result goes and how it is encoded; the words are those of libvips' savers.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The file to write; its extension names the format. - is standard output. For a zip, a folder.",
      valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Format: jpeg, png, webp, tiff, avif, heif.", valueName: "name"))
  var format: ImageFormat?

  @Option(name: [.customLong("quality"), .customShort("Q")], help: ArgumentHelp("Quality, 1 to 100.", valueName: "n"))
  var quality: Int?

  @Flag(help: "Lossless WebP, AVIF or HEIF.")
  var lossless = false

  @Option(help: ArgumentHelp("Encoder effort; WebP 0–6, AVIF and HEIF 0–9.", valueName: "n"))
  var effort: Int?

  @Option(help: ArgumentHelp("PNG compression, 0 to 9.", valueName: "n"))
  var compression: Int?

  @Flag(help: "Progressive JPEG or interlaced PNG.")
  var interlace = false

  @Option(help: "What stays beside the pixels of the output: all, icc, none; GPS and serial numbers are in all.")
  var keep: EncodeOptions.Keep = .all

  @Flag(name: .shortAndLong, help: "Replace the output if it exists.")
  var force = false

  /// The folder for the results of a zip, and their encoding; each picture's own format without `--format`.
  func resolved(forZip input: String, order: String) -> (folder: String, encoding: EncodeOptions, keepsFormats: Bool) {
    let encoding = EncodeOptions(
      format: format ?? .png, quality: quality, isLossless: lossless, effort: effort, compression: compression,
      isProgressive: interlace, keep: keep)
    return (output ?? OutputName.folder(for: input, order: order), encoding, format == nil)
  }

  /// The encoding and the path, from `-o`, `--format` or the input's own format.
  ///
  /// For standard output the path is the one that a result would have without `-o`.
  ///
  /// - Throws: `.usage` where the extension names no format, or another than `--format`.
  func resolved(for input: String, format inputFormat: ImageFormat, order: String) throws -> (
    path: String, encoding: EncodeOptions
  ) {
    var chosen = format
    let output = output == Pipes.name ? nil : output
    if let output {
      let suffix = fileExtension(of: output)
      let named = suffix.flatMap { ImageFormat(extension: $0) }
      if let suffix, named == nil, format == nil {
        throw ImgtoolError(.usage, ".\(suffix) names no image format; give --format.")
      }
      chosen = format ?? named
    }
    let writable = [ImageFormat.jpeg, .png, .webp, .tiff, .avif, .heif].contains(inputFormat)
    let final = chosen ?? (writable ? inputFormat : .png)
    let encoding = EncodeOptions(
      format: final, quality: quality, isLossless: lossless, effort: effort, compression: compression,
      isProgressive: interlace, keep: keep)
    try encoding.validate()
    return (output ?? OutputName.suggested(for: input, order: order, format: final), encoding)
  }
}
