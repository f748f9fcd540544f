// SPDX-License-Identifier: Apache-2.0

internal import Foundation
public import ImgtoolCore
internal import ImgtoolDigest

/// What a callback says; a hint until the run itself has been read.
public struct RunflowEvent: Sendable, Hashable {
  /// "run.completed", "batch.succeeded": open, for messages only.
  public let event: String
  /// The run or batch it speaks of.
  public let id: String
  public let isBatch: Bool
  public let status: RemoteRun.Status
  public let statusText: String
  /// The label that the request was sent with, from the metadata: it can settle a request whose answer was lost.
  public let label: String?

  /// One name for all genuine callbacks of one end: bodies differ between deliveries, this does not.
  public var dedupeKey: String { "\(id):\(status.rawValue)" }
}

/// Checks callbacks of Runflow before anything in them is looked at.
///
/// The signature is the HMAC-SHA256 of the body's bytes as they came, in lower-case hexadecimal, under the whole text
/// of a secret. It carries no time, so a callback proves nothing but that there is news: read the run by its id.
public struct RunflowWebhooks: Sendable {
  /// The header that carries the signature.
  public static let signatureHeader = "Runflow-Signature"
  /// The longest body accepted.
  public static let longestBody = ByteCount(5_000_000)

  private let secrets: [Secret]

  /// - Parameter secrets: those in use, for rotation more than one; each in full, "whsec_" included.
  /// - Throws: `.credentials` for none, or one below 16 bytes.
  public init(secrets: [Secret]) throws(ImgtoolError) {
    guard !secrets.isEmpty, secrets.allSatisfy({ $0.exposed.utf8.count >= 16 }) else {
      throw ImgtoolError(.credentials, "A callback secret of at least 16 bytes is needed.")
    }
    self.secrets = secrets
  }

  /// Reads the secrets of `RUNFLOW_CALLBACK_SECRETS`, separated by commas, or `callback_secrets` of the file that
  /// `RunflowConfiguration.reading(environment:)` reads.
  ///
  /// - Returns: nothing where there is no secret.
  public static func reading(environment: [String: String]) throws(ImgtoolError) -> RunflowWebhooks? {
    var secrets = (environment["RUNFLOW_CALLBACK_SECRETS"] ?? "").split(separator: ",").map { Secret(String($0)) }
    if secrets.isEmpty { secrets = try RunflowConfigFile.reading(environment: environment)?.secrets ?? [] }
    return secrets.isEmpty ? nil : try RunflowWebhooks(secrets: secrets)
  }

  /// Verifies the raw body, then reads it.
  ///
  /// - Parameter signatures: every value of the header `Runflow-Signature`; exactly one is accepted.
  /// - Throws: `.credentials` for a missing or wrong signature, `.limit` for a body too long, `.input` for a verified
  ///   body that says nothing.
  public func verify(_ body: [UInt8], signatures: [String]) throws(ImgtoolError) -> RunflowEvent {
    guard body.count <= Self.longestBody.bytes else {
      throw ImgtoolError(.limit, "The callback is longer than \(Self.longestBody).")
    }
    guard signatures.count == 1, let signature = signatures.first, let code = Self.code(signature) else {
      throw ImgtoolError(.credentials, "The callback carries no signature of 64 lower-case hexadecimal digits.")
    }
    var isGenuine = false
    for secret in secrets {
      // Every secret is tried, and each comparison takes the same time.
      let matches = HMAC.isEqual(HMAC.code(of: body, key: secret.exposed.utf8), code)
      isGenuine = matches || isGenuine
    }
    guard isGenuine else { throw ImgtoolError(.credentials, "The callback's signature is wrong.") }
    return try Self.event(body)
  }

  /// Reads a body that nobody vouches for: good for one early look at the run, for nothing else.
  public static func hint(_ body: [UInt8]) -> RunflowEvent? {
    guard body.count <= longestBody.bytes else { return nil }
    return try? event(body)  // an unsigned body that cannot be read is no hint
  }

  private static func event(_ body: [UInt8]) throws(ImgtoolError) -> RunflowEvent {
    let value = JSONValue(bytes: body)
    let isBatch = value?["run_id"] == nil
    guard let value, let id = (value["run_id"] ?? value["batch_id"])?.text, RunflowConfiguration.isToken(id) else {
      throw ImgtoolError(.input, "The callback names neither run nor batch.")
    }
    let text = (value["status_code"] ?? value["status"])?.text ?? ""
    return RunflowEvent(
      event: ErrorEnvelope.clean(value["event"]?.text ?? ""), id: id, isBatch: isBatch,
      status: RunRecord.status(text), statusText: ErrorEnvelope.clean(text),
      label: value["metadata"]?["client_ref"]?.text)
  }

  /// The bytes of exactly 64 digits of 0–9 and a–f.
  private static func code(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    default: nil
    }
  }
}
