// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import ImgtoolCore
internal import ImgtoolDigest

/// The tables of the journal, and how one row is written and read.
enum JournalSchema {
  /// The version this program writes; a newer one is refused, an older one migrated.
  static let version = 1

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(
        sql: """
          CREATE TABLE jobs (
            id TEXT NOT NULL PRIMARY KEY, key TEXT NOT NULL, operation TEXT NOT NULL, phase TEXT NOT NULL,
            revision INTEGER NOT NULL, day INTEGER NOT NULL, charge INTEGER NOT NULL, created INTEGER NOT NULL,
            owner TEXT, document BLOB NOT NULL, digest BLOB NOT NULL
          ) STRICT;
          CREATE INDEX jobs_by_key ON jobs (key, created);
          CREATE INDEX jobs_by_day ON jobs (day);
          CREATE TABLE savings (
            id INTEGER PRIMARY KEY, created INTEGER NOT NULL, amount INTEGER NOT NULL, rule TEXT NOT NULL
          ) STRICT;
          CREATE TABLE callbacks (key TEXT NOT NULL PRIMARY KEY, created INTEGER NOT NULL) STRICT;
          CREATE TABLE generation (number INTEGER NOT NULL) STRICT;
          INSERT INTO generation VALUES (0);
          """)
    }
    return migrator
  }

  /// - Throws: whatever SQLite throws.
  static func insert(_ record: JobRecord, owner: String?, in database: Database) throws {
    let document = Data(record.document)
    try database.cachedStatement(
      sql: """
        INSERT INTO jobs (id, key, operation, phase, revision, day, charge, created, owner, document, digest)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(
      arguments: [
        record.id, record.key, record.operation.description, record.phase.rawValue, record.revision, record.day,
        record.charge.microdollars, record.createdMilliseconds, owner, document, digest(record, document),
      ])
  }

  /// Replaces one revision by the next.
  ///
  /// - Parameter isReleased: whether the job is nobody's from here on.
  /// - Returns: false when the row has another revision by now.
  static func update(_ record: JobRecord, from revision: Int, isReleased: Bool, in database: Database) throws -> Bool {
    let document = Data(record.document)
    try database.cachedStatement(
      sql: """
        UPDATE jobs SET phase = ?, revision = ?, day = ?, charge = ?, owner = iif(?, NULL, owner), document = ?,
        digest = ? WHERE id = ? AND revision = ?
        """
    ).execute(
      arguments: [
        record.phase.rawValue, record.revision, record.day, record.charge.microdollars, isReleased, document,
        digest(record, document), record.id, revision,
      ])
    return database.changesCount == 1
  }

  /// Reads a row and holds it against its digest.
  ///
  /// Values are compared as SQLite gave them: converting one of an unexpected type would end the process.
  ///
  /// - Throws: `Damage` for a row that is not what was written.
  static func record(_ row: Row) throws -> JobRecord {
    let record = try salvage(row)
    guard row.value("id") == record.id.databaseValue, row.value("key") == record.key.databaseValue,
      row.value("phase") == record.phase.rawValue.databaseValue,
      row.value("revision") == record.revision.databaseValue, row.value("day") == record.day.databaseValue,
      row.value("charge") == record.charge.microdollars.databaseValue,
      row.value("created") == record.createdMilliseconds.databaseValue,
      row.value("operation") == record.operation.description.databaseValue
    else { throw Damage() }
    return record
  }

  /// Reads what alone counts of a row, its document: the other columns only repeat parts of it.
  ///
  /// - Throws: `Damage` for a document that is not what was written.
  static func salvage(_ row: Row) throws -> JobRecord {
    guard let document = Data.fromDatabaseValue(row.value("document")),
      let record = try? JSONDecoder().decode(JobRecord.self, from: document),  // any failure is damage
      row.value("digest") == digest(record, document).databaseValue
    else { throw Damage() }
    return record
  }

  /// Holds the schema against the one that the migrations make: its text is a part of the file, and no digest covers it.
  ///
  /// - Throws: `Damage` where a statement is missing or another.
  static func check(_ database: Database) throws {
    let own = try DatabaseQueue()
    try migrator.migrate(own)
    let found = try statements(of: database)
    guard try own.read(statements(of:)).isSubset(of: found) else { throw Damage() }
  }

  /// The statements of the schema but for GRDB's.
  private static func statements(of database: Database) throws -> Set<String> {
    try Set(
      Row.fetchAll(database, sql: "SELECT sql FROM sqlite_master WHERE tbl_name NOT LIKE 'grdb%'")
        .compactMap { String.fromDatabaseValue($0.value("sql")) })
  }

  private static func digest(_ record: JobRecord, _ document: Data) -> Data {
    Data(SHA256.hash(Data(record.id.utf8) + document))
  }

  /// A row that is not what was written.
  struct Damage: Error, CustomStringConvertible {
    var description: String { "a row is not what was written" }
  }
}

extension Row {
  /// The value of a column as SQLite gave it; null where a damaged schema has no such column.
  func value(_ name: String) -> DatabaseValue { hasColumn(name) ? self[name] : .null }
}
