// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

/// Where a paid job stands; every change of it is on disk before the next step is taken.
public enum JobPhase: String, Sendable, Hashable, Codable, CaseIterable {
  /// Known to the journal; nothing that costs money has been decided.
  case planned
  /// The paid request may leave, or may have left, at any moment.
  case intent
  /// The request surely did not leave; it may be sent again.
  case notSent = "not_sent"
  /// The service asked for patience.
  case throttled
  /// The request left and its answer is not known: the run may exist.
  case unknown
  /// The run exists and is known by its id; how far it is only the service knows.
  case submitted
  /// The run ended with results that are still to be fetched.
  case terminal
  /// Every result is on this disk, in the journal's folder.
  case fetched
  /// The results were judged and handed over.
  case done
  /// The service refused the request: nothing was bought.
  case rejected
  /// The run ended without results.
  case failed
  /// A person has to decide: whether a run exists cannot be found out.
  case held
  /// A person gave the job up.
  case abandoned

  /// Whether nothing will happen any more by itself.
  public var isFinal: Bool {
    switch self {
    case .done, .rejected, .failed, .abandoned: true
    default: false
    }
  }

  /// Whether money may have been spent.
  public var mayHaveCost: Bool {
    switch self {
    case .planned, .notSent, .rejected: false
    default: true
    }
  }
}

/// What the machine knows about one job; all of it survives a crash.
public struct JobState: Sendable, Hashable, Codable {
  public internal(set) var phase = JobPhase.planned
  /// Requests that may have reached the service; more than 1 only after a resubmission.
  public internal(set) var sent = 0
  /// How often the request was sent again after a settle window that found nothing.
  public internal(set) var resubmissions = 0
  /// The run, once known.
  public internal(set) var run: RemoteRun?
  /// Runs beyond the first that carry this job's label: money spent twice.
  public internal(set) var duplicates = 0
  /// Why the job is where it is, for people.
  public internal(set) var reason: String?
  /// What became of the last request whose answer was lost, for people.
  public internal(set) var lost: String?
  /// The kind of error that ended it.
  public internal(set) var errorKind: ImgtoolError.Kind?

  package init() {}

  /// The error a job that ended badly ended with.
  package var error: ImgtoolError {
    ImgtoolError(errorKind ?? .backend, reason ?? "The job ended without a result.", retry: .never)
  }
}
