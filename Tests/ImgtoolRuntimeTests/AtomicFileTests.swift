// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime
import ImgtoolTesting
import Testing

/// A file appears whole or not at all.
@Suite struct AtomicFileTests {
  static let content = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })

  private func write(_ bytes: [UInt8], to path: String, replaces: Bool = false, like original: String? = nil) throws {
    let file = try AtomicFile(path, replaces: replaces)
    try file.write(bytes)
    try file.commit(like: original)
  }

  @Test func nothingHasTheNameBeforeTheCommit() throws {
    let folder = try TestFolder()
    let file = try AtomicFile(folder.path("a"), replaces: false)
    try file.write(Self.content)
    #expect(folder.read("a") == nil)
    #expect(folder.names.count == 1 && folder.names[0].hasPrefix(".a."))
    try file.commit()
    #expect(folder.read("a") == Self.content)
    #expect(folder.names == ["a"])
  }

  @Test func aFileThatIsDroppedLeavesNothing() throws {
    let folder = try TestFolder()
    do {
      let file = try AtomicFile(folder.path("a"), replaces: false)
      try file.write(Self.content)
    }
    #expect(folder.names.isEmpty)
  }

  @Test func anExistingFileIsKeptOrReplacedAsSaid() throws {
    let folder = try TestFolder()
    try folder.write([1], as: "a")
    #expect { try write([2], to: folder.path("a")) } throws: { ($0 as? ImgtoolError)?.kind == .storage }
    #expect(folder.read("a") == [1])
    try write([2], to: folder.path("a"), replaces: true)
    #expect(folder.read("a") == [2])
    #expect(folder.names == ["a"])
  }

  @Test func ofTwoWritersOneWins() throws {
    let folder = try TestFolder()
    let first = try AtomicFile(folder.path("a"), replaces: false)
    let second = try AtomicFile(folder.path("a"), replaces: false)
    try first.write([1])
    try second.write([2])
    try second.commit()
    do {
      try first.commit()
      Issue.record("both have won")
    } catch {
      #expect(error.kind == .storage)
    }
    #expect(folder.read("a") == [2])
    #expect(folder.names == ["a"])
  }

  @Test func modeAndTimesAreTakenOver() throws {
    let folder = try TestFolder()
    let original = try folder.write([1], as: "a")
    let date = Date(timeIntervalSince1970: 1_000_000_000.25)
    try FileManager.default.setAttributes([.posixPermissions: 0o640, .modificationDate: date], ofItemAtPath: original)
    try write([2], to: original, replaces: true, like: original)
    let attributes = try FileManager.default.attributesOfItem(atPath: original)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    let modified = try #require(attributes[.modificationDate] as? Date)
    #expect(abs(modified.timeIntervalSince(date)) < 0.001)
    #expect(folder.read("a") == [2])
  }

  @Test func aLinkStaysALinkAndItsFileIsReplaced() throws {
    let folder = try TestFolder()
    try folder.write([1], as: "real/a")
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "real/a")
    try write([2], to: folder.path("link"), replaces: true)
    #expect(folder.read("real/a") == [2])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) == "real/a")
    #expect(folder.names == ["link", "real", "real/a"])
  }

  @Test func aLinkThatLeadsNowhereIsATakenName() throws {
    let folder = try TestFolder()
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "none")
    #expect { try write([2], to: folder.path("link")) } throws: { ($0 as? ImgtoolError)?.kind == .storage }
    #expect(folder.names == ["link"])
  }

  @Test(arguments: ["none/a", "a/b", "folder", "folder/", "", "/"])
  func whatCannotBeAFileIsRefused(_ name: String) throws {
    let folder = try TestFolder()
    try folder.write([1], as: "a")
    try folder.write([1], as: "folder/x")
    let path = name == "/" || name.isEmpty ? name : folder.path(name)
    #expect { try write([2], to: path, replaces: true) } throws: { error in
      guard let error = error as? ImgtoolError else { return false }
      return error.kind == .storage || error.kind == .usage
    }
    #expect(folder.names == ["a", "folder", "folder/x"])
  }

  @Test(arguments: [1, 100, 255, 256])
  func namesMayBeAsLongAsTheSystemTakes(_ length: Int) throws {
    let folder = try TestFolder()
    let name = String(repeating: "é", count: length / 2) + String(repeating: "x", count: length % 2)
    if length <= 255 {
      try write([7], to: folder.path(name))
      #expect(folder.names.map(\.utf8.count) == [length])
    } else {
      #expect { try write([7], to: folder.path(name)) } throws: { ($0 as? ImgtoolError)?.kind == .storage }
      #expect(folder.names.isEmpty)
    }
  }

  @Test func anotherFileIsCopiedBehindWhatIsThere() throws {
    let folder = try TestFolder()
    let large = [UInt8](repeating: 5, count: 3 << 20)
    let source = try folder.write(large, as: "source")
    let file = try AtomicFile(folder.path("a"), replaces: false)
    try file.write([1, 2])
    try file.copy(from: source)
    try file.commit()
    #expect(folder.read("a") == [1, 2] + large)
    let other = try AtomicFile(folder.path("b"), replaces: false)
    do {
      try other.copy(from: folder.path("missing"))
      Issue.record("nothing was thrown")
    } catch {
      #expect(error.kind == .storage)
    }
  }

  @Test func everyReasonOfTheSystemIsASentence() {
    for code in [ENOENT, EACCES, EPERM, ENOSPC, EDQUOT, EFBIG, EROFS, ENAMETOOLONG, ENOTDIR, EIO, EMFILE] {
      let error = storageError("The thing cannot be written", code)
      #expect(error.kind == .storage)
      #expect(error.message.hasPrefix("The thing cannot be written: ") && error.message.hasSuffix("."))
    }
  }
}
