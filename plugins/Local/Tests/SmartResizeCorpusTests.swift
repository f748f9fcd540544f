// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolProbe
import Testing

/// Real pictures beside the project, where they are present.
enum Corpus {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/corpus")
  static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }
}

/// The main job on real pictures: exact size, nothing cropped, nothing stretched.
///
/// `IMGTOOL_FULL=1 swift test -c release --filter SmartResizeCorpusTests` runs all pictures in all frames with the
/// synthesised fill, some minutes; without it each frame meets one picture, mirrored.
@Suite struct SmartResizeCorpusTests {
  static let pictures = [
    "sharp/2569067123_aca715a2ee_o.jpg", "sharp/Landscape_6.jpg", "sharp/Portrait_3.jpg", "libvips/1.webp",
    "sharp/Landscape_1.jpg", "sharp/Landscape_5.jpg", "sharp/Portrait_8.jpg", "sharp/Landscape_9.jpg",
    "exif-orientation/Portrait_7.jpg", "libvips/rotation/3.jpg", "sharp/flowers.jpeg", "sharp/concert.jpg",
    "sharp/4.webp", "sharp/gamma_dalai_lama_gray.jpg", "sharp/Channel_digital_image_CMYK_color.jpg",
    "libvips/avif-orientation-6.avif", "libvips/ultra-hdr.jpg", "libvips/rgba.png", "libvips/sample.tif",
    "sharp/alpha-premultiply-2048x1536-paper.png",
  ]

  struct Frame: Sendable {
    let ratio: String
    let tier: String
    let size: PixelSize
  }

  static let frames = [
    Frame(ratio: "21:9", tier: "4K", size: size(4096, 1755)), Frame(ratio: "9:16", tier: "2K", size: size(1152, 2048)),
    Frame(ratio: "1:1", tier: "1K", size: size(1024, 1024)), Frame(ratio: "4:3", tier: "2K", size: size(2048, 1536)),
  ]

  struct Case: Sendable, CustomTestStringConvertible {
    let picture: String
    let frame: Frame
    var testDescription: String { "\(picture) \(frame.ratio) \(frame.tier)" }
  }

  static let isFull = ProcessInfo.processInfo.environment["IMGTOOL_FULL"] == "1"
  static let cases =
    isFull
    ? pictures.flatMap { picture in frames.map { Case(picture: picture, frame: $0) } }
    : zip(pictures, frames).map { Case(picture: $0, frame: $1) }

  @Test(.enabled(if: Corpus.isPresent, "../shared/corpus is absent"), arguments: cases)
  func realPicturesKeepEverythingInEveryFrame(_ job: Case) async throws {
    let bytes = try Corpus.bytes(job.picture)
    let facts = try Probe.facts(of: bytes)
    let result = try await SmartResizeTest.result(
      bytes,
      [
        "aspect_ratio": job.frame.ratio, "resolution": job.frame.tier, "gravity": "centre",
        "fill": Self.isFull && !facts.hasAlpha && facts.colourModel != .ycck ? "synthesize" : "mirror",
      ])
    let after = try Probe.facts(of: result)
    #expect(after.displaySize == job.frame.size)
    let request = FrameRequest.tier(
      try #require(AspectRatio(job.frame.ratio)), try #require(ResolutionTier(job.frame.tier)))
    let verdict = FrameVerdict.judge(after.displaySize, against: request, policy: .exact)
    #expect(verdict.findings.map(\.rule).contains("ratio.exact"))
    #expect(verdict.findings.failures.isEmpty)
    let rect = Placement(of: facts.displaySize, in: job.frame.size).rect
    let placed = try await SmartResizeTest.samples(result, in: rect)
    let scaled = try await SmartResizeTest.samples(SmartResizeTest.scaled(bytes, to: rect.size))
    #expect(placed.difference(from: scaled) == 0)
    // One factor for both axes, to within the rounding of a side and the closing of a margin of under four pixels.
    let (across, down) = (
      Double(rect.width) / Double(facts.displaySize.width), Double(rect.height) / Double(facts.displaySize.height)
    )
    let pixel = 4 / Double(min(rect.width, rect.height))
    #expect(abs(across / down - 1) <= pixel)
  }
}
