// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore

extension JobMachine {
  /// What happened.
  package enum Event: Sendable, Hashable {
    /// The request is ready to be sent for the first time.
    case ready
    /// The process starts again with a state from disk.
    case resume
    case submitted(SubmitOutcome)
    case lookedUp(FindOutcome)
    case polled(ReadOutcome)
    case fetched(FetchOutcome)
    /// The wait is over, or a hint says that the service has news.
    case woken
    /// The shared retry budget is spent.
    case refusedRetry
  }

  /// How fetching the results ended.
  package enum FetchOutcome: Sendable, Hashable {
    case saved
    /// Every result was saved, and some of them, not all, are no images.
    case partlyUnreadable
    /// An address is no longer good (403, 404 or 410).
    case expired
    case unavailable(String)
    /// What came is not what was asked, or may not be fetched.
    case refused(ImgtoolError)
    /// Our own disk failed: the results wait at the service.
    case storage(ImgtoolError)
  }

  /// What to do next.
  package enum Action: Sendable, Hashable {
    case submit
    case lookUp
    case poll
    case wait(Duration)
    /// Wait as part of a retry, if the shared budget allows.
    case backOff(Duration, afterTimeout: Bool)
    case fetch
    case stop(Ending)
  }

  /// Why the machine stands still.
  package enum Ending: Sendable, Hashable {
    case fetched
    /// The job ended without a result, for good.
    case failed
    /// The run goes on without us.
    case stillRunning
    /// It is not known whether a run exists; looking goes on at the next resume.
    case stillUnknown
    case held
    /// Stopped by an error that says nothing about the run; resume when it is cured.
    case stopped(ImgtoolError)
  }
}

extension JobMachine.Event {
  var name: String {
    switch self {
    case .ready: "ready"
    case .resume: "resume"
    case .submitted: "an answer to a request"
    case .lookedUp: "an answer to a search"
    case .polled: "an answer about a run"
    case .fetched: "results"
    case .woken: "the end of a wait"
    case .refusedRetry: "an empty retry budget"
    }
  }
}
