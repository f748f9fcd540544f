// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import ImgtoolTesting
import Testing

@Suite struct MetadataTests {
  private static let sample = SamplePictures.gradient(size(24, 16))
  private static let xmp = Array("<x:xmpmeta/>".utf8)

  @Test(arguments: MetadataBlock.allCases)
  func aBlockIsSetReadAndRemoved(block: MetadataBlock) async throws {
    let bytes: [UInt8] = [1, 2, 3, 0, 255]
    let (before, set, removed, original) = try await onPixels { thread in
      let picture = try Self.sample.picture(on: thread)
      let with = try picture.setting(block, to: bytes)
      let without = try with.setting(block, to: nil)
      return (picture.metadata(block), with.metadata(block), without.metadata(block), picture.has(block))
    }
    #expect(before == nil)
    #expect(set == bytes)
    #expect(removed == nil)
    #expect(!original)
  }

  @Test(arguments: MetadataBlock.allCases)
  func keepingOneBlockRemovesTheOthers(block: MetadataBlock) async throws {
    let kept = try await onPixels { thread in
      var picture = try Self.sample.picture(on: thread)
      for other in MetadataBlock.allCases { picture = try picture.setting(other, to: [9]) }
      let result = try picture.keeping([block])
      return MetadataBlock.allCases.filter { result.has($0) }
    }
    #expect(kept == [block])
  }

  @Test func metadataIsCopiedFromAnotherPicture() async throws {
    let result = try await onPixels { thread in
      let source = try Self.sample.picture(on: thread).setting(.icc, to: [1]).setting(.xmp, to: [2])
      let target = try Self.sample.picture(on: thread).setting(.xmp, to: [8]).setting(.iptc, to: [9])
      let all = try target.withMetadata(of: source)
      let some = try target.withMetadata(of: source, [.icc])
      return [all.metadata(.icc), all.metadata(.xmp), all.metadata(.iptc), some.metadata(.icc), some.metadata(.xmp)]
    }
    #expect(result == [[1], [2], nil, [1], [8]])
  }

  @Test(arguments: [ImageFormat.jpeg, .png, .webp, .tiff, .avif, .heif])
  func aProfileAndXMPSurviveAFile(format: ImageFormat) async throws {
    let profile = TestProfile.plain
    let (icc, xmp) = try await onPixels { thread in
      let file = try Self.sample.picture(on: thread).setting(.icc, to: profile).setting(.xmp, to: Self.xmp)
        .encoded(EncodeOptions(format: format))
      let again = try Picture(opening: .bytes(file), as: format, on: thread)
      return (again.metadata(.icc), again.metadata(.xmp))
    }
    #expect(icc == profile)
    #expect(xmp == Self.xmp)
  }

  @Test(arguments: Orientation.allCases)
  func anUprightPictureIsSaidToBeUprightInItsFile(orientation: Orientation) async throws {
    let (stated, size) = try await onPixels { thread in
      let file = try Self.sample.picture(on: thread).setting(.exif, to: TestEXIF.orientation(6))
        .upright(from: orientation).encoded(EncodeOptions(format: .jpeg))
      let again = try Picture(opening: .bytes(file), as: .jpeg, on: thread)
      return (again.statedOrientation, again.size)
    }
    #expect(stated == 1)
    #expect(size == orientation.applied(to: Self.sample.size))
  }

  @Test func theOrientationOfAFileIsSeenAndNotApplied() async throws {
    let (stated, size) = try await onPixels { thread in
      let file = try Self.sample.picture(on: thread).setting(.exif, to: TestEXIF.orientation(6))
        .encoded(EncodeOptions(format: .webp))
      let again = try Picture(opening: .bytes(file), as: .webp, on: thread)
      return (again.statedOrientation, again.size)
    }
    #expect(stated == 6)
    #expect(size == Self.sample.size)
  }

  @Test func settingABlockLeavesTheOriginalAlone() async throws {
    let had = try await onPixels { thread in
      let picture = try Self.sample.picture(on: thread)
      let other = try picture.setting(.icc, to: [1])
      return [picture.has(.icc), other.has(.icc)]
    }
    #expect(had == [false, true])
  }
}

/// EXIF blocks made by the tests (EXIF 2.32 §4.5).
enum TestEXIF {
  /// One little-endian directory with the orientation tag 0x0112.
  static func orientation(_ value: UInt8) -> [UInt8] {
    Array("Exif\0\0II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0]
  }
}
