// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolTesting
import Testing

/// Each option of each saver is seen in the file it makes.
@Suite struct SavingTests {
  private static let scene = SamplePictures.scene(size(96, 64))
  private static let written: [ImageFormat] = [.jpeg, .png, .webp, .tiff, .gif, .avif, .heif]

  private func file(_ options: EncodeOptions) async throws -> [UInt8] { try await Self.scene.encoded(options) }

  private func decoded(_ file: [UInt8], _ format: ImageFormat) async throws -> [UInt8] {
    try await onPixels { thread in
      try Picture(opening: .bytes(file), as: format, on: thread).flattened(onGrey: 0).samples8()
    }
  }

  @Test(arguments: written)
  func whatIsWrittenCanBeReadAgain(format: ImageFormat) async throws {
    let file = try await file(EncodeOptions(format: format))
    let again = try await decoded(file, format)
    #expect(meanDifference(again, Self.scene.samples) < 12)
  }

  @Test(arguments: [
    EncodeOptions(format: .png), EncodeOptions(format: .tiff), EncodeOptions(format: .tiff, tiffCompression: .none),
    EncodeOptions(format: .webp, isLossless: true), EncodeOptions(format: .avif, isLossless: true, subsampling: .off),
  ])
  func losslessMeansTheSameSamples(options: EncodeOptions) async throws {
    let again = try await decoded(try await file(options), options.format)
    // AVIF goes through YCbCr, which loses the last bit.
    #expect(meanDifference(again, Self.scene.samples) <= (options.format == .avif ? 1 : 0))
  }

  @Test(arguments: [ImageFormat.jpeg, .webp, .avif, .heif])
  func qualityDecidesTheSize(format: ImageFormat) async throws {
    let small = try await file(EncodeOptions(format: format, quality: 20))
    let large = try await file(EncodeOptions(format: format, quality: 95))
    #expect(small.count * 3 < large.count * 2)
  }

  @Test func qualityOfAJpegInATiffDecidesTheSize() async throws {
    let small = try await file(EncodeOptions(format: .tiff, quality: 20, tiffCompression: .jpeg))
    let large = try await file(EncodeOptions(format: .tiff, quality: 95, tiffCompression: .jpeg))
    #expect(small.count * 3 < large.count * 2)
  }

  @Test(arguments: [(.on, 0x22), (.off, 0x11)] as [(EncodeOptions.Subsampling, UInt8)])
  func subsamplingIsInTheFrameHeader(subsampling: EncodeOptions.Subsampling, factors: UInt8) async throws {
    let file = try await file(EncodeOptions(format: .jpeg, quality: 90, subsampling: subsampling))
    let frame = try #require(FileParts.jpegSegments(file).first { $0.marker == 0xC0 })
    #expect(frame.content[7] == factors)
  }

  @Test(arguments: [(false, 0xC0), (true, 0xC2)] as [(Bool, UInt8)])
  func progressiveIsInTheFrameMarker(isProgressive: Bool, marker: UInt8) async throws {
    let file = try await file(EncodeOptions(format: .jpeg, isProgressive: isProgressive))
    #expect(FileParts.jpegSegments(file).contains { $0.marker == marker })
  }

  @Test func codingTablesAreThoseOfThePicture() async throws {
    // The tables of ITU-T T.81 annex K.3 take 420 bytes; a picture's own take fewer.
    let segments = FileParts.jpegSegments(try await file(EncodeOptions(format: .jpeg)))
    let tables = segments.filter { $0.marker == 0xC4 }.reduce(0) { $0 + $1.content.count }
    #expect(tables > 0 && tables < 400)
  }

  @Test func compressionDecidesTheSizeOfAPNG() async throws {
    let loose = try await file(EncodeOptions(format: .png, compression: 0))
    let tight = try await file(EncodeOptions(format: .png, compression: 9))
    #expect(tight.count < loose.count)
    #expect(loose.count > Self.scene.samples.count)
  }

  @Test(
    arguments: [
      (EncodeOptions(format: .png), [8, 2, 0, 0, 0]),
      (EncodeOptions(format: .png, isProgressive: true), [8, 2, 0, 0, 1]),
      (EncodeOptions(format: .png, isPalette: true), [8, 3, 0, 0, 0]),
      (EncodeOptions(format: .png, isPalette: true, bitDepth: 2), [2, 3, 0, 0, 0]),
      (EncodeOptions(format: .png, bitDepth: 16), [16, 2, 0, 0, 0]),
    ] as [(EncodeOptions, [UInt8])])
  func depthColourAndInterlaceAreInThePNGHeader(options: EncodeOptions, ending: [UInt8]) async throws {
    let header = try #require(FileParts.pngChunks(try await file(options)).first)
    #expect(Array(header.content.suffix(5)) == ending)
  }

  @Test(arguments: [
    (EncodeOptions(format: .webp, isLossless: true), "VP8L"), (EncodeOptions(format: .webp), "VP8 "),
  ])
  func losslessDecidesTheChunkOfAWebP(options: EncodeOptions, chunk: String) async throws {
    #expect(FileParts.webpChunks(try await file(options)).contains(chunk))
  }

  @Test(arguments: [(ImageFormat.webp, 0, 6), (.avif, 0, 7), (.gif, 1, 10)])
  func effortChangesTheFile(format: ImageFormat, low: Int, high: Int) async throws {
    let quick = try await file(EncodeOptions(format: format, effort: low))
    let slow = try await file(EncodeOptions(format: format, effort: high))
    #expect(quick != slow)
  }

  @Test(arguments: [ImageFormat.webp, .avif, .heif])
  func subsamplingChangesTheFile(format: ImageFormat) async throws {
    let thin = try await file(EncodeOptions(format: format, quality: 80, subsampling: .on))
    let full = try await file(EncodeOptions(format: format, quality: 80, subsampling: .off))
    #expect(thin != full)
  }

  @Test(arguments: [(EncodeOptions.TIFFCompression.none, 1), (.lzw, 5), (.jpeg, 7), (.deflate, 8), (.packbits, 32773)])
  func compressionIsATagOfTheTIFF(compression: EncodeOptions.TIFFCompression, number: Int) async throws {
    let file = try await file(EncodeOptions(format: .tiff, tiffCompression: compression))
    #expect(FileParts.tiffTag(file, 259) == number)
  }

  @Test func theHorizontalPredictorIsATagOfTheTIFF() async throws {
    let file = try await file(EncodeOptions(format: .tiff, tiffCompression: .deflate))
    #expect(FileParts.tiffTag(file, 317) == 2)
  }

  @Test(arguments: [(ImageFormat.avif, "ftypavif"), (.heif, "ftypheic")])
  func theCodecIsInTheBrand(format: ImageFormat, brand: String) async throws {
    #expect(FileParts.holds(try await file(EncodeOptions(format: format)), brand))
  }

  @Test(arguments: [8, 12])
  func depthOfAnAVIFIsInItsPixelProperty(depth: Int) async throws {
    let file = try await file(EncodeOptions(format: .avif, bitDepth: depth))
    #expect(FileParts.holds(file, Array("pixi".utf8) + [0, 0, 0, 0, 3, UInt8(depth)]))
  }

  @Test(arguments: [ImageFormat.png, .avif, .heif])
  func sixteenBitsAreMadeOfEightWithoutLosingWhite(format: ImageFormat) async throws {
    let white = SamplePictures.plain(size(16, 16), [255, 255, 255])
    let bits = format == .png ? 16 : 12
    let samples = try await onPixels { thread in
      let file = try white.picture(on: thread).encoded(EncodeOptions(format: format, quality: nil, bitDepth: bits))
      return try Picture(opening: .bytes(file), as: format, on: thread).samples16()
    }
    #expect(samples.allSatisfy { $0 >= (format == .png ? 65_535 : 65_000) })
  }

  @Test func eightBitsAreMadeOfSixteen() async throws {
    let file = try await onPixels { thread in
      try Self.scene.widePicture(on: thread).encoded(EncodeOptions(format: .png, bitDepth: 8))
    }
    #expect(try await decoded(file, .png) == Self.scene.samples)
  }

  @Test func depthOfAGIFLimitsItsColours() async throws {
    let two = try await decoded(try await file(EncodeOptions(format: .gif, bitDepth: 1)), .gif)
    let colours = Set(stride(from: 0, to: two.count, by: 3).map { Array(two[$0..<($0 + 3)]) })
    #expect(colours.count <= 2)
  }

  @Test(arguments: written.filter { $0 != .gif }, EncodeOptions.Keep.allCases)
  func keepDecidesWhatStaysBesideThePixels(format: ImageFormat, keep: EncodeOptions.Keep) async throws {
    let profile = TestProfile.swappedRedAndBlue
    let file = try await onPixels { thread in
      try Self.scene.picture(on: thread).setting(.icc, to: profile).setting(.xmp, to: Array("<x:xmpmeta/>".utf8))
        .encoded(EncodeOptions(format: format, keep: keep))
    }
    let kept = try await onPixels { thread in
      let picture = try Picture(opening: .bytes(file), as: format, on: thread)
      return [picture.has(.icc), picture.has(.xmp)]
    }
    #expect(kept == [keep != .none, keep == .all])
    if keep == .none, format != .webp { #expect(!FileParts.holds(file, "Exif")) }
  }

  @Test func transparentBecomesWhiteInAJpeg() async throws {
    let clear = SamplePictures.plain(size(16, 16), [10, 20, 30, 0])
    let file = try await clear.encoded(EncodeOptions(format: .jpeg))
    #expect(try await decoded(file, .jpeg).allSatisfy { $0 >= 253 })
  }

  @Test func aFileHoldsTheSameBytesAsMemory() async throws {
    for format in Self.written {
      let options = EncodeOptions(format: format)
      let memory = try await file(options)
      let written = try await withFile(named: "a [page=1].bin", holding: []) { path in
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        try await onPixels { thread in try Self.scene.picture(on: thread).write(to: descriptor, options) }
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      }
      #expect(written == memory, "\(format)")
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "this system has no /dev/full"))
  func aFullDiskIsAStorageError() async throws {
    let descriptor = open("/dev/full", O_RDWR)
    defer { close(descriptor) }
    await expectKind(.storage) {
      try await onPixels { try Self.scene.picture(on: $0).write(to: descriptor, EncodeOptions(format: .png)) }
    }
  }

  @Test func aBrokenInputIsNotTheResultsFault() async throws {
    let file = try await file(EncodeOptions(format: .png))
    let half = Array(file.prefix(file.count / 2))
    await expectKind(.input) {
      _ = try await onPixels { thread in
        try Picture(opening: .bytes(half), as: .png, on: thread).encoded(EncodeOptions(format: .png))
      }
    }
  }

  @Test(arguments: [
    EncodeOptions(format: .jpeg, quality: 0), EncodeOptions(format: .jpeg, quality: 101),
    EncodeOptions(format: .webp, quality: -1), EncodeOptions(format: .png, quality: 50),
    EncodeOptions(format: .jpeg, isLossless: true), EncodeOptions(format: .webp, effort: 7),
    EncodeOptions(format: .gif, effort: 0), EncodeOptions(format: .jpeg, effort: 3),
    EncodeOptions(format: .png, compression: 10), EncodeOptions(format: .webp, compression: 1),
    EncodeOptions(format: .webp, isProgressive: true), EncodeOptions(format: .jpeg, isPalette: true),
    EncodeOptions(format: .avif, bitDepth: 10), EncodeOptions(format: .heif, bitDepth: 9),
    EncodeOptions(format: .jpeg, bitDepth: 8),
  ])
  func anOptionOutOfRangeIsAUsageError(options: EncodeOptions) {
    #expect { try options.validate() } throws: { ($0 as? ImgtoolError)?.kind == .usage }
  }

  @Test(arguments: [ImageFormat.bmp, .jxl, .jp2, .svg])
  func aFormatWithoutAWriterIsUnsupported(format: ImageFormat) async {
    await expectKind(.unsupported) { _ = try await file(EncodeOptions(format: format)) }
  }
}
