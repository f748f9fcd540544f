// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import RunflowServer
import Synchronization
import Testing

@testable import ImgtoolRuntime

/// The disk at its worst: it forgets what was not flushed, or refuses to flush.
@Suite(.timeLimit(.minutes(10))) struct PowerCutTests {
  static let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

  /// Every way in which a file is written that has to be there after a power cut.
  @Test(arguments: ["download", "seal", "output", "replaced output"])
  func aFileThatIsThereOutlivesAPowerCut(_ kind: String) async throws {
    let (folder, after) = (try TestFolder(), try TestFolder())
    let disk = WatchedDisk(folder.path)
    switch kind {
    case "download":
      let server = try LoopbackServer { _ in .answer(200, Self.bytes) }
      let address = try #require(WebAddress(server.base + "/x"))
      _ = try await HTTPTransport(allowsLoopback: true)
        .download(TransportRequest(.get, address, timeout: .seconds(300)), to: folder.path("file"))
      server.stop()
    case "seal": try writeDurably(Self.bytes, to: folder.path("file"))
    default:
      if kind.hasPrefix("replaced") { try folder.write([1, 2, 3], as: "file") }
      let file = try AtomicFile(folder.path("file"), replaces: kind.hasPrefix("replaced"))
      try file.write(Self.bytes)
      try file.commit()
    }
    #expect(folder.read("file") == Self.bytes)
    try disk.cut(into: after.path)
    #expect(after.read("file") == Self.bytes, "\(kind): \(after.names)")
  }

  @Test func theFoldersMadeForAJournalOutliveAPowerCut() throws {
    let (folder, after) = (try TestFolder(), try TestFolder())
    let disk = WatchedDisk(folder.path)
    let journal = JournalFolder(folder.path("state/imgtool/journal/"))
    try journal.make()
    try journal.writeSeal(7)
    try JournalFolder.makeFolder(journal.results(of: "job"))
    try disk.cut(into: after.path)
    let left = JournalFolder(after.path("state/imgtool/journal"))
    #expect(try left.readSeal() == 7, "\(after.names)")
    for path in [left.leases, left.results(of: "job")] { #expect(FileManager.default.fileExists(atPath: path)) }
  }

  @Test func whatTheServerStoresInFoldersOfItsOwnOutlivesAPowerCut() async throws {
    let (folder, after) = (try TestFolder(), try TestFolder())
    let disk = WatchedDisk(folder.path)
    try await FileStore(root: folder.path("data/files")).write(Self.bytes, to: "outputs/run/0-a.webp")
    try disk.cut(into: after.path)
    #expect(after.read("data/files/outputs/run/0-a.webp") == Self.bytes, "\(after.names)")
  }

  /// The second flush is that of the folder; some file systems have none.
  @Test(arguments: [(EIO, true), (ENOSPC, true), (EINVAL, false), (ENOTSUP, false), (ENOSYS, false)])
  func aFolderThatCannotBeFlushedIsReportedWhereItShouldBe(_ code: Int32, _ isReported: Bool) throws {
    let folder = try TestFolder()
    let disk = WatchedDisk(folder.path)
    disk.fail(at: 1, code: code)
    var problem: ImgtoolError?
    do {
      let file = try AtomicFile(folder.path("file"), replaces: false)
      try file.write(Self.bytes)
      try file.commit()
    } catch { problem = error }
    #expect(disk.flushes == 2 && folder.names == ["file"])
    #expect((problem?.kind == .storage) == isReported, "\(String(describing: problem))")
  }

  /// Whatever was not flushed is gone when the process dies: what was paid for is known all the same.
  @Test(arguments: KillPoint.allCases, [false, true])
  func aPowerCutAnywherePaysOnce(_ point: KillPoint, loses: Bool) async throws {
    let desk = try Desk(loses ? [.lostReply] : [])
    defer { desk.fake.stop() }
    let disk = WatchedDisk(desk.folder.journal.path)
    var after = desk
    after.folder = try TestFolder()
    let target = after.folder.journal.path
    let isCut = Mutex(false)
    let power = KillSwitch { reached in
      guard reached == point else { return }
      isCut.withLock { $0 = true }
      // Now, before anything is closed and flushed behind our back.
      try disk.cut(into: target)
      throw KillSwitch.Killed()
    }
    do { _ = try await desk.process(kill: power) } catch is KillSwitch.Killed {}
    guard isCut.withLock({ $0 }) else { return }
    // What the journal names is there: the service may have let go of it.
    let left = try await Journal.open(after.folder.journal, timekeeper: after.clock.timekeeper)
    for job in try await left.jobs([.fetched, .done]) {
      for file in job.files {
        let path = "\(after.folder.journal.results(of: job.id))/\(file.name)"
        #expect(FileManager.default.fileExists(atPath: path), "\(point) \(loses)")
      }
    }
    #expect(try await after.process().images.count == 1)
    #expect(desk.fake.state.withLock { $0.runs.count } == 1, "\(point) \(loses)")
  }

  /// The first flush of the client's own files fails, the second, and so on, until none is left to fail.
  @Test(arguments: [ENOSPC, EIO])
  func aFlushThatFailsIsReportedAndCostsNothing(_ code: Int32) async throws {
    var (flush, isOver) = (0, false)
    while !isOver {
      let desk = try Desk()
      let disk = WatchedDisk(desk.folder.path)
      var problem: ImgtoolError?
      do {
        let conductor = try await desk.conductor()
        disk.fail(at: flush, code: code)
        do { _ = try await desk.process(by: conductor) } catch { problem = error as? ImgtoolError }
        isOver = disk.flushes <= flush
        let intents = try await conductor.journal.jobs().filter { $0.state.sent > 0 }.count
        #expect(desk.fake.state.withLock { $0.posts } <= intents, "flush \(flush): a request without an intent")
      }
      #expect(isOver == (problem == nil), "flush \(flush): \(String(describing: problem))")
      if let problem { #expect(problem.kind == .storage, "flush \(flush): \(problem)") }
      #expect(try await desk.process().images.count == 1, "flush \(flush)")
      #expect(desk.fake.state.withLock { $0.runs.count } == 1, "flush \(flush)")
      desk.fake.stop()
      flush += 1
    }
    // The seal and its folder before the request, the result and its folder after it.
    #expect(flush > 4)
  }
}
