// SPDX-License-Identifier: Apache-2.0

/// What became of the one paid request.
public enum SubmitOutcome: Sendable, Hashable {
  /// The service answered with a run.
  case accepted(RemoteRun)
  /// Nothing that could have had an effect left this machine.
  case notSent(TransportFailure)
  /// The service refused, and says so: nothing was bought.
  case rejected(ImgtoolError)
  /// The service asks for patience; by its word nothing was bought.
  case throttled(after: Duration?)
  /// The run may or may not exist.
  case unknown(String)

  /// The meaning of a failed exchange.
  public init(_ failure: TransportFailure) {
    self = failure.mayHaveArrived ? .unknown(failure.message) : .notSent(failure)
  }
}

/// What a search by label found.
public enum FindOutcome: Sendable, Hashable {
  /// Every run the service knows with exactly that label.
  case found([RemoteRun])
  /// The search could not be carried to its end: nothing follows from it.
  case inconclusive(String)
  /// The key was refused.
  case refused(ImgtoolError)
}

/// What reading one run gave.
public enum ReadOutcome: Sendable, Hashable {
  case run(RemoteRun)
  /// The service knows no such run.
  case missing
  /// Not now; patience where the service names it.
  case unavailable(String, after: Duration?)
  /// The key was refused.
  case refused(ImgtoolError)
}

/// What one look at many runs gave.
public enum ListOutcome: Sendable, Hashable {
  /// What the list told of the runs that were on it, by id; nothing follows for any other.
  case runs([String: RemoteRun])
  /// The service is not to be asked now, for any run; patience where it names it.
  case unavailable(String, after: Duration?)
  /// The service gives no list that could be used.
  case unsupported
}
