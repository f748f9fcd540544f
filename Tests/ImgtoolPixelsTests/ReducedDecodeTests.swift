// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolTesting
import Testing

@Suite struct ReducedDecodeTests {
  private static let scene = SamplePictures.scene(size(300, 200))

  private func reduced(
    _ file: [UInt8], _ facts: ImageFacts, longSide: Int = 512,
    strictness: OpenOptions.Strictness = .warning
  ) async throws -> ReducedDecode {
    try await onPixels {
      try ReducedDecode.of(.bytes(file), facts: facts, longSide: longSide, strictness: strictness, on: $0)
    }
  }

  @Test(arguments: [ImageFormat.jpeg, .png, .webp, .tiff, .gif, .avif, .heif])
  func aWholeFileGivesASmallPictureOfIt(format: ImageFormat) async throws {
    let file = try await Self.scene.encoded(EncodeOptions(format: format))
    let result = try await reduced(file, facts(format, Self.scene.size), longSide: 100)
    #expect(result.integrity.rule == "whole.decoded" && result.integrity.severity == .pass)
    let picture = try #require(result.picture)
    #expect(picture.size.longSide <= 101 && picture.size.longSide >= 50)
    let whole = try await reduced(file, facts(format, Self.scene.size))
    #expect(whole.picture?.size == Self.scene.size)
  }

  @Test(arguments: [ImageFormat.jpeg, .png, .webp, .tiff, .gif, .avif, .heif], [0.3, 0.6, 0.9, 0.99])
  func aFileThatEndsEarlyIsDamaged(format: ImageFormat, part: Double) async throws {
    let file = try await Self.scene.encoded(EncodeOptions(format: format))
    for longSide in [40, 512] {
      let cut = Array(file.prefix(Int(Double(file.count) * part)))
      let result = try await reduced(cut, facts(format, Self.scene.size), longSide: longSide)
      #expect(result.integrity.rule == "whole.damaged" && result.integrity.severity == .fail)
      #expect(result.picture == nil)
    }
  }

  @Test(arguments: [true, false])
  func everyCutOfTheEndOfAJPEGIsFound(isProgressive: Bool) async throws {
    // The last lines are reached although the picture is reduced; the last two bytes are the end marker.
    let sample = SamplePictures.scene(size(64, 83))
    let file = try await sample.encoded(EncodeOptions(format: .jpeg, isProgressive: isProgressive))
    for missing in 2...40 {
      let cut = Array(file.dropLast(missing))
      let result = try await reduced(cut, facts(.jpeg, sample.size), longSide: 16)
      #expect(result.integrity.rule == "whole.damaged", "\(missing) bytes missing")
    }
  }

  @Test func aPNGCutInItsLastLinesIsFoundThoughReduced() async throws {
    let sample = SamplePictures.scene(size(40, 203))
    let file = try await sample.encoded(EncodeOptions(format: .png))
    for missing in 20...60 {
      let result = try await reduced(Array(file.dropLast(missing)), facts(.png, sample.size), longSide: 20)
      #expect(result.integrity.rule == "whole.damaged", "\(missing) bytes missing")
    }
  }

  @Test(arguments: [0.2, 0.4, 0.6, 0.8], [false, true])
  func aHoleInAJPEGIsDamage(place: Double, isProgressive: Bool) async throws {
    var file = try await Self.scene.encoded(EncodeOptions(format: .jpeg, isProgressive: isProgressive))
    let start = Int(Double(file.count) * place)
    for offset in start..<(start + 1000) { file[offset] = 0 }
    let result = try await reduced(file, facts(.jpeg, Self.scene.size))
    #expect(result.integrity.rule == "whole.damaged")
  }

  @Test func aJPEGIsReadFromADescriptorToo() async throws {
    let file = try await Self.scene.encoded(EncodeOptions(format: .jpeg))
    let memory = try await reduced(file, facts(.jpeg, Self.scene.size))
    let onDisk = try await withFile(named: "a.jpg", holding: file) { path in
      let descriptor = open(path, O_RDONLY)
      defer { close(descriptor) }
      return try await onPixels {
        try ReducedDecode.of(.descriptor(descriptor), facts: facts(.jpeg, Self.scene.size), on: $0)
      }
    }
    #expect(onDisk == memory)
  }

  @Test func aProfileInAJPEGIsHeeded() async throws {
    let file = try await onPixels { thread in
      try SamplePictures.plain(size(32, 32), [250, 10, 10]).picture(on: thread)
        .setting(.icc, to: TestProfile.swappedRedAndBlue).encoded(EncodeOptions(format: .jpeg, quality: 95))
    }
    var facts = facts(.jpeg, size(32, 32))
    facts.icc = ICCFacts(bytes: ByteRange(offset: 0, length: TestProfile.swappedRedAndBlue.count))
    let picture = try #require(try await reduced(file, facts).picture)
    #expect(picture.samples[0] < 60 && picture.samples[2] > 200)
  }

  @Test func aLaxDecodeTakesWhatAStrictOneRefuses() async throws {
    let file = try await Self.scene.encoded(EncodeOptions(format: .jpeg))
    let cut = Array(file.prefix(file.count * 9 / 10))
    let lax = try await reduced(cut, facts(.jpeg, Self.scene.size), strictness: .none)
    #expect(lax.integrity.rule == "whole.decoded")
  }

  @Test func everyFrameOfAnAnimationIsDecoded() async throws {
    let file = SampleGIF.animation(colours: [1, 2, 3, 1], size: 4)
    let four = facts(.gif, size(4, 4), frames: 4)
    #expect(try await reduced(file, four).integrity.rule == "whole.decoded")
    #expect(try await reduced(file, four).picture?.size == size(4, 4))
    let cut = Array(file.prefix(file.count * 6 / 10))
    #expect(try await reduced(cut, four).integrity.rule == "whole.damaged")
  }

  @Test(arguments: Orientation.allCases)
  func theSmallPictureIsUpright(orientation: Orientation) async throws {
    let upright = SamplePictures.marked(size(64, 48))
    let stored = upright.turned(by: orientation.inverse)
    let file = try await stored.encoded(EncodeOptions(format: .png))
    let picture = try await reduced(file, facts(.png, stored.size, orientation: orientation)).picture
    #expect(picture?.samples == upright.samples)
  }

  @Test(arguments: [1, 2, 3, 4])
  func anyNumberOfBandsGivesThreeParts(bands: Int) async throws {
    let sample = SamplePictures.marked(size(80, 60), bands: bands)
    for isWide in [false, true] {
      let file = try await onPixels { thread in
        try isWide
          ? sample.widePicture(on: thread).encoded(EncodeOptions(format: .png))
          : sample.picture(on: thread).encoded(EncodeOptions(format: .png))
      }
      let picture = try #require(try await reduced(file, facts(.png, sample.size)).picture)
      #expect(picture.size == sample.size)
    }
  }

  @Test func whatIsTransparentShowsHalfGrey() async throws {
    let clear = SamplePictures.plain(size(16, 16), [255, 0, 0, 0])
    let file = try await clear.encoded(EncodeOptions(format: .png))
    let picture = try #require(try await reduced(file, facts(.png, clear.size)).picture)
    #expect(picture.samples.allSatisfy { abs(Int($0) - 128) <= 1 })
  }

  @Test func aTimeoutIsThrownAndNotCalledDamage() async throws {
    let file = try await Self.scene.encoded(EncodeOptions(format: .png))
    await expectKind(.timeout) {
      _ = try await TestPool.pool().run(cost: ByteCount(0), deadline: .now + .milliseconds(10)) { thread in
        while true { _ = try ReducedDecode.of(.bytes(file), facts: facts(.png, Self.scene.size), on: thread) }
      }
    }
  }

  @Test(
    .enabled(if: Corpus.isPresent, "needs the public test pictures"),
    arguments: [
      ("truncated.jpg", ImageFormat.jpeg, false), ("truncated.png", .png, false),
      ("2569067123_aca715a2ee_o.jpg", .jpeg, true),
      ("Landscape_6.jpg", .jpeg, true), ("Flag_of_the_Netherlands-16bit.png", .png, true),
      ("rotating-squares.gif", .gif, true),
      ("4.webp", .webp, true), ("G31D.TIF", .tiff, true),
      ("sdr_cosmos12920_cicp1-13-6_yuv444_full_qp10.avif", .avif, true),
      ("cielab-dagams.tiff", .tiff, true), ("16-bit-grey-alpha.png", .png, true), ("grey-plus-alpha.gif", .gif, true),
      ("Channel_digital_image_CMYK_color.jpg", .jpeg, true),
    ])
  func publicPicturesAreJudgedAsTheyAre(name: String, format: ImageFormat, isWhole: Bool) async throws {
    let file = try Corpus.bytes("sharp/" + name)
    let stored = try await onPixels { try Picture(opening: .bytes(file), as: format, on: $0).size }
    let result = try await reduced(file, facts(format, stored))
    #expect(result.integrity.rule == (isWhole ? "whole.decoded" : "whole.damaged"), "\(result.integrity.message)")
    if let picture = result.picture {
      #expect(ContentChecks().presence(of: picture).severity != .fail)
      // A drawing of squares or a flag has bands of its own; photographs have not.
      if format == .jpeg { #expect(ContentChecks().bars(in: picture).severity == .pass) }
    }
  }
}
