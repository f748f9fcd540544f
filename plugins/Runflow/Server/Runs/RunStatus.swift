// SPDX-License-Identifier: Apache-2.0

/// The states of runs and batches as records spell them; callbacks spell the last one `cancelled`.
package enum RunStatus: String, Sendable, CaseIterable {
  case queued, dispatching, running, succeeded
  case partiallySucceeded = "partial_succeeded"
  case failed
  case cancelled = "canceled"

  package var isTerminal: Bool {
    switch self {
    case .queued, .dispatching, .running: false
    case .succeeded, .partiallySucceeded, .failed, .cancelled: true
    }
  }

  /// As a callback's `status`.
  package var callback: String { self == .cancelled ? "cancelled" : rawValue }

  /// As a callback's `event` after "run.": a partial success is announced as completed.
  package var event: String {
    switch self {
    case .failed: "failed"
    case .cancelled: "cancelled"
    default: "completed"
    }
  }
}

extension RunRow {
  /// The state; a text from a newer version counts as failed.
  package var state: RunStatus { RunStatus(rawValue: status) ?? .failed }
}

extension BatchRow {
  package var state: RunStatus { RunStatus(rawValue: status) ?? .failed }
}
