// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

extension Guarantees {
  /// A journal of 50 paid jobs, damaged at every byte: either that is reported, or it still knows every job.
  ///
  /// Where it still does, the same order finds its job, and a request that has left is not sent again.
  @Suite struct DamagedJournal {
    static let jobs = 50

    /// The files of a journal as a process left them, and what they said.
    struct Original: Sendable {
      let folder: TestFolder
      let database: Data
      /// Transactions that are in the log and not yet in the database; empty where the process closed its journal.
      let log: Data
      let records: [JobRecord]
    }

    let clock = ScriptedClock()

    /// - Parameter isKilled: whether the process died, so that all it did since the first half is in the log alone.
    func original(isKilled: Bool) async throws -> Original {
      let folder = try TestFolder()
      let damage = JournalDamageTests()
      try await damage.fill(folder.journal, 0..<(isKilled ? Self.jobs / 2 : Self.jobs))
      let before = TestFolder.bytes(folder.journal.database)
      guard isKilled else {
        let records = try await damage.open(folder.journal).jobs()
        return Original(folder: folder, database: before, log: Data(), records: records)
      }
      let journal = try await damage.open(folder.journal)
      try await journal.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
      try await damage.fill(journal, Self.jobs / 2..<Self.jobs)
      return Original(
        folder: folder, database: TestFolder.bytes(folder.journal.database),
        log: TestFolder.bytes(folder.journal.database + "-wal"), records: try await journal.jobs())
    }

    /// Opens what was left of a journal.
    ///
    /// - Returns: what came of it, in words for a table.
    func look(_ name: String, _ original: Original, database: Data, log: Data, in place: TestFolder) async throws
      -> String
    {
      let folder = JournalFolder(place.path("journal-\(UUID().uuidString)"))
      try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder.path) }  // the whole place goes in the end
      try database.write(to: URL(fileURLWithPath: folder.database))
      if !log.isEmpty { try log.write(to: URL(fileURLWithPath: folder.database + "-wal")) }
      try FileManager.default.copyItem(atPath: original.folder.journal.seal, toPath: folder.seal)
      do {
        let journal = try await Journal.open(folder, timekeeper: clock.timekeeper)
        return try await compare(name, try await journal.jobs(), original, journal)
      } catch let error as ImgtoolError {
        #expect(error.kind == .storage, "\(name): \(error)")
        return "reported"
      }
    }

    /// A record may be older than it was, but a request that left has left.
    private func compare(_ name: String, _ found: [JobRecord], _ original: Original, _ journal: Journal) async throws
      -> String
    {
      let byID = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
      // The way an order takes: by its key, over the index.
      let keys = original.records.map(\.key)
      let known = try await journal.read { database in
        try keys.map { try String.fetchOne(database, sql: "SELECT id FROM jobs WHERE key = ?", arguments: [$0]) }
      }
      let isFound = known == original.records.map(\.id)
      #expect(isFound && found.count == original.records.count, "\(name): a job is not found")
      let isSent = original.records.allSatisfy { byID[$0.id]?.state.sent == $0.state.sent }
      #expect(isSent, "\(name): a request would be sent again")
      let isWhole = original.records.allSatisfy { byID[$0.id] == $0 }
      return isWhole ? "harmless" : "a later state lost, every request known"
    }

    @Test func everyCutAndFlipIsReportedOrHarmless() async throws {
      let original = try await original(isKilled: false)
      let (place, bytes) = (try TestFolder(), original.database)
      #expect(bytes.count > 50_000, "the jobs are not in the database")
      let every = Array(0..<bytes.count)
      let cuts = try await Trial.each(Trial.part(every, 40)) { at in
        try await look("cut at \(at)", original, database: bytes.prefix(at), log: Data(), in: place)
      }
      Trial.print("A journal of \(Self.jobs) jobs, \(bytes.count) bytes: cut at every byte", cuts)
      #expect(cuts["reported"] == cuts.values.reduce(0, +), "\(cuts)")
      let flips = try await Trial.each(Trial.part(every, 80)) { at in
        var dice = Dice(seed: Trial.seed &+ UInt64(at))
        var flipped = bytes
        flipped[at] ^= UInt8.random(in: 1...255, using: &dice)
        return try await look("byte \(at) is \(flipped[at])", original, database: flipped, log: Data(), in: place)
      }
      Trial.print("A journal of \(Self.jobs) jobs, \(bytes.count) bytes: every byte changed", flips)
      // More than half of the file is room that no row uses.
      #expect((flips["reported"] ?? 0) > flips.values.reduce(0, +) / 3)
    }

    /// The same of the log that a killed process leaves: half of the jobs are in nothing else.
    @Test func everyCutAndFlipOfTheLogIsReportedOrHarmless() async throws {
      let original = try await original(isKilled: true)
      let (place, database, log) = (try TestFolder(), original.database, original.log)
      #expect(log.count > 100_000)
      // One byte of each eighth of a page: the checksum of a page's frame covers all of it alike (SQLite, WAL format).
      let every = Array(stride(from: 0, to: log.count, by: 512))
      let whole = try await look("untouched", original, database: database, log: log, in: place)
      #expect(whole == "harmless")
      let cuts = try await Trial.each(Trial.part(every, 60)) { at in
        try await look("log cut at \(at)", original, database: database, log: log.prefix(at), in: place)
      }
      Trial.print("The log of a killed process, \(log.count) bytes: cut at every 512th", cuts)
      let flips = try await Trial.each(Trial.part(every, 60)) { at in
        var dice = Dice(seed: Trial.seed &+ UInt64(at))
        var flipped = log
        flipped[at] ^= UInt8.random(in: 1...255, using: &dice)
        return try await look("byte \(at) of the log changed", original, database: database, log: flipped, in: place)
      }
      Trial.print("The log of a killed process, \(log.count) bytes: every 512th changed", flips)
    }
  }
}

extension TestFolder {
  /// A file anywhere; empty where there is none.
  static func bytes(_ path: String) -> Data { FileManager.default.contents(atPath: path) ?? Data() }
}
