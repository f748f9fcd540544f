// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

/// One paid job as the journal keeps it.
public struct JobRecord: Sendable, Hashable, Codable {
  /// One result on this disk, in the journal's folder.
  public struct File: Sendable, Hashable, Codable {
    /// The name inside the job's folder.
    public let name: String
    public let bytes: ByteCount
    /// SHA-256 in lower-case hexadecimal.
    public let digest: String
    /// The name the service gave it, where it gave one.
    public internal(set) var given: String?
  }

  /// The reference as a UUID: also the `Idempotency-Key` of the request.
  public let id: String
  /// What makes two orders the same: a digest of input, operation and parameters.
  public let key: String
  public let operation: OperationName
  /// What is ordered at the service.
  public let model: String
  /// Where and on whose account it was ordered; nothing in a record of an earlier version.
  public internal(set) var service: String?
  public let parameters: Parameters
  public let reference: RunReference
  /// What the request costs by the price list, at most.
  public let price: Money
  /// Milliseconds since 1970 by the wall clock.
  public let createdMilliseconds: Int64
  public internal(set) var updatedMilliseconds: Int64
  /// When a request was last about to leave; nothing where none was, or in a record of an earlier version.
  public internal(set) var sentMilliseconds: Int64?
  public internal(set) var state = JobState()
  /// The body of the paid request, byte for byte; gone once its run is known or the job has ended.
  public internal(set) var body: String?
  /// SHA-256 of the bytes that were prepared for sending, and what their header says.
  public internal(set) var inputDigest: String?
  public internal(set) var inputFacts: ImageFacts?
  /// The pictures that were prepared, where they were sent as a zip.
  public internal(set) var members: [PreparedImage.Member]?
  /// What the caller wants remembered with the job.
  public internal(set) var notes: [String: String] = [:]
  /// Whether only a person may let the request be sent again; as the order said.
  public internal(set) var holdsUnknown: Bool?
  public internal(set) var files: [File] = []
  /// Where the result was handed to, by the runner's word.
  public internal(set) var output: String?
  /// Whether postflight passed; nothing before it was judged.
  public internal(set) var passed: Bool?
  /// Goes up by one with every change; a change of an older revision is refused.
  public internal(set) var revision = 0

  package init(
    key: String, operation: OperationName, model: String, parameters: Parameters, reference: RunReference,
    price: Money, at milliseconds: Int64
  ) {
    id = reference.uuid
    self.key = key
    self.operation = operation
    self.model = model
    self.parameters = parameters
    self.reference = reference
    self.price = price
    createdMilliseconds = milliseconds
    updatedMilliseconds = milliseconds
  }

  public var phase: JobPhase { state.phase }

  /// The record without the body of its request, which may hold a picture: for whoever is shown it.
  public var withoutBody: JobRecord {
    var record = self
    record.body = nil
    return record
  }

  /// What the job has cost, or may cost as long as that is open.
  public var charge: Money {
    let doubles = Money(microdollars: price.microdollars * state.duplicates)
    if let cost = state.run?.cost, state.run?.status.isFinal == true { return cost + doubles }
    switch state.phase {
    case .planned, .notSent, .throttled, .rejected: return .zero
    case .failed: return doubles
    default: return Money(microdollars: price.microdollars * max(1, state.sent)) + doubles
    }
  }

  /// The day whose budget the job is charged to: when its request left, else when it was made; days since 1970 in UTC.
  var day: Int64 { (sentMilliseconds ?? createdMilliseconds) / 86_400_000 }
}
