// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import ImgtoolPixels

@Suite struct LosslessTurnTests {
  private static let limit = ByteCount.mebibytes(256)

  private func turned(_ bytes: [UInt8], _ orientation: Orientation) throws -> [UInt8] {
    try LosslessTurn.turned(try JPEGSegments(bytes), by: orientation, limit: Self.limit).encoded()
  }

  /// Coefficients are moved exactly; what differs is the rounding of the inverse DCT: one level in each of Y, Cb
  /// and Cr, which is up to three in R, G and B.
  @Test(arguments: Orientation.allCases, TurboJPEG.Subsampling.allCases)
  func aTurnedFileDecodesToTheTurnedPixels(orientation: Orientation, subsampling: TurboJPEG.Subsampling) throws {
    guard subsampling != .fourth || !orientation.isTurned else { return }
    let source = try MetadataSamples.jpeg(96, 64, subsampling)
    let before = try TurboJPEG.decoded(source, pixelLimit: 1 << 20)
    let after = try TurboJPEG.decoded(try turned(source, orientation), pixelLimit: 1 << 20)
    let difference = try #require(MetadataSamples.difference(after, before.turned(by: orientation)))
    #expect(difference <= (subsampling == .grey ? 1 : 3))
  }

  @Test(arguments: TurboJPEG.Subsampling.allCases.filter { $0 != .fourth }, [false, true])
  func fourQuarterTurnsGiveTheSameCoefficientsBack(subsampling: TurboJPEG.Subsampling, isProgressive: Bool) throws {
    // Equal coefficients give equal scans, since the same code writes both.
    let source = try turned(try MetadataSamples.jpeg(64, 96, subsampling, isProgressive: isProgressive), .up)
    var bytes = source
    for _ in 0..<4 { bytes = try turned(bytes, .right) }
    #expect(bytes == source)
  }

  @Test(arguments: TurboJPEG.Subsampling.allCases, [30, 97])
  func aFileCodedWithItsOwnTablesGetsItsOwnAgain(subsampling: TurboJPEG.Subsampling, quality: Int) throws {
    let usual = try MetadataSamples.jpeg(90, 70, subsampling, quality: quality)
    let own = try HuffmanRecoding.recoded(try JPEGSegments(usual)).encoded()
    #expect(own.count < usual.count)
    let result = try turned(own, .up)
    #expect(result.count == own.count)
    #expect(try TurboJPEG.decoded(result, pixelLimit: 9999) == TurboJPEG.decoded(usual, pixelLimit: 9999))
  }

  @Test(arguments: TurboJPEG.Subsampling.allCases, [false, true])
  func aFileCodedWithTheUsualTablesKeepsThem(subsampling: TurboJPEG.Subsampling, isTurned: Bool) throws {
    guard subsampling != .fourth || !isTurned else { return }
    let source = try JPEGSegments(try MetadataSamples.jpeg(96, 64, subsampling))
    let result = try JPEGSegments(try turned(source.source, isTurned ? .right : .down))
    #expect(HuffmanRecoding.sharesTables(source, result))
  }

  @Test(arguments: Orientation.allCases)
  func turningBackGivesTheSameFile(orientation: Orientation) throws {
    let source = try turned(try MetadataSamples.jpeg(48, 80), .up)
    #expect(try turned(try turned(source, orientation), orientation.inverse) == source)
  }

  @Test(arguments: [false, true])
  func theCodingProcessStays(isProgressive: Bool) throws {
    let source = try MetadataSamples.jpeg(48, 80, isProgressive: isProgressive)
    let frame = try #require(JPEGFrame(try JPEGSegments(try turned(source, .left))))
    #expect(frame.isProgressive == isProgressive)
    #expect(frame.size == PixelSize(width: 80, height: 48))
  }

  @Test func everyApplicationSegmentStaysByteForByte() throws {
    let extra = [
      MetadataSamples.exifSegment(ExifSample.camera(size: PixelSize(clamping: 48, 80)).block()),
      .init(marker: 0xE2, payload: Array("ICC_PROFILE\0".utf8) + [1, 1] + Array(repeating: 7, count: 300)),
      .init(marker: 0xE7, payload: Array("something else".utf8)), .init(marker: 0xFE, payload: Array("a comment".utf8)),
    ]
    let source = try MetadataSamples.adding(extra, to: try MetadataSamples.jpeg(48, 80))
    let result = try JPEGSegments(try turned(source, .right))
    #expect(result.segments.filter { $0.kind != .coding }.dropFirst().elementsEqual(extra))
    #expect(result.segments.first?.kind == .jfif)
  }

  @Test(arguments: Orientation.allCases, [(50, 48), (48, 37), (50, 37), (48, 48)])
  func theBlockGridDecidesAsTheLibraryDoes(orientation: Orientation, sides: (Int, Int)) throws {
    for subsampling in TurboJPEG.Subsampling.allCases where subsampling != .fourth || !orientation.isTurned {
      let source = try MetadataSamples.jpeg(sides.0, sides.1, subsampling)
      let frame = try #require(JPEGFrame(try JPEGSegments(source)))
      let refused = (try? TurboJPEG.transformed(source, frame, orientation)) == nil
      #expect(refused == (LosslessTurn.obstacle(frame, orientation) == .notBlockAligned), "\(subsampling)")
    }
  }

  @Test func samplingFactorsAreJudgedAsTheLibraryDoes() throws {
    for count in [1, 3, 4] {
      for packed in 0..<(count == 1 ? 16 : 4096) {
        let factors = [packed & 15, packed >> 4 & 15, packed >> 8 & 15].map { (($0 & 3) + 1) << 4 | (($0 >> 2) + 1) }
        let all = count == 4 ? factors + [factors[0]] : Array(factors.prefix(count))
        let header = Self.header(width: 480, height: 480, factors: all)
        let frame = try #require(JPEGFrame(try JPEGSegments(header)))
        let isUsual = LosslessTurn.obstacle(frame, .up) != .unsupportedSubsampling
        try #require(try TurboJPEG.knowsSubsampling(header) == isUsual, "factors \(all)")
      }
    }
  }

  @Test(
    arguments: zip(
      [0xC1, 0xC3, 0xC9, 0xCA] as [UInt8],
      [nil, .unsupportedCoding, .unsupportedCoding, .unsupportedCoding] as [LosslessTurn.Obstacle?]))
  func otherCodingsAreRefused(marker: UInt8, expected: LosslessTurn.Obstacle?) throws {
    let header = Self.header(width: 16, height: 16, factors: [0x11, 0x11, 0x11], marker: marker)
    let frame = try #require(JPEGFrame(try JPEGSegments(header)))
    #expect(LosslessTurn.obstacle(frame, .right) == expected)
  }

  @Test(arguments: Orientation.allCases)
  func fourToOneIsTurnedUpsideDownAtMost(orientation: Orientation) throws {
    let frame = try #require(
      JPEGFrame(try JPEGSegments(Self.header(width: 64, height: 64, factors: [0x41, 0x11, 0x11]))))
    #expect(LosslessTurn.obstacle(frame, orientation) == (orientation.isTurned ? .unsupportedSubsampling : nil))
  }

  @Test func twelveBitsAreRefused() throws {
    let header = Self.header(width: 16, height: 16, factors: [0x11], precision: 12)
    let frame = try #require(JPEGFrame(try JPEGSegments(header)))
    #expect(LosslessTurn.obstacle(frame, .right) == .unsupportedPrecision)
  }

  @Test func aHugeFrameIsRefusedBeforeAnythingIsAllocated() throws {
    let bytes = Self.header(width: 65_504, height: 65_504, factors: [0x11, 0x11, 0x11]) + [0xFF, 0xD9]
    let error = #expect(throws: ImgtoolError.self) { try turned(bytes, .right) }
    #expect(error?.kind == .limit)
  }

  @Test func damagedScanDataIsNotMadeToLookWhole() throws {
    let source = try MetadataSamples.jpeg(96, 64)
    let cut = Array(source.prefix(source.count * 2 / 3)) + [0xFF, 0xD9]
    let error = #expect(throws: ImgtoolError.self) { try turned(cut, .right) }
    #expect(error?.kind == .input)
  }

  @Test func everyPrefixIsRefusedOrTurned() throws {
    let source = try MetadataSamples.jpeg(16, 16)
    for length in 0..<source.count {
      #expect(throws: ImgtoolError.self) { try turned(Array(source.prefix(length)), .right) }
    }
  }

  /// A JPEG header that stops after its scan header, for questions that need no picture.
  private static func header(
    width: Int, height: Int, factors: [Int], marker: UInt8 = 0xC0, precision: UInt8 = 8
  ) -> [UInt8] {
    let count = UInt8(factors.count)
    var bytes: [UInt8] = [0xFF, 0xD8, 0xFF, marker, 0, 8 + 3 * count, precision]
    bytes += [UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255), count]
    for (index, factor) in factors.enumerated() { bytes += [UInt8(index + 1), UInt8(factor), 0] }
    bytes += [0xFF, 0xDA, 0, 6 + 2 * count, count]
    for index in factors.indices { bytes += [UInt8(index + 1), 0] }
    return bytes + [0, 63, 0]
  }
}
