// SPDX-License-Identifier: Apache-2.0

/// An exchange that did not come to its end, told by what it means for the request.
public struct TransportFailure: Error, Sendable, Hashable {
  /// What happened.
  public enum Cause: String, Sendable, Hashable, Codable {
    /// The host has no address.
    case name
    /// Nothing listens there.
    case refused
    /// TLS could not be agreed, or the certificate is not the host's.
    case secure
    /// The connection was lost while in use.
    case lost
    /// The timeout passed.
    case timeout
    /// The answer ended before its stated length, or states none.
    case truncated
    /// The answer is longer than allowed.
    case tooLarge
    /// The answer is no HTTP, or coded in a way not asked for.
    case malformed
    /// The address is not one this may connect to.
    case forbidden
    /// The body to send cannot be read, or the file to write cannot be written.
    case storage
    /// The caller withdrew.
    case cancelled
  }

  public let cause: Cause
  /// Whether any of the body may have reached the server, so that the request may have had its effect.
  public let mayHaveArrived: Bool
  /// One sentence without secrets.
  public let message: String

  public init(_ cause: Cause, mayHaveArrived: Bool, _ message: String) {
    self.cause = cause
    self.mayHaveArrived = mayHaveArrived
    self.message = message
  }

  /// Whether another try of a harmless request may succeed.
  public var isTransient: Bool {
    switch cause {
    case .name, .refused, .secure, .lost, .timeout, .truncated, .malformed: true
    case .tooLarge, .forbidden, .storage, .cancelled: false
    }
  }
}

extension TransportFailure {
  /// The failure in the terms of the project's error.
  public var error: ImgtoolError {
    let kind: ImgtoolError.Kind =
      switch cause {
      case .timeout: .timeout
      case .cancelled: .cancelled
      case .storage: .storage
      case .tooLarge: .limit
      default: .backend
      }
    return ImgtoolError(kind, message, retry: isTransient ? .later : .never, context: ["cause": cause.rawValue])
  }
}
