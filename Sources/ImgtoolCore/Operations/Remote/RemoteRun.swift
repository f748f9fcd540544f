// SPDX-License-Identifier: Apache-2.0

/// One run on a remote service, as last read.
public struct RemoteRun: Sendable, Hashable, Codable {
  /// How far a run is; what the service calls it is in `statusText`.
  public enum Status: String, Sendable, Hashable, Codable {
    /// Accepted or at work; also for a status nobody here knows.
    case running
    case succeeded
    /// Some of several results exist: a success with a remark.
    case partlySucceeded
    case failed
    case cancelled

    public var isFinal: Bool { self != .running }
  }

  /// One result to be fetched.
  public struct Result: Sendable, Hashable, Codable {
    /// A signed address: a secret, never shown.
    public let address: String
    /// "image", where the service says.
    public let kind: String?
    /// The last part of the address's path, which may tell what the result belongs to; nothing where it is no plain name.
    public var name: String? {
      let last = address.prefix { $0 != "?" && $0 != "#" }.split(separator: "/").last ?? ""
      let isPlain = last.utf8.allSatisfy { byte in
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
          || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
      return isPlain && (1...255).contains(last.utf8.count) ? String(last) : nil
    }

    public init(address: String, kind: String? = nil) {
      self.address = address
      self.kind = kind
    }
  }

  public let id: String
  /// The label the run was sent with, byte for byte.
  public let label: String?
  public let status: Status
  public let statusText: String
  /// What it cost; nothing until it is known.
  public let cost: Money?
  /// Milliseconds since 1970 by the service's clock.
  public let createdMilliseconds: Int64?
  public let results: [Result]
  /// Why it failed, for people.
  public let failure: String?
  /// Whether the service says that the same order may succeed later.
  public let mayRetry: Bool
  /// Facts for the report: seed, timing, duration.
  public let details: [String: String]

  public init(
    id: String, label: String? = nil, status: Status, statusText: String, cost: Money? = nil,
    createdMilliseconds: Int64? = nil, results: [Result] = [], failure: String? = nil, mayRetry: Bool = false,
    details: [String: String] = [:]
  ) {
    self.id = id
    self.label = label
    self.status = status
    self.statusText = statusText
    self.cost = cost
    self.createdMilliseconds = createdMilliseconds
    self.results = results
    self.failure = failure
    self.mayRetry = mayRetry
    self.details = details
  }
}
