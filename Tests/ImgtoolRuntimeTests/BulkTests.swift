// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime
import ImgtoolTesting
import Synchronization
import Testing

/// Which files a list names, one by one and in order.
@Suite struct FileListTests {
  private func all(_ list: FileList) throws -> [String] {
    var walk = try list.makeWalk()
    var paths: [String] = []
    while let path = walk.next() { paths.append(path) }
    return paths
  }

  private func tree() throws -> TestFolder {
    let folder = try TestFolder()
    for name in ["b.jpg", "a.png", "x/c.WEBP", "x/y/d.tif", "x/y/note.txt", "z/e.gif", ".h/f.png", ".g.png"] {
      try folder.write([1], as: name)
    }
    return folder
  }

  @Test func namesComeAsTheyAreWhetherTheyExistOrNot() throws {
    #expect(try all(FileList(paths: ["b", "a", "", "b", "-x"])) == ["b", "a", "", "b", "-x"])
    #expect(try all(FileList(paths: [])).isEmpty)
  }

  @Test func foldersGiveTheirImagesInTheOrderOfTheirNames() throws {
    let folder = try tree()
    let root = folder.path
    #expect(try all(FileList(paths: [root])) == ["\(root)/a.png", "\(root)/b.jpg"])
    #expect(try all(FileList(paths: [root + "/"])) == ["\(root)/a.png", "\(root)/b.jpg"])
    #expect(
      try all(FileList(paths: [root], isRecursive: true))
        == ["a.png", "b.jpg", "x/c.WEBP", "x/y/d.tif", "z/e.gif"].map(folder.path))
    #expect(
      try all(FileList(paths: [root + "/x/y", "other"], takesEveryName: true))
        == ["\(root)/x/y/d.tif", "\(root)/x/y/note.txt", "other"])
  }

  @Test func linksToFoldersAreNotFollowed() throws {
    let folder = try tree()
    try FileManager.default.createSymbolicLink(atPath: folder.path("x/loop"), withDestinationPath: "..")
    try FileManager.default.createSymbolicLink(atPath: folder.path("link.png"), withDestinationPath: "a.png")
    let names = try all(FileList(paths: [folder.path], isRecursive: true))
    #expect(names == ["a.png", "b.jpg", "link.png", "x/c.WEBP", "x/y/d.tif", "z/e.gif"].map(folder.path))
  }

  @Test(.enabled(if: getuid() != 0, "the superuser may list everything"))
  func aFolderThatCannotBeListedIsAPathOfItsOwn() throws {
    let folder = try tree()
    #expect(chmod(folder.path("x"), 0) == 0)
    defer { chmod(folder.path("x"), 0o700) }
    #expect(try all(FileList(paths: [folder.path], isRecursive: true)).contains(folder.path("x")))
  }

  @Test(arguments: ["\n", "\0"])
  func listsComeFromAFile(_ separator: String) throws {
    let folder = try tree()
    let long = String(repeating: "n", count: 70_000)
    let names = ["a", "two words", long, "-x", folder.path("x"), "ü"]
    for ending in ["", separator, separator + separator] {
      try folder.write(Array((names.joined(separator: separator + separator) + ending).utf8), as: "list")
      let list = FileList(paths: ["first"], listFile: folder.path("list"), isNullSeparated: separator == "\0")
      #expect(try all(list) == ["first", "a", "two words", long, "-x", folder.path("x/c.WEBP"), "ü"])
    }
  }

  @Test func aNULSeparatedListKeepsLineFeeds() throws {
    let folder = try TestFolder()
    try folder.write(Array("a\nb\0c".utf8), as: "list")
    #expect(
      try all(FileList(paths: [], listFile: folder.path("list"), isNullSeparated: true)) == ["a\nb", "c"])
  }

  @Test func aListedFolderNamedLikeAnImageNeedsItsSlash() throws {
    let folder = try TestFolder()
    try folder.write([1], as: "album.jpg/inner.png")
    let album = folder.path("album.jpg")
    try folder.write(Array("\(album)\n\(album)/\n".utf8), as: "list")
    let list = FileList(paths: [album], listFile: folder.path("list"))
    #expect(try all(list) == ["\(album)/inner.png", album, "\(album)/inner.png"])
  }

  @Test func aListThatCannotBeReadIsAnInputError() {
    #expect { try all(FileList(paths: [], listFile: "/none/list")) } throws: { ($0 as? ImgtoolError)?.kind == .input }
  }

  @Test func aLongListCostsNoMoreThanItsBuffer() throws {
    let folder = try TestFolder()
    let names = (0..<20_000).map { "picture-\($0).jpg" }
    try folder.write(Array(names.joined(separator: "\n").utf8), as: "list")
    #expect(try all(FileList(paths: [], listFile: folder.path("list"))) == names)
  }
}

/// Work spread over threads, results one at a time.
@Suite struct BulkTests {
  private func run(
    _ count: Int, workers: Int, ordered: Bool, batch: Int, until limit: Int = .max, stop: StopFlag = StopFlag()
  ) async throws -> [Int] {
    let list = FileList(paths: (0..<count).map(String.init))
    var bulk = Bulk(workers: workers, isOrdered: ordered)
    bulk.batchSize = batch
    let job = bulk
    let collected = Collected()
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            job.run(over: try list.makeWalk(), stop: stop) { paths in
              paths.compactMap { Int($0) }
            } emit: { numbers, _ in
              collected.add(numbers) < limit
            }
          })
      }
    }
    return collected.numbers
  }

  @Test(arguments: [(1, 1), (2, 3), (7, 1), (16, 32)], [0, 1, 31, 32, 33, 5000])
  func orderIsThatOfTheList(_ shape: (Int, Int), _ count: Int) async throws {
    #expect(try await run(count, workers: shape.0, ordered: true, batch: shape.1) == Array(0..<count))
  }

  @Test(arguments: [(1, 1), (5, 3), (16, 32)])
  func nothingIsLostOrDoubledWithoutOrder(_ shape: (Int, Int)) async throws {
    let numbers = try await run(3000, workers: shape.0, ordered: false, batch: shape.1)
    #expect(numbers.sorted() == Array(0..<3000))
  }

  @Test(arguments: [1, 8])
  func aRunEndsWhenItsReaderHasEnough(_ workers: Int) async throws {
    let numbers = try await run(100_000, workers: workers, ordered: true, batch: 10, until: 500)
    #expect(numbers.count >= 500 && numbers.count < 100_000)
    #expect(numbers == Array(0..<numbers.count))
  }

  @Test func aRunThatIsStoppedBeforeItBeginsDoesNothing() async throws {
    let stop = StopFlag()
    stop.set()
    #expect(try await run(9, workers: 3, ordered: true, batch: 1, stop: stop).isEmpty)
  }

  @Test func aRunThatWaitsForMoreOfItsListCanBeStopped() async throws {
    let folder = try TestFolder()
    #expect(mkfifo(folder.path("list"), 0o600) == 0)
    // Held open for writing, so that the list has no end.
    let writer = open(folder.path("list"), O_RDWR)
    defer { close(writer) }
    let (list, stop) = (FileList(paths: ["first"], listFile: folder.path("list")), StopFlag())
    let collected = Collected()
    async let run: Void = withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            Bulk(workers: 3).run(over: try list.makeWalk(stop: stop), stop: stop, work: \.count) {
              collected.add([$0]) > 0 && ($1 ?? 0) <= 1
            }
          })
      }
    }
    stop.set()
    try await run
    #expect(collected.numbers.reduce(0, +) <= 1)
  }

  private final class Collected: Sendable {
    private let state = Mutex<[Int]>([])
    var numbers: [Int] { state.withLock { $0 } }

    func add(_ numbers: [Int]) -> Int {
      state.withLock { state in
        state += numbers
        return state.count
      }
    }
  }
}
