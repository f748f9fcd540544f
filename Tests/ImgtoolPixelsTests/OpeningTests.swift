// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import ImgtoolPixels

/// Each option of each loader is seen in what it gives.
@Suite struct OpeningTests {
  private static let scene = SamplePictures.scene(size(64, 48))
  private static let written: [ImageFormat] = [.jpeg, .png, .webp, .tiff, .gif, .avif, .heif]
  /// Made with libvips 8.14's own savers from 16×12 pixels, lossless, because nothing here writes these formats.
  private static let jxl =
    "/wpYMBAJCAIBAFgBSzhomMKD9xUUTIARdaNi42Um0gJRMQbvgYUIMACQvVccCoBBfqSqqvOhANDuCEL/jyD0H0no/wmE/osI/S9gcZHH3SGTGC"
    + "gI4GH+D7T4AQAAoF8cYgA="
  private static let jp2 =
    "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAADAAAABAAAwcHAAAAAAAPY29scgEAAAAAABAAAAHean"
    + "AyY/9P/1EALwAAAAAAEAAAAAwAAAAAAAAAAAAAAgAAAAIAAAAAAAAAAAAAAwcBAQcBAQcBAf9SAAwAAAABAQAEBAAB/1wABEBA/2QAJQABQ3Jl"
    + "YXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS4w/5AACgAAAAABZgAB/5PPteARTwfEdE+/DRXa8XGxRV8ILi1LnOvFp365OnhrX5k/KUsyJd"
    + "U5qGA0gskcnZfVEZpFmxwx1eiBuGY3zUJ9ebE8MyT/ODbKqqqqqrppsqtoJjvIwCJhGOLW6+b1+Qy4AAAAAAAAogJAuJU9i1FTy04ggAAAAAqA"
    + "Gc/fgtAVPr/omAKePIDAGaPEa76UkkmbV2ITc5//f/6G1GCMmtznOc5znOc5yjIZSk5znOc5znRMQNsgxKTnOc5znOYQgAAAAAAAAAnN3PBIiA"
    + "AAAAAAAAAAAAAqAH/fg+g8AXl7TOGfsFLdE4P7DajAlu/E0sxrHCCoZaMF+bTWXaymaL+KCbcvaPtco1KV+8NB+KviTqZfrPnqHw34GxqBirqV"
    + "6ngSG31tfFIsjeZmZnEzQkL3VOMsM7v5mZJga9vTEt49h4AAAAAAAMAx9hcAAAAAAABTUuaK/4fYL//Z"

  private func file(_ format: ImageFormat) async throws -> [UInt8] {
    try await Self.scene.encoded(EncodeOptions(format: format))
  }

  private func open(
    _ file: [UInt8], _ format: ImageFormat, _ options: OpenOptions = OpenOptions()
  ) async throws -> PixelSize {
    try await onPixels { try Picture(opening: .bytes(file), as: format, options, on: $0).size }
  }

  @Test(arguments: written)
  func everyFormatIsReadFromTopToBottom(format: ImageFormat) async throws {
    let file = try await file(format)
    let isSequential = try await onPixels { try Picture(opening: .bytes(file), as: format, on: $0).isSequential }
    #expect(isSequential)
  }

  @Test(arguments: [1, 2, 4, 8])
  func aJPEGIsDecodedAtAFraction(shrink: Int) async throws {
    let opened = try await open(try await file(.jpeg), .jpeg, OpenOptions(jpegShrink: shrink))
    #expect(opened == size(64 / shrink, 48 / shrink))
  }

  @Test(arguments: [
    (size(4000, 3000), size(500, 375), 2, 4), (size(4000, 3000), size(500, 375), 1, 8),
    (size(4000, 3000), size(1500, 1125), 1, 2), (size(4000, 3000), size(1500, 1125), 2, 1),
    (size(100, 100), size(1000, 1000), 2, 1), (size(8000, 100), size(500, 100), 2, 1),
  ])
  func theShrinkLeavesEnoughPixelsOnBothSides(stored: PixelSize, target: PixelSize, times: Int, shrink: Int) {
    #expect(OpenOptions.jpegShrink(from: stored, to: target, leaving: times) == shrink)
  }

  @Test(arguments: [
    (ImageFormat.jpeg, 0.5, OpenOptions.Strictness.none, OpenOptions.Strictness.truncated),
    (.png, 0.5, .none, .truncated), (.gif, 0.5, .none, .truncated),
  ])
  func strictnessDecidesWhetherHalfAFileIsTaken(
    format: ImageFormat, part: Double, lax: OpenOptions.Strictness, strict: OpenOptions.Strictness
  ) async throws {
    let file = try await file(format)
    let half = Array(file.prefix(Int(Double(file.count) * part)))
    let taken = try await onPixels { thread in
      try Picture(opening: .bytes(half), as: format, OpenOptions(failOn: lax), on: thread).copiedToMemory().size
    }
    #expect(taken == Self.scene.size)
    await expectKind(.input) {
      _ = try await onPixels { thread in
        try Picture(opening: .bytes(half), as: format, OpenOptions(failOn: strict), on: thread).copiedToMemory().size
      }
    }
  }

  @Test(arguments: OpenOptions.Strictness.allCases)
  func aTIFFWithoutItsLastBytesIsNeverTaken(strictness: OpenOptions.Strictness) async throws {
    #expect(try await open(Self.plainTIFF(missing: 0), .tiff) == size(8, 8))
    await expectKind(.input) {
      _ = try await onPixels { thread in
        try Picture(
          opening: .bytes(Self.plainTIFF(missing: 2)), as: .tiff, OpenOptions(failOn: strictness), on: thread
        ).samples8()
      }
    }
  }

  @Test(arguments: [ImageFormat.gif, .tiff, .avif, .heif])
  func aPageThatIsNotThereIsRefused(format: ImageFormat) async throws {
    let file = try await file(format)
    await expectKind(.input) { _ = try await open(file, format, OpenOptions(page: 1)) }
    await expectKind(.input) { _ = try await open(file, format, OpenOptions(pages: 2)) }
    #expect(try await open(file, format, OpenOptions(page: 0, pages: 1)) == Self.scene.size)
    #expect(try await open(file, format, OpenOptions(pages: nil)) == Self.scene.size)
  }

  @Test func oneFrameOrAllOfAnAnimation() async throws {
    let file = SampleGIF.animation(colours: [1, 2, 3], size: 4)
    #expect(try await open(file, .gif) == size(4, 4))
    #expect(try await open(file, .gif, OpenOptions(pages: nil)) == size(4, 12))
    let (second, frameHeight) = try await onPixels { thread in
      let picture = try Picture(opening: .bytes(file), as: .gif, OpenOptions(page: 1, pages: 2), on: thread)
      return (try picture.samples8().prefix(3).map(Int.init), picture.frameHeight)
    }
    #expect(second == [80, 80, 80])
    #expect(frameHeight == 4)
  }

  @Test func oneFrameOrAllOfAnAnimatedWebP() async throws {
    let still = try await Self.scene.encoded(EncodeOptions(format: .webp, isLossless: true, keep: .none))
    let file = try #require(SampleWebP.animation(of: still, size: Self.scene.size, frames: 3))
    #expect(try await open(file, .webp) == size(64, 48))
    #expect(try await open(file, .webp, OpenOptions(page: 1, pages: 2)) == size(64, 96))
    #expect(try await open(file, .webp, OpenOptions(pages: nil)) == size(64, 144))
    await expectKind(.input) { _ = try await open(file, .webp, OpenOptions(page: 3)) }
  }

  @Test(.enabled(if: Corpus.isPresent, "needs the public test pictures"))
  func thePrimaryPictureOfAnAVIFNeedNotBeTheFirst() async throws {
    let file = try Corpus.bytes("sharp/pitm.avif")
    #expect(try await open(file, .avif) == size(4096, 800))
    #expect(try await open(file, .avif, OpenOptions(page: 0)) == size(1024, 800))
    #expect(try await open(file, .avif, OpenOptions(page: 4)) == size(4096, 800))
  }

  @Test(.enabled(if: Corpus.isPresent, "needs the public test pictures"))
  func anAVIFComesUprightOutOfItsLoader() async throws {
    let file = try Corpus.bytes("libvips/avif-orientation-6.avif")
    let opened = try await open(file, .avif)
    let facts = facts(.avif, opened, orientation: .right)
    let small = try await onPixels { try ReducedDecode.of(.bytes(file), facts: facts, on: $0).picture }
    #expect(small.map { $0.size.width > $0.size.height } == (opened.width > opened.height))
  }

  @Test func aJPEG2000IsRead() async throws {
    let file = [UInt8](try #require(Data(base64Encoded: Self.jp2)))
    #expect(try await open(file, .jp2) == size(16, 12))
    // It has one resolution only.
    await expectKind(.input) { _ = try await open(file, .jp2, OpenOptions(page: 1)) }
  }

  @Test func aJPEGXLIsRead() async throws {
    let file = [UInt8](try #require(Data(base64Encoded: Self.jxl)))
    let pixel = try await onPixels { thread in
      try Picture(opening: .bytes(file), as: .jxl, on: thread).cropped(to: PixelRect(x: 2, y: 3, size: size(1, 1)))
        .samples8()
    }
    #expect(pixel == [32, 60, 128])
  }

  @Test(arguments: [(1.0, 20, 10), (2.0, 40, 20)])
  func anSVGIsDrawnAtItsScale(scale: Double, width: Int, height: Int) async throws {
    let text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20\" height=\"10\"><rect width=\"5\" height=\"5\"/></svg>"
    #expect(try await open(Array(text.utf8), .svg, OpenOptions(scale: scale)) == size(width, height))
  }

  @Test func aBMPIsReadWhereItIsAllowed() async throws {
    let file = SampleBMP.plain(width: 3, height: 2, red: 10, green: 20, blue: 30)
    let samples = try await onPixels { try Picture(opening: .bytes(file), as: .bmp, on: $0).samples8() }
    #expect(Array(samples.prefix(3)) == [10, 20, 30])
    #expect(try await open(file, .bmp) == size(3, 2))
  }

  @Test(arguments: [ImageFormat.jxl, .jp2, .svg, .bmp])
  func aFormatThatIsNotAllowedIsUnsupported(format: ImageFormat) async throws {
    let pool = try VipsPool(VipsPool.Limits(threads: 1), name: "test-safe")
    await expectKind(.unsupported) {
      _ = try await pool.run(cost: ByteCount(0)) { try Picture(opening: .bytes([0]), as: format, on: $0).size }
    }
    await pool.shutdown()
  }

  @Test(arguments: written, written)
  func aLoaderRefusesTheBytesOfAnotherFormat(format: ImageFormat, other: ImageFormat) async throws {
    guard format != other, Set([format, other]) != [.avif, .heif] else { return }
    let file = try await file(format)
    await expectKind(.input) { _ = try await open(file, other) }
  }

  @Test(arguments: written)
  func everyBeginningOfAFileIsTakenOrRefused(format: ImageFormat) async throws {
    let sample = SamplePictures.marked(size(16, 12))
    let file = try await sample.encoded(EncodeOptions(format: format, keep: .none))
    let kinds = try await onPixels { thread in
      var kinds: Set<ImgtoolError.Kind> = []
      for count in 0..<file.count {
        do throws(ImgtoolError) {
          let part = Array(file.prefix(count))
          _ = try Picture(opening: .bytes(part), as: format, OpenOptions(failOn: .warning), on: thread).samples8()
        } catch {
          kinds.insert(error.kind)
        }
      }
      return kinds
    }
    #expect(kinds == [.input])
  }

  @Test(arguments: written)
  func nothingAndRubbishAreRefused(format: ImageFormat) async throws {
    await expectKind(.input) { _ = try await open([], format) }
    await expectKind(.input) { _ = try await open(Array("GIF89a, or so it says".utf8), format) }
  }

  @Test(arguments: [
    OpenOptions(jpegShrink: 3), OpenOptions(page: -1), OpenOptions(pages: 0), OpenOptions(pages: 100_001),
    OpenOptions(scale: 0), OpenOptions(scale: .nan), OpenOptions(scale: .infinity),
  ])
  func optionsOutOfRangeAreRefused(options: OpenOptions) async throws {
    let file = try await file(.png)
    await expectKind(.usage) { _ = try await open(file, .png, options) }
  }

  @Test(arguments: ["a[page=1].gif", "b[unlimited=true,fail_on=none].png", "-c d\n.png", "%s%n.png"])
  func aNameIsJustAName(name: String) async throws {
    let bytes = try await file(.png)
    let (first, second, position) = try await withFile(named: name, holding: bytes) { path in
      let descriptor = Foundation.open(path, O_RDONLY)
      defer { close(descriptor) }
      lseek(descriptor, 7, SEEK_SET)
      let sizes = try await onPixels { thread in
        // Two pictures at once from one descriptor do not get into each other's way.
        let first = try Picture(opening: .descriptor(descriptor), as: .png, on: thread)
        let second = try Picture(opening: .descriptor(descriptor), as: .png, on: thread)
        return (try first.samples8(), try second.samples8())
      }
      return (sizes.0, sizes.1, lseek(descriptor, 0, SEEK_CUR))
    }
    #expect(first == Self.scene.samples)
    #expect(second == Self.scene.samples)
    #if os(Linux)
      #expect(position == 7)
    #endif
  }

  @Test func aDescriptorThatIsNotOpenIsAnInputError() async {
    await expectKind(.input) {
      _ = try await onPixels { try Picture(opening: .descriptor(-1), as: .png, on: $0).size }
    }
  }

  @Test func whatLibvipsSaysGoesToTheHandlerAndNotToStandardError() async throws {
    let heard = Heard()
    Vips.onMessage { heard.add($0) }
    let file = try await file(.jpeg)
    let half = Array(file.prefix(file.count / 2))
    _ = try await onPixels { thread in
      try Picture(opening: .bytes(half), as: .jpeg, OpenOptions(failOn: .none), on: thread).copiedToMemory().size
    }
    Vips.onMessage(nil)
    // What it says of them comes from one buffer for the whole process, which another test may empty.
    #expect(heard.messages.contains { $0.hasPrefix("read gave ") })
  }

  /// An uncompressed grey TIFF of 8 × 8 pixels whose strip comes last and lacks some bytes.
  private static func plainTIFF(missing: Int) -> [UInt8] {
    func short(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
    let entries = [
      (256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8 + 2 + 9 * 12 + 4), (277, 1), (278, 8), (279, 64),
    ]
    var file: [UInt8] = [0x49, 0x49, 42, 0, 8, 0, 0, 0] + short(entries.count)
    for (tag, value) in entries { file += short(tag) + short(3) + [1, 0, 0, 0] + short(value) + [0, 0] }
    return file + [0, 0, 0, 0] + [UInt8](repeating: 77, count: 64 - missing)
  }
}
