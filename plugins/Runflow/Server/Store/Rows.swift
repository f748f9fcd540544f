// SPDX-License-Identifier: Apache-2.0
import GRDB

/// A run as stored; JSON columns hold compact text, money is in microdollars, times in microseconds.
package struct RunRow: Sendable, Codable, FetchableRecord, PersistableRecord {
  package static let databaseTableName = "run"
  package var id: String
  package var organisation: String
  package var model: String
  package var modelID: String
  package var status: String
  package var input: String
  /// The results by storage path, see `StoredOutput`.
  package var output: String?
  package var metadata: String?
  package var clientRef: String?
  package var callbackURL: String?
  package var requestID: String
  package var batchID: String?
  package var sequenceIndex: Int?
  package var price: Int
  package var cost: Int?
  /// How often work on it began.
  package var attempts: Int
  package var createdAt: Int64
  package var startedAt: Int64?
  package var completedAt: Int64?
  package var failureCode: String?
  package var failureMessage: String?
  package var failureStage: String?
}

/// A batch; its counts are taken from its runs.
package struct BatchRow: Sendable, Codable, FetchableRecord, PersistableRecord {
  package static let databaseTableName = "batch"
  package var id: String
  package var organisation: String
  package var model: String
  package var modelID: String
  package var status: String
  package var metadata: String?
  package var callbackURL: String?
  package var createdAt: Int64
  package var startedAt: Int64?
  package var completedAt: Int64?
}

/// An upload or a stored input.
///
/// `pending` until its bytes are confirmed.
package struct AssetRow: Sendable, Codable, FetchableRecord, PersistableRecord {
  package static let databaseTableName = "asset"
  package var id: String
  package var organisation: String
  package var name: String
  package var mediaType: String
  package var bytes: Int
  package var isConfirmed: Bool
  package var folderID: String?
  package var createdAt: Int64
  package var updatedAt: Int64
  package var deletedAt: Int64?
}

/// A callback signing secret; one of an organisation's is current.
package struct SecretRow: Sendable, Codable, FetchableRecord, PersistableRecord {
  package static let databaseTableName = "secret"
  package var id: String
  package var organisation: String
  package var secret: String
  package var label: String?
  package var isCurrent: Bool
  package var lastUsedAt: Int64?
  package var createdAt: Int64
  package var updatedAt: Int64
}

/// One delivery of a callback: its bytes are composed once.
package struct DeliveryRow: Sendable, Codable, FetchableRecord, PersistableRecord {
  package static let databaseTableName = "delivery"
  package var id: String
  package var organisation: String
  package var runID: String?
  package var batchID: String?
  package var url: String
  package var payload: String
  package var secretID: String?
  package var requestID: String
  package var isAutomatic: Bool
  /// pending, delivering, delivered or failed.
  package var status: String
  package var failureCode: String?
  package var failureDetail: String?
  package var attemptCount: Int
  package var maxAttempts: Int
  package var nextAttemptAt: Int64?
  package var createdAt: Int64
  package var updatedAt: Int64
  package var completedAt: Int64?
}

/// One attempt of a delivery.
package struct AttemptRow: Sendable, Codable, FetchableRecord, PersistableRecord {
  package static let databaseTableName = "attempt"
  package var id: String
  package var deliveryID: String
  package var number: Int
  package var statusCode: Int?
  package var responseBody: String?
  package var responseMilliseconds: Int?
  package var errorMessage: String?
  package var createdAt: Int64
}

/// What an organisation has.
package struct BalanceRow: Sendable, Codable, FetchableRecord, PersistableRecord {
  package static let databaseTableName = "balance"
  package var organisation: String
  package var amount: Int
  package var threshold: Int?
  package var createdAt: Int64
  package var updatedAt: Int64
}
