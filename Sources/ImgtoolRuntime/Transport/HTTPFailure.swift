// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import ImgtoolCore
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// What the errors of AsyncHTTPClient mean for a request.
enum HTTPFailure {
  static func failure(_ error: any Error, _ address: WebAddress, mayHaveArrived: Bool, isCancelled: Bool)
    -> TransportFailure
  {
    let place = "\(address.scheme)://\(address.authority)"
    func failure(_ cause: TransportFailure.Cause, _ text: String) -> TransportFailure {
      TransportFailure(cause, mayHaveArrived: mayHaveArrived, text)
    }
    if isCancelled { return failure(.cancelled, "The request to \(place) was withdrawn.") }
    switch error {
    case let known as TransportFailure:
      return TransportFailure(known.cause, mayHaveArrived: mayHaveArrived || known.mayHaveArrived, known.message)
    case let error as NIOConnectionError:
      return error.connectionErrors.isEmpty
        ? failure(.name, "The host \(address.host) has no address.") : failure(.refused, "\(place) cannot be reached.")
    case let error as HTTPClientError where isTimeout(error):
      return failure(.timeout, "\(place) did not answer in time.")
    case is HTTPParserError: return failure(.malformed, "\(place) does not answer in HTTP.")
    default:
      if mayHaveArrived { return failure(.lost, "The connection to \(place) was lost.") }
      return address.isSecure
        ? failure(.secure, "No secure connection to \(place) can be made.")
        : failure(.refused, "\(place) cannot be reached.")
    }
  }

  /// A failure while the body of an answer was read.
  static func whileReading(_ error: any Error) -> TransportFailure {
    switch error {
    case let known as TransportFailure: known
    case is CancellationError: TransportFailure(.cancelled, mayHaveArrived: true, "The answer was not waited for.")
    case let error as HTTPClientError where isTimeout(error):
      TransportFailure(.timeout, mayHaveArrived: true, "The answer stalled.")
    default: TransportFailure(.truncated, mayHaveArrived: true, "The answer ended early.")
    }
  }

  /// Whether an error can only happen before a connection is there.
  static func isBeforeConnection(_ error: any Error) -> Bool {
    switch error {
    case is NIOConnectionError: true
    case let error as HTTPClientError:
      [.connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout].contains(error)
    default: false
    }
  }

  private static func isTimeout(_ error: HTTPClientError) -> Bool {
    [
      .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
      .getConnectionFromPoolTimeout,
    ].contains(error)
  }
}
