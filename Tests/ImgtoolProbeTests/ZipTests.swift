// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import ImgtoolProbe

@Suite struct ZipTests {
  private let reader = ZipReader(maximumEntries: 4, maximumBytes: 10_000)

  /// 60 lines of text, packed with dynamic codes by zlib 1.2.13 at level 9.
  private static let dynamic =
    "ldY5TkQxEEDBnFP4CLgXBo7zJYxAmgUxDjg+IiCnMgcvK3W3zx/XNR7H7W3cb5c19vreY78fe3ytz3Xs+ziur3/vh/NvPCUOiVPikrglfpL4"
    + "JPGzxC+EYoRkOAlxkuIkxkmOkyAnSU6inGQZZBk2j2QZZBlkGWQZZBlkGWQZZJlkmWSZtlzJMskyyTLJMskyyTLJssiyyLLIsuxSkmWR"
    + "ZZFlkWWRZZFlk2WTZZNlk2Xbt4csmyybLJss+7+WPw=="
  private static let text = (0..<60).map { "line \($0) of some text that repeats and repeats\n" }.joined()

  @Test func deflateIsUnpacked() throws {
    let packed = Array(try #require(Data(base64Encoded: Self.dynamic)))
    #expect(try Inflate.unpack(packed[...], limit: 2750) == Array(Self.text.utf8))
    let fixed = Array(try #require(Data(base64Encoded: "S8usSE1RSM5PSS1WSENnAwA=")))
    #expect(try Inflate.unpack(fixed[...], limit: 100) == Array("fixed codes fixed codes fixed".utf8))
    #expect(try Inflate.unpack([1, 3, 0, 0xFC, 0xFF, 7, 8, 9], limit: 3) == [7, 8, 9])
  }

  @Test func theLimitHoldsToTheByte() throws {
    let packed = Array(try #require(Data(base64Encoded: Self.dynamic)))
    #expect(throws: Inflate.Failure.tooLarge) { try Inflate.unpack(packed[...], limit: 2749) }
    #expect(throws: Inflate.Failure.tooLarge) { try Inflate.unpack([1, 3, 0, 0xFC, 0xFF, 7, 8, 9], limit: 2) }
  }

  @Test func everyPrefixIsRefused() throws {
    let packed = Array(try #require(Data(base64Encoded: Self.dynamic)))
    for count in 0..<packed.count {
      #expect(throws: Inflate.Failure.self) { try Inflate.unpack(packed[..<count], limit: 10_000) }
    }
  }

  @Test func noSingleByteChangedMakesItTrap() throws {
    let packed = Array(try #require(Data(base64Encoded: Self.dynamic)))
    for at in packed.indices {
      for flip in [UInt8(0x01), 0x10, 0xFF] {
        var changed = packed
        changed[at] ^= flip
        _ = try? Inflate.unpack(changed[...], limit: 10_000)  // only that it ends
      }
    }
  }

  @Test func filesComeInTheOrderOfNamesWithoutFoldersAndNoise() throws {
    let packed = Array(try #require(Data(base64Encoded: Self.dynamic)))
    let archive = SampleZip([
      SampleZip.File("z/b.png", [1, 2]), SampleZip.File("z/", []),
      SampleZip.File("z/a.txt", packed, unpacked: Array(Self.text.utf8)), SampleZip.File("__MACOSX/z", [9]),
    ]).bytes
    let entries = try reader.entries(of: archive)
    #expect(entries.map(\.name) == ["a.txt", "b.png"])
    #expect(entries.map(\.bytes.count) == [2750, 2])
  }

  @Test(arguments: ["../a", "/a", "a/../../b", "C:a", "a\\b", "..", "a\u{0}b", ""])
  func namesThatLeaveTheirFolderAreRefused(name: String) {
    #expect(throws: ImgtoolError.self) { try reader.entries(of: SampleZip([SampleZip.File(name, [1])]).bytes) }
  }

  @Test func bombsAreRefused() throws {
    let packed = Array(try #require(Data(base64Encoded: Self.dynamic)))
    let text = Array(Self.text.utf8)
    var five: [SampleZip.File] = []
    for index in 0..<5 { five.append(SampleZip.File("\(index)", [1])) }
    #expect(Self.kind { _ = try reader.entries(of: SampleZip(five).bytes) } == .limit)
    let four = (0..<4).map { SampleZip.File("\($0)", packed, unpacked: text) }
    #expect(Self.kind { _ = try reader.entries(of: SampleZip(four).bytes) } == .limit)
    var liar = SampleZip.File("a", packed, unpacked: text)
    liar.claimedSize = 10
    #expect(Self.kind { _ = try reader.entries(of: SampleZip([liar]).bytes) } == .input)
    liar.claimedSize = 3000
    #expect(Self.kind { _ = try reader.entries(of: SampleZip([liar]).bytes) } == .input)
    // Two directory entries for one place, as the overlapping bombs have.
    var archive = SampleZip(["a": [1, 2, 3], "b": [1, 2, 3]]).bytes
    let second = archive.count - 22 - 47
    for at in 0..<4 { archive[second + 42 + at] = 0 }
    #expect(Self.kind { _ = try reader.entries(of: archive) } == .input)
  }

  @Test func linksEncryptionAndUnknownMethodsAreRefused() {
    var link = SampleZip.File("a", [1])
    link.externalAttributes = 0xA1FF << 16
    var secret = SampleZip.File("a", [1])
    secret.flags = 1
    var odd = SampleZip.File("a", [1])
    odd.method = 12
    for file in [link, secret, odd] {
      #expect(Self.kind { _ = try reader.entries(of: SampleZip([file]).bytes) } == .input)
    }
  }

  @Test func everyPrefixOfAnArchiveIsRefused() {
    let archive = SampleZip(["a.png": [1, 2, 3], "b.png": [4]]).bytes
    for count in 0..<archive.count {
      #expect(throws: ImgtoolError.self) { try reader.entries(of: Array(archive[..<count])) }
    }
  }

  @Test func noSingleByteChangedInAnArchiveMakesItTrap() {
    let archive = SampleZip(["a.png": [1, 2, 3], "b.png": [4]]).bytes
    for at in archive.indices {
      for flip in [UInt8(0x01), 0x80, 0xFF] {
        var changed = archive
        changed[at] ^= flip
        _ = try? reader.entries(of: changed)  // only that it ends
      }
    }
  }

  @Test func twoFilesOfOneNameAreRefused() {
    let archive = SampleZip(["a.png": [1], "b.png": [2], "a.png": [3]]).bytes
    #expect(Self.kind { _ = try reader.entries(of: archive) } == .input)
  }

  @Test func aByteChangedInAFileIsNoticed() {
    var archive = SampleZip(["a.png": [1, 2, 3]]).bytes
    archive[30 + 5] ^= 1
    #expect(Self.kind { _ = try reader.entries(of: archive) } == .input)
  }

  @Test func anArchiveIsKnownByItsFirstBytesAlsoWithoutAFile() throws {
    let empty = SampleZip().bytes
    #expect(ZipReader.isZip(empty) && ZipReader.isZip(SampleZip(["a": [1]]).bytes))
    #expect(try reader.entries(of: empty).isEmpty)
    #expect(!ZipReader.isZip([0x50, 0x4B]) && !ZipReader.isZip(Array("PKZIP".utf8)) && !ZipReader.isZip([UInt8]()))
  }

  private static func kind(_ body: () throws -> Void) -> ImgtoolError.Kind? {
    do {
      try body()
      return nil
    } catch {
      return (error as? ImgtoolError)?.kind
    }
  }
}
