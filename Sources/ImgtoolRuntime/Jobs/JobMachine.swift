// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore

/// Decides, event by event, what to do next for one paid job; knows no network, no disk and no clock.
///
/// The shell's duty: whenever `state` has changed, make it durable **before** performing the action returned.
package struct JobMachine: Sendable {
  package private(set) var state: JobState
  let rules: JobRules
  private let label: String
  var dice: Dice
  /// Counters of this process only: a new process starts them afresh.
  var tries = 0
  var pollsFailed = 0
  var pollPause: Duration
  var settleStart: Duration?
  var acceptedAt: Duration?
  var renewals = 0
  var fetchTries = 0

  package init(_ state: JobState = JobState(), reference: RunReference, rules: JobRules, dice: Dice) {
    self.state = state
    self.rules = rules
    self.dice = dice
    label = reference.label
    pollPause = rules.firstPoll
  }

  /// - Parameter now: by a clock that never goes back; `rules.deadline` is on the same clock.
  package mutating func handle(_ event: Event, at now: Duration) -> Action {
    switch (event, state.phase) {
    case (.ready, .planned): send()
    case (.resume, _): resume(now)
    case (.submitted(let outcome), .intent): submitted(outcome, now)
    case (.lookedUp(let outcome), .unknown), (.lookedUp(let outcome), .throttled): lookedUp(outcome, now)
    case (.polled(let outcome), .submitted), (.polled(let outcome), .terminal): polled(outcome, now)
    case (.fetched(let outcome), .terminal): fetched(outcome, now)
    case (.lookedUp(let outcome), .fetched): recounted(outcome)
    case (.woken, _): woken(now)
    case (.refusedRetry, _): .stop(.stopped(Self.exhausted))
    default: stop(.fault, "The job met \(event.name) while it was \(state.phase.rawValue).")
    }
  }

  // MARK: sending

  private mutating func send() -> Action {
    state.phase = .intent
    state.sent += 1
    state.reason = nil
    return .submit
  }

  private mutating func submitted(_ outcome: SubmitOutcome, _ now: Duration) -> Action {
    tries += 1
    switch outcome {
    case .accepted(let run):
      acceptedAt = now
      return adopt(run, now)
    case .unknown(let reason): return becomeUnknown(reason, now)
    case .notSent(let failure):
      state.sent -= 1
      return sendLater(.notSent, failure.message, wish: nil, timedOut: failure.cause == .timeout, now)
    case .throttled(let wish):
      state.sent -= 1
      return sendLater(.throttled, "The service asks for patience.", wish: wish, timedOut: false, now)
    case .rejected(let error):
      state.sent -= 1
      // An earlier request is still unaccounted for: this refusal says nothing about it.
      guard state.sent == 0 else { return hold("\(error.message) An earlier request may have made a run.") }
      state.phase = .rejected
      state.reason = error.message
      state.errorKind = error.kind
      return .stop(.failed)
    }
  }

  /// Nothing was sent this time: try again after a pause, or stop with nothing spent.
  private mutating func sendLater(
    _ phase: JobPhase, _ reason: String, wish: Duration?, timedOut: Bool, _ now: Duration
  ) -> Action {
    state.reason = reason
    if state.sent > 0 {
      state.phase = .unknown
      state.resubmissions -= 1
    } else {
      state.phase = phase
    }
    guard let pause = rules.retry.pause(after: tries, wish: wish, dice: &dice) else {
      guard state.sent == 0 else { return hold(reason) }
      let kind: ImgtoolError.Kind = phase == .throttled ? .busy : .backend
      return .stop(.stopped(ImgtoolError(kind, reason, retry: .later)))
    }
    if let deadline = rules.deadline, now + pause >= deadline {
      return .stop(.stopped(ImgtoolError(.timeout, reason, retry: .later)))
    }
    return .backOff(pause, afterTimeout: timedOut)
  }

  // MARK: looking for what may exist

  private mutating func becomeUnknown(_ reason: String, _ now: Duration) -> Action {
    state.phase = .unknown
    state.reason = reason
    state.lost = reason
    settleStart = now
    return wait(rules.lookUps.first ?? .zero, now)
  }

  private mutating func lookedUp(_ outcome: FindOutcome, _ now: Duration) -> Action {
    switch outcome {
    case .refused(let error): return .stop(.stopped(error))
    case .inconclusive(let reason):
      state.reason = reason
      let next = state.phase == .unknown ? nextLookUp(now) : nil
      return wait(next ?? dice.about(rules.lookUpAgain), now)
    case .found(let runs):
      let ours = ours(runs)
      if let oldest = ours.min(by: Self.isOlder) {
        state.duplicates = ours.count - 1
        acceptedAt = now
        return adopt(oldest, now)
      }
      guard state.phase == .unknown else { return send() }
      if let pause = nextLookUp(now) { return wait(pause, now) }
      guard state.resubmissions < rules.resubmissions else {
        return hold("\(state.lost ?? "The answer was lost.") No run carries the label of the request.")
      }
      state.resubmissions += 1
      return send()
    }
  }

  /// The pause to the next look-up of the settle window; nothing when the window is over.
  private func nextLookUp(_ now: Duration) -> Duration? {
    guard state.phase == .unknown else { return rules.lookUps.first }
    let elapsed = now - (settleStart ?? now)
    return rules.lookUps.first { $0 > elapsed }.map { $0 - elapsed }
  }

  /// The runs of this job: the filter is the service's, the comparison is ours, byte for byte.
  private func ours(_ runs: [RemoteRun]) -> [RemoteRun] {
    runs.filter { $0.label.map { Array($0.utf8) } == Array(label.utf8) }
  }

  private static func isOlder(_ left: RemoteRun, _ right: RemoteRun) -> Bool {
    (left.createdMilliseconds ?? .max, left.id) < (right.createdMilliseconds ?? .max, right.id)
  }

  private mutating func hold(_ reason: String) -> Action {
    state.phase = .held
    state.reason = reason
    return .stop(.held)
  }

  // MARK: waiting for the run

  private mutating func adopt(_ run: RemoteRun, _ now: Duration) -> Action {
    state.phase = .submitted
    state.run = run.withoutResults
    state.reason = nil
    state.errorKind = nil
    // A search may answer with a part of the record: what counts is read by id.
    return run.status.isFinal ? .poll : waitForRun(now)
  }

  private mutating func polled(_ outcome: ReadOutcome, _ now: Duration) -> Action {
    switch outcome {
    case .refused(let error): return .stop(.stopped(error))
    case .run(let run):
      pollsFailed = 0
      return run.status.isFinal ? ended(run, now) : waitForRun(now)
    case .missing:
      // A process that took over gives the service the same time from its own start.
      let since = acceptedAt ?? now
      acceptedAt = since
      if now - since < rules.freshness { return waitForRun(now) }
      return hold("The service no longer knows the run \(state.run?.id ?? "").")
    case .unavailable(_, let wish):
      pollsFailed += 1
      let pause = pollsFailed > 3 ? rules.lookUpAgain : nextPoll()
      return wait(max(dice.about(pause), min(wish ?? .zero, rules.retry.longestWish)), now)
    }
  }

  private mutating func ended(_ run: RemoteRun, _ now: Duration) -> Action {
    // Addresses change with every read; the journal keeps what is lasting.
    state.run = run.withoutResults
    switch run.status {
    case .succeeded, .partlySucceeded, .running:
      state.phase = .terminal
      return run.results.isEmpty ? fetched(.unavailable("The run ended well but names no result."), now) : .fetch
    case .failed, .cancelled:
      state.phase = .failed
      state.errorKind = .backend
      state.reason = run.failure ?? "The run ended as \(run.statusText)."
      return .stop(.failed)
    }
  }

  private mutating func waitForRun(_ now: Duration) -> Action { wait(dice.about(nextPoll()), now) }

  private mutating func nextPoll() -> Duration {
    defer { pollPause = min(rules.slowestPoll, pollPause * rules.pollGrowth) }
    return pollPause
  }

  // MARK: fetching

  private mutating func fetched(_ outcome: FetchOutcome, _ now: Duration) -> Action {
    let id = state.run?.id ?? ""
    switch outcome {
    case .saved:
      state.phase = .fetched
      return finish()
    case .expired:
      renewals += 1
      guard renewals <= rules.renewals else {
        return stop(.backend, "The results of run \(id) cannot be fetched: their addresses are refused.")
      }
      return .poll
    case .partlyUnreadable:
      if let pause = nextFetch() { return wait(pause, now) }
      // The storage works: the others are what it has, and so is this. Postflight rejects it.
      state.phase = .fetched
      return finish()
    case .unavailable(let reason):
      if let pause = nextFetch() { return wait(pause, now) }
      return stop(.backend, "The results of run \(id) cannot be fetched: \(reason)", retry: .later)
    case .refused(let error), .storage(let error): return .stop(.stopped(error))
    }
  }

  /// The pause before the results are fetched once more; nothing when that was tried often enough.
  private mutating func nextFetch() -> Duration? {
    fetchTries += 1
    return rules.retry.pause(after: fetchTries, dice: &dice)
  }

  /// The results are here; where more than one request left, the run of an earlier one may have turned up meanwhile.
  private func finish() -> Action { state.sent > 1 ? .lookUp : .stop(.fetched) }

  /// Counts what was bought; a search that fails keeps nobody from the results.
  private mutating func recounted(_ outcome: FindOutcome) -> Action {
    if case .found(let runs) = outcome { state.duplicates = max(state.duplicates, ours(runs).count - 1) }
    return .stop(.fetched)
  }

  // MARK: waking up

  private mutating func resume(_ now: Duration) -> Action {
    switch state.phase {
    case .planned:
      let reason = state.reason.map { " (\($0))" } ?? ""
      return stop(.usage, "Nothing was sent for this job\(reason): give the order again.")
    case .intent:
      state.phase = .unknown
      state.reason = "The process ended while the request was under way."
      state.lost = state.reason
      settleStart = now
      return .lookUp
    case .unknown, .held:
      state.phase = .unknown
      settleStart = now
      return state.run == nil ? .lookUp : resumeRun()
    case .throttled: return .lookUp
    case .notSent: return send()
    case .submitted, .terminal: return .poll
    case .fetched: return finish()
    case .done: return .stop(.fetched)
    case .rejected, .failed, .abandoned: return .stop(.failed)
    }
  }

  private mutating func resumeRun() -> Action {
    state.phase = .submitted
    return .poll
  }

  private mutating func woken(_ now: Duration) -> Action {
    if let deadline = rules.deadline, now >= deadline { return .stop(atDeadline) }
    switch state.phase {
    case .notSent: return send()
    case .throttled, .unknown: return .lookUp
    case .submitted, .terminal: return .poll
    default: return resume(now)
    }
  }

  private func wait(_ pause: Duration, _ now: Duration) -> Action {
    guard let deadline = rules.deadline else { return .wait(pause) }
    if now >= deadline { return .stop(atDeadline) }
    return .wait(min(pause, deadline - now))
  }

  private var atDeadline: Ending {
    switch state.phase {
    case .unknown: .stillUnknown
    case .submitted, .terminal: .stillRunning
    default: .stopped(ImgtoolError(.timeout, state.reason ?? "The time is up; nothing was sent.", retry: .later))
    }
  }

  private func stop(_ kind: ImgtoolError.Kind, _ message: String, retry: ImgtoolError.Retry = .never) -> Action {
    .stop(.stopped(ImgtoolError(kind, message, retry: retry)))
  }

  private static let exhausted = ImgtoolError(
    .busy, "Too many requests to the service are failing; nothing more is tried for now.", retry: .later)
}

extension RemoteRun {
  /// The run without the signed addresses of its results.
  var withoutResults: RemoteRun {
    RemoteRun(
      id: id, label: label, status: status, statusText: statusText, cost: cost,
      createdMilliseconds: createdMilliseconds, failure: failure, mayRetry: mayRetry, details: details)
  }
}
