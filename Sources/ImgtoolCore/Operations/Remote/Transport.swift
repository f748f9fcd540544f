// SPDX-License-Identifier: Apache-2.0

public import HTTPTypes

/// The network as a backend sees it: one exchange at a time, nothing repeated or followed behind its back.
///
/// Redirects come back as answers, bodies arrive as they are on the wire (no decompression), every exchange ends by
/// its timeout, and task cancellation ends it at once.
public protocol Transport: Sendable {
  /// Sends one request and reads the whole answer.
  func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer

  /// Sends one request and writes the body of a 200 to a new file, durable when this returns.
  ///
  /// Any other status leaves no file and returns the answer with its body, cut at 64 KiB.
  ///
  /// - Parameter path: where the file will be; it must not exist. Nothing is there after a failure.
  func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download
}

/// What goes out: the head, the body, and the limits the answer is held to.
public struct TransportRequest: Sendable {
  /// What is sent after the head.
  public enum Body: Sendable, Hashable {
    case none
    case bytes([UInt8])
    /// A file of exactly so many bytes, streamed.
    case file(path: String, bytes: Int)
  }

  /// Where a request may go.
  public enum Reach: Sendable, Hashable {
    /// The address was configured by the operator: no questions asked.
    case configured
    /// The address came from an answer or a user: public addresses only, https only.
    case publicOnly
  }

  public var method: HTTPRequest.Method
  public var address: WebAddress
  public var fields: HTTPFields
  public var body: Body
  /// For the whole exchange, the answer's body included.
  public var timeout: Duration
  /// An answer with a longer body fails as `tooLarge`, without keeping more than this.
  public var maximumAnswer: ByteCount
  /// Whether a transport that retries may send this again by itself; never for what costs money.
  public var isRepeatable: Bool
  public var reach: Reach

  public init(
    _ method: HTTPRequest.Method, _ address: WebAddress, fields: HTTPFields = [:], body: Body = .none,
    timeout: Duration = .seconds(30), maximumAnswer: ByteCount = .mebibytes(8), isRepeatable: Bool = false,
    reach: Reach = .configured
  ) {
    self.method = method
    self.address = address
    self.fields = fields
    self.body = body
    self.timeout = timeout
    self.maximumAnswer = maximumAnswer
    self.isRepeatable = isRepeatable
    self.reach = reach
  }
}

/// What came back, read to its end.
public struct TransportAnswer: Sendable {
  public let status: HTTPResponse.Status
  public let fields: HTTPFields
  public let body: [UInt8]

  public init(status: HTTPResponse.Status, fields: HTTPFields = [:], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  public var isSuccess: Bool { (200...299).contains(status.code) }
}

/// How a download ended.
public enum Download: Sendable {
  /// The whole body is in the file and on disk.
  case saved(bytes: ByteCount, digest: [UInt8])
  /// Another status than 200; no file was made.
  case refused(TransportAnswer)
}
