// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolProbe
import ImgtoolTesting
import Testing

@testable import ImgtoolRuntime

/// The parts a zip of pictures goes through, each alone.
@Suite struct ArchiveTests {
  @Test(arguments: [
    (["a.jpg", "b.png"], ["a", "b"]), (["a.jpg", "a.png", "A.webp"], ["a", "a-2", "A-3"]),
    (["a", "a", "a-2"], ["a", "a-2", "a-2-2"]), ([".hidden", "-rf.png", " x.png"], ["_hidden", "_rf", "_x"]),
    (["a\u{202E}b;$(c)|d.png"], ["a_b__(c)_d"]), (["Düne 砂.jpg"], ["Düne 砂"]), (["..", "."], ["_.", "_"]),
  ])
  func namesOfOutputsAreSafeAndUnlikeEachOther(_ names: [String], _ stems: [String]) {
    #expect(PictureArchive.stems(of: names) == stems)
  }

  @Test func aLongNameIsCut() {
    let stems = PictureArchive.stems(of: [String(repeating: "砂", count: 300), String(repeating: "砂", count: 300)])
    #expect(stems.allSatisfy { $0.utf8.count <= 170 && !$0.isEmpty } && stems[0] != stems[1])
  }

  @Test(arguments: [
    (["0-picture-001.webp", "1-picture-002.webp"], 2, [0, 1]), (["picture-002.png", "picture-001.png"], 2, [1, 0]),
    (["picture-002.png"], 3, [nil, 0, nil]), (["picture-003", "picture-001"], 3, [1, nil, 0]),
    (["picture-001.a", "picture-001.b"], 2, [0, nil]), (["result.webp", "result.webp"], 2, [0, 1]),
    ([nil, nil], 2, [0, 1]), (["picture-001.png", nil], 2, [0, 1]), ([nil], 2, [nil, nil]),
    ([nil, nil, nil], 2, [nil, nil]), (["picture-009.png", "x"], 2, [0, 1]), ([], 1, [nil]),
  ])
  func resultsArePairedByNameOrElseByOrder(_ names: [String?], pictures: Int, pairs: [Int?]) {
    #expect(ArchivePairing.results(named: names, for: pictures) == pairs)
  }

  @Test func partsOfACostAddUp() {
    for (cost, count) in [(1_650_000, 3), (1, 3), (550_000, 7), (0, 2)] {
      let parts = Money(microdollars: cost).parts(count)
      #expect(parts.count == count && parts.reduce(.zero, +).microdollars == cost)
    }
    #expect(Money.cents(55).parts(0).isEmpty)
  }

  @Test func aZipThatIsWrittenIsReadAgainAndIsTheSameTwice() throws {
    let folder = try TestFolder()
    for name in ["a.zip", "b.zip"] {
      var zip = try ZipFile(folder.path(name))
      try zip.add([1, 2, 3], as: "picture-001.jpg")
      try zip.add([], as: "picture-002.png")
      let length = try zip.commit()
      #expect(length.bytes == folder.read(name)?.count)
    }
    #expect(folder.read("a.zip") == folder.read("b.zip"))
    let entries = try ZipReader(maximumEntries: 2, maximumBytes: 3).entries(of: try #require(folder.read("a.zip")))
    #expect(entries.map(\.name) == ["picture-001.jpg", "picture-002.png"] && entries.map(\.bytes) == [[1, 2, 3], []])
  }

  @Test func aFolderThatStaysEmptyGoesAgain() throws {
    let folder = try TestFolder()
    do { _ = try OutputFolder(folder.path("new")) }
    #expect(folder.names.isEmpty)
    try folder.write([1], as: "file")
    #expect(throws: ImgtoolError.self) { _ = try OutputFolder(folder.path("file")) }
    #expect(throws: ImgtoolError.self) { _ = try OutputFolder(folder.path("absent/new")) }
  }

  @Test func theSameBytesUnderANameStayAndOthersAreNotReplaced() throws {
    let folder = try TestFolder()
    try folder.write([1, 2], as: "source")
    try folder.write([1, 2], as: "same")
    try folder.write([3], as: "other")
    let outputs = try OutputFolder(folder.path)
    let placed = try outputs.place(folder.path("source"), as: folder.path("same"), isRejected: false, replaces: false)
    #expect(placed == folder.path("same"))
    do {
      _ = try outputs.place(folder.path("source"), as: folder.path("other"), isRejected: false, replaces: false)
      Issue.record("another file was replaced")
    } catch {
      #expect(error.kind == .storage && folder.read("other") == [3])
    }
    _ = try outputs.place(folder.path("source"), as: folder.path("other"), isRejected: false, replaces: true)
    #expect(folder.read("other") == [1, 2])
  }
}
