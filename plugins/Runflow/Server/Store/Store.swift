// SPDX-License-Identifier: Apache-2.0
import Foundation
package import GRDB
package import ImgtoolCore

/// The database: every state the server must not lose, in one SQLite file.
///
/// Write-ahead log with `synchronous=FULL`: what a transaction said is still said after a power cut.
package struct Store: Sendable {
  private let pool: DatabasePool

  /// Opens or makes the database of a folder.
  ///
  /// - Throws: `.storage` when it cannot be opened, is damaged, or was written by a newer version.
  package init(folder: String) throws(ImgtoolError) {
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(10)
      configuration.label = "runflow-server"
      try Self.makeFile(folder + "/runflow.sqlite")
      pool = try DatabasePool(path: folder + "/runflow.sqlite", configuration: configuration)
      // GRDB sets NORMAL for a pool, which gives up the last transactions on power loss.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      guard try pool.read({ try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }) == "ok" else {
        throw ImgtoolError(.storage, "The server's database is damaged; restore it or choose another folder.")
      }
      let migrations = Migrations.all
      if try pool.read(migrations.hasBeenSuperseded) {
        throw ImgtoolError(.storage, "The server's database was written by a newer version.")
      }
      try migrations.migrate(pool)
    } catch let error as ImgtoolError {
      throw error
    } catch {
      throw ImgtoolError(.storage, "The server's database cannot be opened.", underlying: "\(error)")
    }
  }

  /// Makes the file for its owner alone, whatever the folder allows.
  ///
  /// Secrets are in it. SQLite gives the log the same permissions.
  private static func makeFile(_ path: String) throws {
    guard !FileManager.default.fileExists(atPath: path) else { return }
    guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
      throw ImgtoolError(.storage, "The server's database cannot be made.")
    }
  }

  /// Runs a read on a snapshot.
  package func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await pool.read(body)
  }

  /// Runs one transaction; it is on disk when this returns, and not at all when it throws.
  package func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await pool.write(body)
  }

  /// The value of `PRAGMA synchronous` on the writing connection: 2 is FULL.
  package func synchronous() async throws -> Int? {
    try await pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
  }

  /// Closes the files.
  ///
  /// Later calls throw.
  package func close() throws { try pool.close() }
}
