// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import ImgtoolPixels

/// What a file tells about how it was encoded, and what is made of it.
@Suite struct SourceCodingTests {
  private static let scene = SamplePictures.scene(size(64, 48))

  private func coding(_ options: EncodeOptions, asked: EncodeOptions? = nil) async throws -> EncodeOptions {
    let file = try await Self.scene.encoded(options)
    return try await onPixels { thread in
      let image = try thread.gate.admit(.memory(file))
      return (asked ?? EncodeOptions(format: options.format)).filled(from: try SourceCoding(image))
    }
  }

  @Test(arguments: 1...100)
  func theTablesOfAJPEGTellItsQuality(quality: Int) async throws {
    #expect(try await coding(EncodeOptions(format: .jpeg, quality: quality)).quality == quality)
  }

  @Test(arguments: [EncodeOptions.Subsampling.on, .off], [false, true])
  func chromaAndScansOfAJPEGAreTakenOver(subsampling: EncodeOptions.Subsampling, isProgressive: Bool) async throws {
    let source = EncodeOptions(format: .jpeg, quality: 83, subsampling: subsampling, isProgressive: isProgressive)
    #expect(try await coding(source) == source)
  }

  @Test func whatIsAskedForIsKept() async throws {
    let asked = EncodeOptions(format: .jpeg, quality: 40, subsampling: .off)
    #expect(try await coding(EncodeOptions(format: .jpeg, quality: 83, subsampling: .on), asked: asked) == asked)
    let lossy = EncodeOptions(format: .webp, quality: 40)
    #expect(try await coding(EncodeOptions(format: .webp, isLossless: true), asked: lossy) == lossy)
  }

  @Test func losslessStaysLossless() async throws {
    #expect(try await coding(EncodeOptions(format: .webp, isLossless: true)).isLossless)
    #expect(try await !coding(EncodeOptions(format: .webp)).isLossless)
    #expect(try await coding(EncodeOptions(format: .tiff, tiffCompression: .deflate)).tiffCompression == .deflate)
  }

  @Test(arguments: [ImageFormat.heif, .avif], [8, 10, 12])
  func everyDepthCanBeWrittenAgainAndNoneLosesBits(format: ImageFormat, depth: Int) throws {
    let facts = ImageFacts(format: format, storedSize: size(4, 4), bitsPerSample: depth)
    let coding = try SourceCoding([], facts, quality: 80)
    try coding.options.validate()
    let written = try #require(coding.options.bitDepth)
    #expect(written >= depth)
    #expect(coding.findings.map(\.rule) == (written > depth ? ["depth.widened"] : []))
  }

  @Test func anotherFormatTellsNothing() async throws {
    let asked = EncodeOptions(format: .webp)
    #expect(try await coding(EncodeOptions(format: .jpeg, quality: 30), asked: asked) == asked)
  }

  @Test(arguments: 0..<140)
  func aTableThatIsCutOrStrangeTellsNothingOrAQuality(length: Int) throws {
    // SOI and the first bytes of a table of 16 bits with zeros in it.
    let table: [UInt8] = [0xFF, 0xDB, 0, 131, 0x10] + [UInt8](repeating: 0, count: 128) + [0xFF, 0xDA, 0, 2]
    let file = Array(([0xFF, 0xD8] + table).prefix(2 + length))
    do {
      #expect((1...100).contains(try JPEGQuality.estimate(file) ?? 1))
    } catch {
      #expect(error.kind == .input)
    }
  }
}
