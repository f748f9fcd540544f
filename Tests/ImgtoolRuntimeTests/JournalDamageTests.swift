// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import ImgtoolRuntime

@Suite struct JournalDamageTests {
  let clock = ScriptedClock()

  func open(_ folder: JournalFolder) async throws -> Journal {
    try await Journal.open(folder, timekeeper: clock.timekeeper)
  }

  /// Paid jobs in the journal of a folder, closed again: its database holds them, and its log nothing.
  func fill(_ folder: JournalFolder, _ range: Range<Int>) async throws {
    let journal = try await open(folder)
    try await fill(journal, range)
    try journal.queue.close()
  }

  /// Paid jobs in a journal.
  func fill(_ journal: Journal, _ range: Range<Int>) async throws {
    for index in range {
      let fresh = JobRecord(
        key: "key-\(index)", operation: "runflow.skin-fix", model: "runflow/skin-fix",
        parameters: try Parameters([:], for: []), reference: RunReference(UInt64(index + 1), 7), price: .cents(12),
        at: clock.timekeeper.wallMilliseconds())
      guard case .taken(var job) = try await journal.claim(fresh, again: false) else { continue }
      job.state.phase = .intent
      job.state.sent = 1
      job = try await journal.save(job)
      job.state.phase = .submitted
      job.state.run = RemoteRun(id: "run-\(index)", status: .running, statusText: "running")
      _ = try await journal.save(job)
      try await journal.release(job.id)
    }
  }

  /// Whether a journal that opens still knows every paid job as it was.
  func isWhole(_ folder: JournalFolder, _ count: Int) async throws -> Bool {
    let jobs = try await open(folder).jobs()
    return jobs.count == count
      && Set(jobs.compactMap { $0.state.run?.id }) == Set((0..<count).map { "run-\($0)" })
      && jobs.allSatisfy { $0.phase == .submitted && $0.state.sent == 1 && $0.key.hasPrefix("key-") }
  }

  /// Puts bytes in place of the journal, in a new folder.
  func plant(_ bytes: Data, like folder: JournalFolder, in place: TestFolder) throws -> JournalFolder {
    let target = JournalFolder(place.path + "/\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: target.path, withIntermediateDirectories: true)
    try bytes.write(to: URL(fileURLWithPath: target.database))
    try FileManager.default.copyItem(atPath: folder.seal, toPath: target.seal)
    return target
  }

  @Test func everyFlipAndCutIsReportedOrHarmless() async throws {
    let place = try TestFolder()
    try await fill(place.journal, 0..<50)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: place.journal.database))
    var dice = Dice(seed: 11)
    var mutants: [(String, Data)] = stride(from: 0, to: bytes.count, by: bytes.count / 12).map {
      ("cut at \($0)", bytes.prefix($0))
    }
    for _ in 0..<36 {
      let (at, bit) = (Int.random(in: 0..<bytes.count, using: &dice), UInt8.random(in: 0..<8, using: &dice))
      var flipped = bytes
      flipped[at] ^= 1 << bit
      mutants.append(("bit \(bit) of byte \(at)", flipped))
    }
    var reported = 0
    for (name, mutant) in mutants {
      let folder = try plant(mutant, like: place.journal, in: place)
      do {
        #expect(try await isWhole(folder, 50), "\(name) changed what the journal says")
      } catch let error as ImgtoolError {
        #expect(error.kind == .storage, "\(name): \(error)")
        reported += 1
        // And it stays reported: nothing new is made in its place.
        await #expect(throws: ImgtoolError.self) { try await open(folder) }
      }
      try FileManager.default.removeItem(atPath: folder.path)
    }
    #expect(reported > 12)
  }

  @Test func aJournalThatIsGoneIsMissed() async throws {
    let place = try TestFolder()
    try await fill(place.journal, 0..<2)
    try FileManager.default.removeItem(atPath: place.journal.database)
    await #expect { try await open(place.journal) } throws: {
      ($0 as? ImgtoolError)?.message.contains("2 paid requests") == true
    }
  }

  @Test func anOlderCopyIsNoticed() async throws {
    let place = try TestFolder()
    try await fill(place.journal, 0..<2)
    let older = try Data(contentsOf: URL(fileURLWithPath: place.journal.database))
    try await fill(place.journal, 2..<3)
    try older.write(to: URL(fileURLWithPath: place.journal.database))
    await #expect { try await open(place.journal) } throws: {
      ($0 as? ImgtoolError)?.message.contains("older copy") == true
    }
  }

  @Test func aNewerVersionIsRefusedAndLeftAlone() async throws {
    let place = try TestFolder()
    try await fill(place.journal, 0..<1)
    let queue = try Journal.connect(place.journal.database)
    try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')") }
    try queue.close()
    await #expect { try await open(place.journal) } throws: {
      ($0 as? ImgtoolError)?.message.contains("newer version") == true
    }
    #expect(place.journal.setAside.isEmpty)
  }

  /// A byte of the schema's own text: the columns have other names, or mean something else.
  @Test(arguments: [
    ("phase TEXT", "phasf TEXT", 2), ("owner TEXT", "owneR TEXT", 2), ("day INTEGER", "dax INTEGER", 0),
    ("document BLOB", "documenu BLOB", 0), ("digest BLOB", "digesu BLOB", 0), ("amount INTEGER", "amounu INTEGER", 2),
    ("callbacks (key TEXT", "callbacks (kez TEXT", 2), ("(key, created)", "(id, created)", 2),
  ])
  func aSchemaThatWasChangedIsReportedAndRecovered(_ text: String, _ other: String, kept: Int) async throws {
    let place = try TestFolder()
    try await fill(place.journal, 0..<2)
    let queue = try Journal.connect(place.journal.database)
    try await queue.writeWithoutTransaction { database in
      try database.execute(
        sql: """
          PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, ?, ?); PRAGMA writable_schema = OFF
          """, arguments: [text, other])
    }
    try queue.close()
    for _ in 0..<2 {
      await #expect { try await open(place.journal) } throws: { ($0 as? ImgtoolError)?.kind == .storage }
    }
    let recovery = try await Journal.recover(place.journal, timekeeper: clock.timekeeper)
    #expect(recovery.kept == kept, "\(recovery)")
    #expect(try await open(place.journal).jobs().count == kept)
  }

  @Test func recoveringKeepsWhatCanBeRead() async throws {
    let place = try TestFolder()
    try await fill(place.journal, 0..<5)
    do {
      let journal = try await open(place.journal)
      try await journal.noteSaving(.cents(55), rule: "pixels.limit")
      #expect(try await journal.noteCallback("run-1:succeeded"))
    }
    let queue = try Journal.connect(place.journal.database)
    try await queue.write { database in
      try database.execute(sql: "UPDATE jobs SET document = substr(document, 2) WHERE key = 'key-3'")
      // What only repeats the document is not missed.
      try database.execute(sql: "UPDATE jobs SET charge = charge + 1 WHERE key = 'key-2'")
    }
    try queue.close()
    await #expect(throws: ImgtoolError.self) { try await open(place.journal) }
    let recovery = try await Journal.recover(place.journal, timekeeper: clock.timekeeper)
    #expect(recovery.kept == 4 && recovery.lost == 1 && recovery.unreadable.isEmpty)
    let journal = try await open(place.journal)
    #expect(try await journal.jobs().count == 4)
    // What preflight saved and which callbacks were seen is no less true.
    #expect(try await journal.costs().saved == .cents(55))
    #expect(try await !journal.noteCallback("run-1:succeeded"))
  }
}
