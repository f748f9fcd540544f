// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolTesting
import Testing

@Suite struct NormaliserTests {
  private static let tiff = "http://ns.adobe.com/tiff/1.0/"
  private static let stored = PixelSize(clamping: 48, 32)

  /// A lossless kind of file.
  enum Lossless: String, CaseIterable, Sendable {
    case png, pngAlpha, pngInterlaced, webp, tiff, tiffAlpha, tiffDeflate

    var format: ImageFormat { rawValue.hasPrefix("png") ? .png : self == .webp ? .webp : .tiff }
    var bands: Int { self == .pngAlpha || self == .tiffAlpha ? 4 : 3 }
    var options: EncodeOptions {
      switch self {
      case .pngInterlaced: EncodeOptions(format: .png, isProgressive: true)
      case .webp: EncodeOptions(format: .webp, isLossless: true)
      case .tiffDeflate: EncodeOptions(format: .tiff, tiffCompression: .deflate)
      default: EncodeOptions(format: format)
      }
    }
  }

  @Test(arguments: Orientation.allCases, Lossless.allCases)
  func losslessFormatsGiveThePixelsMovedOneByOne(orientation: Orientation, kind: Lossless) async throws {
    let sample = SamplePictures.marked(Self.stored, bands: kind.bands)
    let file = try NormaliseSamples.oriented(
      try await NormaliseSamples.encoded(sample, kind.options, orientation), kind.format, orientation,
      stored: Self.stored)
    let outcome = try await NormaliseSamples.normalised(file, NormaliseOptions(lossless: .require))
    let expected = sample.turned(by: orientation)
    let result = outcome.bytes ?? file
    #expect(outcome.plan == (orientation == .up ? .copy : .reencode(.format)))
    guard orientation != .up else { return }
    let seen = try await NormaliseSamples.samples(result, kind.format)
    #expect(seen.size == expected.size)
    #expect(seen.samples == expected.samples)
    #expect(outcome.isLossless)
    #expect(try Probe.facts(of: result).coding == Probe.facts(of: file).coding)
    #expect(try NormaliseSamples.exif(result).number(0x0112, in: .image) == 1)
    #expect(try NormaliseSamples.exif(result).number(0xA002, in: .exif) == expected.size.width)
    #expect(try NormaliseSamples.xmp(result).number("Orientation", in: Self.tiff) == 1)
    #expect(try NormaliseSamples.xmp(result).number("ImageWidth", in: Self.tiff) == expected.size.width)
  }

  @Test(arguments: [ImageFormat.png, .tiff])
  func sixteenBitsStaySixteen(format: ImageFormat) async throws {
    let sample = SamplePictures.marked(Self.stored)
    let encoded = try await NormaliseSamples.encoded(sample, EncodeOptions(format: format), .left, isWide: true)
    let file = try NormaliseSamples.oriented(encoded, format, .left, stored: Self.stored)
    let result = try #require(try await NormaliseSamples.normalised(file).bytes)
    #expect(try Probe.facts(of: result).bitsPerSample == 16)
    let expected = sample.turned(by: .left).samples.flatMap { [$0, $0] }
    #expect(try await NormaliseSamples.samples(result, format).samples == expected)
  }

  @Test(arguments: [ImageFormat.png, .webp, .tiff, .jpeg])
  func nothingOfTheMetadataIsLost(format: ImageFormat) async throws {
    let options = EncodeOptions(format: format, isLossless: format == .webp)
    let file = try NormaliseSamples.oriented(
      try await NormaliseSamples.encoded(SamplePictures.marked(Self.stored), options, .right), format, .right,
      stored: Self.stored)
    let result = try #require(try await NormaliseSamples.normalised(file).bytes)
    let (before, after) = (try NormaliseSamples.exif(file), try NormaliseSamples.exif(result))
    for directory in [ExifStructure.Directory.exif, .gps] {
      let old = before.entries[directory] ?? []
      #expect(!old.isEmpty)
      for entry in old where ![0xA002, 0xA003].contains(entry.tag) {
        #expect(after.entry(entry.tag, in: directory)?.text == entry.text, "\(entry.name)")
      }
    }
    for tag in [0x010F, 0x0110, 0x013B, 0x8298] {
      #expect(before.entry(tag, in: .image) != nil)
      #expect(after.entry(tag, in: .image)?.bytes == before.entry(tag, in: .image)?.bytes)
    }
    #expect(after.entry(0x927C, in: .exif)?.bytes == ExifSample.makerNote)
    #expect(result.contains(run: Array("A &lt;kept&gt; title".utf8)))
  }

  @Test(arguments: [ImageFormat.png, .webp, .tiff, .jpeg], [Orientation.up, .right])
  func cleaningLeavesNoPrivateByte(format: ImageFormat, orientation: Orientation) async throws {
    let options = EncodeOptions(format: format, isLossless: format == .webp)
    let thumbnail = try MetadataSamples.jpeg(32, 16)
    let file = try NormaliseSamples.oriented(
      try await NormaliseSamples.encoded(SamplePictures.marked(Self.stored), options, orientation), format, orientation,
      stored: Self.stored,
      thumbnail: thumbnail)
    let outcome = try await NormaliseSamples.normalised(file, NormaliseOptions(strip: .private))
    let result = try #require(outcome.bytes)
    for isBigEndian in [true, false] {
      for secret in ExifSample.secrets(isBigEndian: isBigEndian) + [Array("8.654321".utf8), thumbnail] {
        #expect(!result.contains(run: secret))
      }
    }
    #expect(result.contains(run: Array("An Artist".utf8)))
    #expect(!(try Probe.facts(of: result).hasLocation))
    if orientation == .up {
      #expect(outcome.plan == .editMetadata)
      #expect(try await NormaliseSamples.samples(result, format) == NormaliseSamples.samples(file, format))
    }
  }

  @Test(arguments: [ImageFormat.png, .webp, .tiff, .jpeg], [Orientation.up, .left])
  func strippingAllLeavesNoBlock(format: ImageFormat, orientation: Orientation) async throws {
    let options = EncodeOptions(format: format, isLossless: format == .webp)
    let file = try NormaliseSamples.oriented(
      try await NormaliseSamples.encoded(SamplePictures.marked(Self.stored), options, orientation), format, orientation,
      stored: Self.stored)
    let result = try #require(try await NormaliseSamples.normalised(file, NormaliseOptions(strip: .all)).bytes)
    let facts = try Probe.facts(of: result)
    #expect(facts.exif == nil)
    #expect(facts.xmp == nil)
    #expect(!result.contains(run: Array("An Artist".utf8)))
    #expect(!result.contains(run: ExifSample.makerNote))
    #expect(facts.displaySize == orientation.applied(to: Self.stored))
  }

  @Test(arguments: [ImageFormat.jpeg, .png, .webp, .tiff, .heif, .avif, .gif])
  func anUprightFileIsHandedOnByteForByte(format: ImageFormat) async throws {
    let file = try await SamplePictures.marked(Self.stored).encoded(EncodeOptions(format: format))
    let outcome = try await NormaliseSamples.normalised(file)
    #expect(outcome.plan == .copy)
    #expect(outcome.bytes == nil)
  }

  @Test(arguments: Orientation.allCases)
  func aJPEGOfWholeBlocksIsTurnedLosslessly(orientation: Orientation) async throws {
    let encoded = try MetadataSamples.jpeg(96, 64, .quarter)
    let thumbnail = try MetadataSamples.jpeg(48, 32, .half)
    let stored = PixelSize(clamping: 96, 64)
    let file = try NormaliseSamples.oriented(encoded, .jpeg, orientation, stored: stored, thumbnail: thumbnail)
    let outcome = try await NormaliseSamples.normalised(file, NormaliseOptions(lossless: .require))
    #expect(outcome.plan == (orientation == .up ? .copy : .turnLosslessly))
    let result = outcome.bytes ?? file
    let before = try TurboJPEG.decoded(file, pixelLimit: 99_999).turned(by: orientation)
    let after = try TurboJPEG.decoded(result, pixelLimit: 99_999)
    let difference = try #require(MetadataSamples.difference(after, before))
    #expect(difference <= 3)
    let summary = try NormaliseSamples.exif(result)
    #expect(summary.number(0xA002, in: .exif) == outcome.size.width)
    let small = try TurboJPEG.decoded(summary.thumbnail, pixelLimit: 9999)
    let old = try TurboJPEG.decoded(thumbnail, pixelLimit: 9999).turned(by: orientation)
    let smallDifference = try #require(MetadataSamples.difference(small, old))
    #expect(smallDifference <= 32)
  }

  @Test func aJPEGOfPartialBlocksIsTurnedAsAskedFor() async throws {
    let stored = PixelSize(clamping: 100, 70)
    let file = try NormaliseSamples.oriented(try MetadataSamples.jpeg(100, 70), .jpeg, .right, stored: stored)
    let preferred = try await NormaliseSamples.normalised(file)
    #expect(preferred.plan == .reencode(.obstacle(.notBlockAligned)))
    #expect(!preferred.isLossless)
    #expect(preferred.summary.contains("quality 95"))
    let before = try TurboJPEG.decoded(file, pixelLimit: 99_999).turned(by: .right)
    let result = try #require(preferred.bytes)
    let after = try TurboJPEG.decoded(result, pixelLimit: 99_999)
    #expect(meanDifference(before.bytes, after.bytes) < 2)
    await expectKind(.unsupported) {
      _ = try await NormaliseSamples.normalised(file, NormaliseOptions(lossless: .require))
    }
    let transposed = try NormaliseSamples.oriented(
      try MetadataSamples.jpeg(100, 70), .jpeg, .leftMirrored, stored: stored)
    #expect(try await NormaliseSamples.normalised(transposed).plan == .turnLosslessly)
  }

  @Test(arguments: [false, true])
  func neverMeansEncodingAgainInTheSameManner(isProgressive: Bool) async throws {
    let encoded = try MetadataSamples.jpeg(96, 64, .full, isProgressive: isProgressive)
    let file = try NormaliseSamples.oriented(encoded, .jpeg, .left, stored: PixelSize(clamping: 96, 64))
    let outcome = try await NormaliseSamples.normalised(file, NormaliseOptions(lossless: .never))
    #expect(outcome.plan == .reencode(.asked))
    let bytes = try #require(outcome.bytes)
    let frame = try #require(JPEGFrame(try JPEGSegments(bytes)))
    #expect(frame.isProgressive == isProgressive)
    #expect(frame.gridWidth == 8)
    let result = try #require(outcome.bytes)
    #expect(try NormaliseSamples.exif(result).number(0x0112, in: .image) == 1)
  }

  @Test func aLossyWebPIsEncodedAgainUnlessThatIsForbidden() async throws {
    let encoded = try await SamplePictures.gradient(Self.stored).encoded(EncodeOptions(format: .webp))
    let file = try NormaliseSamples.oriented(encoded, .webp, .down, stored: Self.stored)
    let outcome = try await NormaliseSamples.normalised(file)
    #expect(!outcome.isLossless)
    let result = try #require(outcome.bytes)
    #expect(try Probe.facts(of: result).coding == "vp8")
    await expectKind(.unsupported) {
      _ = try await NormaliseSamples.normalised(file, NormaliseOptions(lossless: .require))
    }
  }

  @Test func anXMPPacketThatContradictsIsCorrected() async throws {
    var file = try JPEGSegments(try MetadataSamples.jpeg(48, 32))
    file.segments.insert(
      MetadataSamples.xmpSegment(MetadataSamples.xmp(orientation: 6, size: Self.stored, asElements: true)), at: 1)
    let outcome = try await NormaliseSamples.normalised(try file.encoded())
    #expect(outcome.plan == .editMetadata)
    let result = try #require(outcome.bytes)
    #expect(try NormaliseSamples.xmp(result).number("Orientation", in: Self.tiff) == 1)
    #expect(outcome.size == Self.stored)
  }

  @Test(arguments: [ImageFormat.heif, .avif])
  func itemsAreCleanedWhereTheyLie(format: ImageFormat) async throws {
    let jpeg = try NormaliseSamples.oriented(
      try MetadataSamples.jpeg(64, 48), .jpeg, .up, stored: PixelSize(clamping: 64, 48))
    let file = try await onPixels { thread in
      try Picture(opening: .bytes(jpeg), as: .jpeg, on: thread).encoded(EncodeOptions(format: format))
    }
    #expect(file.contains(run: Array(ExifSample.serial.utf8)))
    let outcome = try await NormaliseSamples.normalised(file, NormaliseOptions(strip: .private))
    let result = try #require(outcome.bytes)
    #expect(outcome.plan == .editMetadata)
    #expect(result.count == file.count)
    for secret in [ExifSample.serial, ExifSample.owner, "MAKERNOTE", "8.654321"] {
      #expect(!result.contains(run: Array(secret.utf8)), "\(secret)")
    }
    #expect(!(try Probe.facts(of: result).hasLocation))
    #expect(try await NormaliseSamples.samples(result, format) == NormaliseSamples.samples(file, format))
    let bare = try #require(try await NormaliseSamples.normalised(file, NormaliseOptions(strip: .all)).bytes)
    #expect(!bare.contains(run: Array("Maker".utf8)))
    #expect(try await NormaliseSamples.samples(bare, format) == NormaliseSamples.samples(file, format))
  }

  @Test(arguments: [ImageFormat.heif, .avif], [UInt8(1), 2, 3])
  func whatItemPropertiesTurnIsTurnedOnce(format: ImageFormat, turns: UInt8) async throws {
    let stored = PixelSize(clamping: 96, 64)
    let sample = SamplePictures.marked(stored)
    let options = EncodeOptions(format: format, quality: 90, subsampling: .off)
    let file = try NormaliseSamples.turningItem(try await sample.encoded(options), turns: turns)
    let orientation = [Orientation.up, .left, .down, .right][Int(turns)]
    let facts = try Probe.facts(of: file)
    #expect(facts.orientation == orientation)
    #expect(facts.orientationSource == .itemProperties)
    let outcome = try await NormaliseSamples.normalised(file, NormaliseOptions(quality: 90))
    #expect(outcome.plan == .reencode(.format))
    let result = try #require(outcome.bytes)
    let seen = try await NormaliseSamples.samples(result, format)
    let expected = sample.turned(by: orientation)
    #expect(seen.size == expected.size)
    #expect(meanDifference(seen.samples, expected.samples) < 4)
    #expect(try Probe.facts(of: result).orientationSource == .none)
  }

  @Test(arguments: [ImageFormat.heif, .avif])
  func theEXIFOfATurnedItemAgreesWithItsPixels(format: ImageFormat) async throws {
    let stored = PixelSize(clamping: 96, 64)
    let jpeg = try NormaliseSamples.oriented(
      try MetadataSamples.jpeg(96, 64), .jpeg, .up, stored: stored, thumbnail: try MetadataSamples.jpeg(48, 32))
    let encoded = try await onPixels { thread in
      try Picture(opening: .bytes(jpeg), as: .jpeg, on: thread).encoded(EncodeOptions(format: format))
    }
    let file = try NormaliseSamples.turningItem(encoded, turns: 3)
    let result = try #require(try await NormaliseSamples.normalised(file).bytes)
    let summary = try NormaliseSamples.exif(result)
    #expect(summary.number(0x0112, in: .image) ?? 1 == 1)
    #expect(summary.number(0xA002, in: .exif) == 64)
    #expect(summary.number(0xA003, in: .exif) == 96)
    #expect(summary.entry(0x0110, in: .image)?.text == "Model One")
    #expect(summary.entries[.gps]?.count == 5)
    #expect(try NormaliseSamples.xmp(result).number("ImageWidth", in: Self.tiff) == 64)
    if !summary.thumbnail.isEmpty {
      let size = try TurboJPEG.decoded(summary.thumbnail, pixelLimit: 9999).size
      #expect(size.height > size.width)
    }
  }

  @Test func framesAreNotTurned() throws {
    let facts = facts(.webp, Self.stored, orientation: .right, frames: 4)
    let error = #expect(throws: ImgtoolError.self) { try NormalisePlan(for: facts, frame: nil, NormaliseOptions()) }
    #expect(error?.kind == .unsupported)
  }

  @Test(arguments: [ImageFormat.gif, .jxl, .jp2, .svg])
  func whatCannotBeStrippedIsSaid(format: ImageFormat) throws {
    let options = NormaliseOptions(strip: .all)
    let facts = facts(format, Self.stored)
    let error = #expect(throws: ImgtoolError.self) { try NormalisePlan(for: facts, frame: nil, options) }
    #expect(error?.kind == .unsupported)
    #expect(try NormalisePlan(for: facts, frame: nil, NormaliseOptions()) == .copy)
  }

  @Test func aDamagedPictureIsNotMadeToLookWhole() async throws {
    for (width, format) in [(96, ImageFormat.jpeg), (100, .jpeg), (96, .png)] {
      let stored = PixelSize(clamping: width, 70)
      let encoded =
        format == .jpeg
        ? try MetadataSamples.jpeg(width, 70, .full)
        : try await SamplePictures.scene(stored).encoded(EncodeOptions(format: format))
      let file = try NormaliseSamples.oriented(encoded, format, .left, stored: stored)
      await expectKind(.input) { _ = try await NormaliseSamples.normalised(Array(file.dropLast(file.count / 4))) }
    }
  }

  @Test func aQualityOutOfRangeIsAUsageError() {
    let error = #expect(throws: ImgtoolError.self) {
      try Normaliser(NormaliseOptions(quality: 0), on: try TestPool.pool())
    }
    #expect(error?.kind == .usage)
  }
}
