// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The shape of the database, step by step; a step that was published never changes.
enum Migrations {
  static var all: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      for statement in first { try db.execute(sql: statement) }
    }
    // What runs under way may cost is added up at every order.
    migrator.registerMigration("2") { db in
      try db.execute(
        sql: """
          CREATE INDEX runReserved ON run(organisation, price) WHERE status IN ('queued', 'dispatching', 'running')
          """)
    }
    return migrator
  }

  private static let first = [
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE balance (organisation TEXT PRIMARY KEY, amount INTEGER NOT NULL, threshold INTEGER,
      createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL)
    """,
    // One charge per run, whatever happens: the run is the key.
    """
    CREATE TABLE charge (runID TEXT PRIMARY KEY, organisation TEXT NOT NULL, amount INTEGER NOT NULL,
      createdAt INTEGER NOT NULL) WITHOUT ROWID
    """,
    """
    CREATE TABLE batch (id TEXT PRIMARY KEY, organisation TEXT NOT NULL, model TEXT NOT NULL, modelID TEXT NOT NULL,
      status TEXT NOT NULL, metadata TEXT, callbackURL TEXT, createdAt INTEGER NOT NULL, startedAt INTEGER,
      completedAt INTEGER)
    """,
    """
    CREATE TABLE run (id TEXT PRIMARY KEY, organisation TEXT NOT NULL, model TEXT NOT NULL, modelID TEXT NOT NULL,
      status TEXT NOT NULL, input TEXT NOT NULL, output TEXT, metadata TEXT, clientRef TEXT, callbackURL TEXT,
      requestID TEXT NOT NULL, batchID TEXT REFERENCES batch(id), sequenceIndex INTEGER, price INTEGER NOT NULL,
      cost INTEGER, attempts INTEGER NOT NULL, createdAt INTEGER NOT NULL, startedAt INTEGER, completedAt INTEGER,
      failureCode TEXT, failureMessage TEXT, failureStage TEXT)
    """,
    "CREATE INDEX runByReference ON run(organisation, clientRef)",
    "CREATE INDEX runByTime ON run(organisation, createdAt, id)",
    "CREATE INDEX runByBatch ON run(batchID, sequenceIndex) WHERE batchID IS NOT NULL",
    """
    CREATE INDEX runOpen ON run(createdAt, id) WHERE status IN ('queued', 'dispatching', 'running')
    """,
    """
    CREATE TABLE asset (id TEXT PRIMARY KEY, organisation TEXT NOT NULL, name TEXT NOT NULL, mediaType TEXT NOT NULL,
      bytes INTEGER NOT NULL, isConfirmed INTEGER NOT NULL, folderID TEXT, createdAt INTEGER NOT NULL,
      updatedAt INTEGER NOT NULL, deletedAt INTEGER)
    """,
    "CREATE INDEX assetByTime ON asset(organisation, createdAt, id)",
    """
    CREATE TABLE secret (id TEXT PRIMARY KEY, organisation TEXT NOT NULL, secret TEXT NOT NULL, label TEXT,
      isCurrent INTEGER NOT NULL, lastUsedAt INTEGER, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL)
    """,
    """
    CREATE TABLE delivery (id TEXT PRIMARY KEY, organisation TEXT NOT NULL, runID TEXT, batchID TEXT,
      url TEXT NOT NULL, payload TEXT NOT NULL, secretID TEXT, requestID TEXT NOT NULL, isAutomatic INTEGER NOT NULL,
      status TEXT NOT NULL, failureCode TEXT, failureDetail TEXT, attemptCount INTEGER NOT NULL,
      maxAttempts INTEGER NOT NULL, nextAttemptAt INTEGER, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL,
      completedAt INTEGER)
    """,
    "CREATE INDEX deliveryByRun ON delivery(runID, createdAt)",
    "CREATE INDEX deliveryByBatch ON delivery(batchID, createdAt)",
    """
    CREATE INDEX deliveryOpen ON delivery(createdAt) WHERE status IN ('pending', 'delivering')
    """,
    """
    CREATE TABLE attempt (id TEXT PRIMARY KEY, deliveryID TEXT NOT NULL REFERENCES delivery(id), number INTEGER NOT NULL,
      statusCode INTEGER, responseBody TEXT, responseMilliseconds INTEGER, errorMessage TEXT,
      createdAt INTEGER NOT NULL)
    """,
    "CREATE INDEX attemptByDelivery ON attempt(deliveryID, number)",
    """
    CREATE TABLE idempotency (organisation TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, key TEXT NOT NULL,
      digest TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, createdAt INTEGER NOT NULL,
      PRIMARY KEY (organisation, method, path, key)) WITHOUT ROWID
    """,
    "CREATE INDEX idempotencyByTime ON idempotency(createdAt)",
  ]
}
