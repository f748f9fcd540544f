// SPDX-License-Identifier: Apache-2.0

/// What went wrong, classified by what the caller can do about it.
///
/// `message` is one sentence for a person; it never holds a key or a signed URL. Programs branch on `kind`.
public struct ImgtoolError: Error, Sendable, Hashable {
  /// The open set of reasons; each has an exit code (sysexits.h where one fits) and an HTTP status.
  public struct Kind: Sendable, Hashable, Codable, RawRepresentable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The call itself is wrong: change the arguments.
    public static let usage = Kind(rawValue: "usage")
    /// The input is missing, broken or not an image: send another one.
    public static let input = Kind(rawValue: "input")
    /// A configured limit would be exceeded: raise it or send less.
    public static let limit = Kind(rawValue: "limit")
    /// The input is readable but the policy refuses it before anything is spent.
    public static let preflight = Kind(rawValue: "preflight")
    /// Nothing here can do this: another format, backend or build is needed.
    public static let unsupported = Kind(rawValue: "unsupported")
    /// A bug of ours or of a library.
    public static let fault = Kind(rawValue: "fault")
    /// The result is not what was ordered.
    public static let postflight = Kind(rawValue: "postflight")
    /// The backend failed or answered nonsense.
    public static let backend = Kind(rawValue: "backend")
    /// Reading or writing files failed: space, permissions, folders.
    public static let storage = Kind(rawValue: "storage")
    /// A deadline passed; the work may still be running.
    public static let timeout = Kind(rawValue: "timeout")
    /// A queue is full: try again later.
    public static let busy = Kind(rawValue: "busy")
    /// A key is missing or refused.
    public static let credentials = Kind(rawValue: "credentials")
    /// The price exceeds what may be spent.
    public static let budget = Kind(rawValue: "budget")
    /// The caller withdrew the work.
    public static let cancelled = Kind(rawValue: "cancelled")
  }

  /// Whether the same call may succeed later without a change.
  public enum Retry: String, Sendable, Hashable, Codable {
    case never, later
  }

  public let kind: Kind
  public let message: String
  public let retry: Retry
  /// Facts for logs and reports, for example the path or the rule ids; never secrets.
  public let context: [String: String]
  /// The text of the cause, where a library gave one; shown, never branched on.
  public let underlying: String?

  public init(
    _ kind: Kind, _ message: String, retry: Retry = .never, context: [String: String] = [:],
    underlying: String? = nil
  ) {
    self.kind = kind
    self.message = message
    self.retry = retry
    self.context = context
    self.underlying = underlying
  }
}

extension ImgtoolError.Kind {
  /// The process exit code, 64–78 after sysexits.h where a meaning fits, 130 for cancelled.
  public var exitCode: Int32 { codes.exit }

  /// The HTTP status a service answers with (RFC 9110 §15; 499 is the common "client closed request").
  public var httpStatus: Int { codes.http }

  private var codes: (exit: Int32, http: Int) {
    switch self {
    case .usage: (64, 400)
    case .input: (65, 422)
    case .limit: (66, 413)
    case .preflight: (67, 422)
    case .unsupported: (69, 415)
    case .postflight: (71, 502)
    case .backend: (72, 502)
    case .storage: (73, 500)
    case .timeout: (74, 504)
    case .busy: (75, 429)
    case .credentials: (77, 401)
    case .budget: (78, 402)
    case .cancelled: (130, 499)
    default: (70, 500)
    }
  }
}

extension ImgtoolError {
  /// The same error with what it is about, usually a path, in front of the sentence.
  package func about(_ subject: String) -> ImgtoolError {
    ImgtoolError(kind, "\(subject): \(message)", retry: retry, context: context, underlying: underlying)
  }
}

extension ImgtoolError: CustomStringConvertible {
  public var description: String {
    guard let underlying, !underlying.isEmpty else { return message }
    return "\(message) (\(underlying))"
  }
}
