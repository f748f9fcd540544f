// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolTesting
import Testing

/// Real files of the shared corpus, where it is there.
@Suite(.enabled(if: Corpus.isPresent, "the shared corpus is not beside the project"))
struct NormaliseCorpusTests {
  private static let small = PixelSize(clamping: 90, 120)

  /// The eight files show the same scene with their own numbers in it; 0.png beside them is another picture.
  @Test(arguments: 1...8, [NormaliseOptions.Lossless.prefer, .never])
  func everyRotationMatchesTheUprightOne(number: Int, lossless: NormaliseOptions.Lossless) async throws {
    let upright = try Corpus.bytes("libvips/rotation/1.jpg")
    let reference = try await NormaliseSamples.samples(upright, .jpeg, scaledTo: Self.small).samples
    let file = try Corpus.bytes("libvips/rotation/\(number).jpg")
    let outcome = try await NormaliseSamples.normalised(file, NormaliseOptions(lossless: lossless))
    let result = outcome.bytes ?? file
    let seen = try await NormaliseSamples.samples(result, .jpeg, scaledTo: Self.small).samples
    #expect(meanDifference(seen, reference) < 16)
    #expect(meanDifference(seen, seen.reversed()) > 40)
    #expect(try Probe.facts(of: result).icc?.description == Probe.facts(of: file).icc?.description)
    #expect(try Probe.facts(of: result).icc?.bytes.length == Probe.facts(of: file).icc?.bytes.length)
  }

  @Test(arguments: ["Landscape", "Portrait"], 0...8)
  func everyExampleBecomesThePictureOfTheUprightOne(name: String, number: Int) async throws {
    let upright = try Corpus.bytes("exif-orientation/\(name)_1.jpg")
    let file = try Corpus.bytes("exif-orientation/\(name)_\(number).jpg")
    let outcome = try await NormaliseSamples.normalised(file)
    let result = outcome.bytes ?? file
    #expect(outcome.size == (try Probe.facts(of: upright)).displaySize)
    let (one, other) = (
      try await NormaliseSamples.samples(upright, .jpeg, scaledTo: Self.small).samples,
      try await NormaliseSamples.samples(result, .jpeg, scaledTo: Self.small).samples
    )
    // Each example is an encoding of its own.
    #expect(meanDifference(one, other) < 3)
  }

  @Test(arguments: ["exif-orientation", "sharp", "libvips", "libvips/rotation"])
  func everyJPEGIsCleanedOrRefusedWithoutTouchingItsPicture(folder: String) async throws {
    let path = Corpus.folder.appendingPathComponent(folder).path
    for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() where name.contains(".") {
      let bytes = try Corpus.bytes("\(folder)/\(name)")
      guard bytes.starts(with: [0xFF, 0xD8, 0xFF]), bytes.count < 1 << 21, let jpeg = try? JPEGSegments(bytes),
        let facts = try? Probe.facts(of: bytes)
      else { continue }
      let (cleaned, _) = try JPEGSegments.edited(bytes, MetadataEdit(size: facts.storedSize, strip: .private))
      let result = try JPEGSegments(cleaned)
      #expect(
        result.segments.filter { $0.kind == .coding }.map(\.payload)
          == jpeg.segments.filter { $0.kind == .coding }.map(\.payload))
      #expect(!(try Probe.facts(of: cleaned).hasLocation), "\(name)")
      if let block = result.segments.first(where: { $0.kind == .exif })?.payload.dropFirst(6) {
        let summary = ExifSummary(Array(block))
        #expect(summary?.thumbnail.isEmpty ?? true)
        #expect(summary?.entry(0x927C, in: .exif) == nil)
      }
    }
  }

  @Test func aGainMapIsLeftOutOfATurnedPictureAndSaidToBe() async throws {
    let bytes = try Corpus.bytes("libvips/ultra-hdr.jpg")
    let stored = try Probe.facts(of: bytes).storedSize
    let file = try NormaliseSamples.oriented(bytes, .jpeg, .down, stored: stored)
    let outcome = try await NormaliseSamples.normalised(file)
    let jpeg = try JPEGSegments(try #require(outcome.bytes))
    #expect(jpeg.trailing.isEmpty)
    #expect(!jpeg.segments.contains { $0.kind == .multiPicture })
    #expect(outcome.findings.contains { $0.rule == "trailing.dropped" && $0.severity == .warn })
  }

  @Test func everyLosslessPictureTurnsWithoutALoss() async throws {
    for name in try Self.names(in: "sharp") + Self.names(in: "libvips") {
      let bytes = try Corpus.bytes(name)
      guard bytes.count < 300_000, let facts = try? Probe.facts(of: bytes), facts.orientation == .up,
        facts.reencodesWithoutLoss, !facts.isAnimated, facts.isDecodable, facts.storedSize.area < 500_000,
        let before = try? await NormaliseSamples.samples(bytes, facts.format, turnedFrom: .right)
      else { continue }
      // A TIFF without an orientation tag has no place to put one.
      guard let file = try? NormaliseSamples.oriented(bytes, facts.format, .right, stored: facts.storedSize) else {
        continue
      }
      let outcome = try await NormaliseSamples.normalised(file)
      let after = try await NormaliseSamples.samples(try #require(outcome.bytes), facts.format)
      #expect(before == after, "\(name)")
    }
  }

  @Test func fourQuarterTurnsOfRealJPEGsGiveTheSameCoefficients() throws {
    for name in try Self.names(in: "sharp") + Self.names(in: "libvips") + Self.names(in: "libvips/rotation") {
      let bytes = try Corpus.bytes(name)
      guard bytes.starts(with: [0xFF, 0xD8, 0xFF]), bytes.count < 1 << 20, let jpeg = try? JPEGSegments(bytes),
        let frame = JPEGFrame(jpeg), LosslessTurn.obstacle(frame, .down) == nil,
        LosslessTurn.obstacle(frame, .right) == nil, frame.size.area < 200_000
      else { continue }
      let limit = ByteCount.mebibytes(512)
      // Some files of the corpus are damaged on purpose.
      guard let once = try? LosslessTurn.turned(jpeg, by: .up, limit: limit) else { continue }
      var turned = once
      for _ in 0..<4 {
        turned = try LosslessTurn.turned(try JPEGSegments(try turned.encoded()), by: .right, limit: limit)
      }
      #expect(try turned.encoded() == once.encoded(), "\(name)")
    }
  }

  private static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Corpus.folder.appendingPathComponent(folder).path)
      .filter { $0.contains(".") }.sorted().map { "\(folder)/\($0)" }
  }

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/vips"), "the vips tool is not installed"),
    arguments: Orientation.allCases)
  func losslessFormatsGiveThePixelsOfLibvipsAutorot(orientation: Orientation) async throws {
    let stored = PixelSize(clamping: 60, 34)
    let sample = SamplePictures.marked(stored)
    for format in [ImageFormat.png, .tiff] {
      let encoded = try await NormaliseSamples.encoded(sample, EncodeOptions(format: format), orientation)
      let file = try NormaliseSamples.oriented(encoded, format, orientation, stored: stored)
      let own = try await NormaliseSamples.normalised(file).bytes ?? file
      let theirs = try await withFile(named: "in.\(format.extensions[0])", holding: file) { path in
        let result = (path as NSString).deletingLastPathComponent + "/out.png"
        let tool = try Process.run(URL(fileURLWithPath: "/usr/bin/vips"), arguments: ["autorot", path, result])
        tool.waitUntilExit()
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: result)))
      }
      let (mine, expected) = (
        try await NormaliseSamples.samples(own, format), try await NormaliseSamples.samples(theirs, .png)
      )
      #expect(mine == expected, "\(format)")
    }
  }
}
