// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import HTTPTypes
internal import ImgtoolCore
internal import ImgtoolProbe

/// The shell of the machine: each decision is durable before it is acted on.
extension JobConductor {
  /// - Parameters:
  ///   - resubmissions: how often in all the request may be sent again; as the options say where nothing is given.
  ///   - note: told the run's id once it is durable.
  ///   - request: makes the request of a job that has none yet, and the turn in which it is sent; it is asked from here
  ///     because whoever waited for this with a request in hand would keep it until the run has ended.
  /// - Throws: the error a job ends or pauses with.
  func drive(
    _ start: JobRecord, _ operation: any RemoteOperation, _ deadline: Duration?, resubmissions: Int? = nil,
    progress: @Sendable (Double, String) -> Void, note: @Sendable (String) async throws -> Void,
    request: (() async throws -> (body: String, turn: Turns.Turn))? = nil
  ) async throws -> JobRecord {
    var record = try await checked(start)
    var machine = JobMachine(
      record.state, reference: record.reference, rules: rules(until: deadline, resubmissions),
      dice: Dice(seed: UInt64(timekeeper.chance() * 0x1p53)))
    var event = JobMachine.Event.resume
    var turn: Turns.Turn?
    if let request, record.phase == .planned {
      (record.body, turn) = try await request()
      event = .ready
      try kill.at(.ready)
    }
    var results: [RemoteRun.Result] = []
    var taken = 0
    var (looks, isAwaited) = (0, false)
    while true {
      let before = record.phase
      let action = machine.handle(event, at: timekeeper.now())
      if machine.state != record.state {
        record.state = machine.state
        record = try await journal.save(record, budget: record.phase == .intent ? options.dailyBudget : nil)
        if record.phase != before {
          if let point = record.phase.killPoint { try kill.at(point) }
          progress(record.phase.share, record.phase.rawValue)
          if record.phase == .submitted, let run = record.state.run?.id { try await note(run) }
        }
      }
      switch action {
      case .stop(.fetched): return record
      case .stop(let ending): throw error(ending, record)
      case .submit:
        event = .submitted(await submit(record, operation))
        turn?.end()
        try kill.at(.answered)
        if case .submitted(.accepted) = event { budget.refund(taken) }
      case .lookUp:
        try kill.at(.lookingUp)
        event = .lookedUp(await operation.find(record.reference, over: transport))
        try kill.at(.lookedUp)
      case .poll:
        let answer = await read(record, operation, looks: looks, isAwaited: isAwaited)
        looks += 1
        if case .run(let run) = answer { results = run.results }
        event = .polled(answer)
        try kill.at(.polled)
      case .wait(let pause):
        isAwaited = try await wait(pause, until: deadline, record, operation, looks: looks)
        event = .woken
      case .backOff(let pause, let afterTimeout):
        guard let price = budget.withdraw(afterTimeout: afterTimeout) else {
          event = .refusedRetry
          continue
        }
        taken += price
        try await sleep(pause, job: record)
        event = .woken
      case .fetch:
        try kill.at(.fetching)
        let (outcome, files) = await fetch(results, record, operation)
        try Task.checkCancellation()
        if !files.isEmpty { record.files = files }
        event = .fetched(outcome)
        try kill.at(.fetchedFiles)
      }
    }
  }

  private func rules(until deadline: Duration?, _ resubmissions: Int?) -> JobRules {
    var rules = JobRules()
    rules.resubmissions = resubmissions ?? (options.unknown == .hold ? 0 : 1)
    rules.deadline = deadline
    return rules
  }

  /// A record whose results are no longer as they were fetches them again: they are paid for.
  private func checked(_ record: JobRecord) async throws -> JobRecord {
    guard record.phase == .fetched || record.phase == .done else { return record }
    let folder = journal.folder.results(of: record.id)
    var isWhole = !record.files.isEmpty
    for file in record.files {
      // One that is gone counts as changed.
      let digest = try? await InputDigest.digest(of: .file(path: "\(folder)/\(file.name)"), file.bytes)
      isWhole = isWhole && digest == file.digest
    }
    guard !isWhole else { return record }
    var record = record
    record.state.phase = .submitted
    return record
  }

  /// Sends the paid request; a task that is cancelled meanwhile still learns what became of it.
  private func submit(_ record: JobRecord, _ operation: any RemoteOperation) async -> SubmitOutcome {
    guard let body = record.body else {
      return .rejected(ImgtoolError(.fault, "The journal has no request for the job \(record.id)."))
    }
    let (transport, reference) = (transport, record.reference)
    return await Task.detached {
      await operation.submit(Array(body.utf8), reference: reference, over: transport)
    }.value
  }

  // MARK: fetching

  /// Fetches every result into the job's folder; the files are empty where the results are not all there.
  private func fetch(_ results: [RemoteRun.Result], _ record: JobRecord, _ operation: any RemoteOperation) async
    -> (JobMachine.FetchOutcome, [JobRecord.File])
  {
    let folder = journal.folder.results(of: record.id)
    do {
      try journal.folder.makeResults(of: record.id)
    } catch {
      return (.storage(error), [])
    }
    var files: [JobRecord.File] = []
    var unreadable = 0
    for (index, result) in results.enumerated() {
      let path = "\(folder)/result-\(index)"
      do {
        // What lies there was not recorded: it may be half of something.
        guard unlink(path) == 0 || errno == ENOENT else {
          throw ImgtoolError(.storage, "\(path) cannot be replaced.", underlying: errorText())
        }
        switch try await transport.download(try operation.fetch(result), to: path) {
        case .saved(let bytes, let digest):
          // Whether it is an image at all; whether it is the right one is postflight's.
          if (try? Probe.facts(ofFile: path)) == nil { unreadable += 1 }
          var text = hexadecimal(digest)
          if digest.isEmpty { text = try await InputDigest.digest(of: .file(path: path), bytes) }
          files.append(JobRecord.File(name: "result-\(index)", bytes: bytes, digest: text, given: result.name))
        case .refused(let answer): return (Self.refused(answer), [])
        }
      } catch let failure as TransportFailure {
        return (Self.failed(failure), [])
      } catch {
        let known = error as? ImgtoolError
        return (.refused(known ?? ImgtoolError(.fault, "\(path) cannot be fetched.")), [])
      }
    }
    // A storage that gives no image at all is out of order rather than the place of bad results.
    guard unreadable < max(1, files.count) else { return (.unavailable("What came is not an image."), []) }
    return (unreadable == 0 ? .saved : .partlyUnreadable, files)
  }

  private static func refused(_ answer: TransportAnswer) -> JobMachine.FetchOutcome {
    switch answer.status.code {
    case 403, 404, 410: .expired
    case 408, 429, 500...: .unavailable("The storage answers \(answer.status.code).")
    default: .refused(ImgtoolError(.backend, "The storage answers \(answer.status.code) for a result."))
    }
  }

  private static func failed(_ failure: TransportFailure) -> JobMachine.FetchOutcome {
    switch failure.cause {
    case .storage: .storage(failure.error)
    case .tooLarge, .forbidden, .cancelled: .refused(failure.error)
    default: .unavailable(failure.message)
    }
  }

  // MARK: errors

  private func error(_ ending: JobMachine.Ending, _ record: JobRecord) -> ImgtoolError {
    let resume = "`imgtool jobs resume \(record.id)`"
    let run = record.state.run?.id ?? ""
    func error(_ kind: ImgtoolError.Kind, _ message: String, _ retry: ImgtoolError.Retry = .never) -> ImgtoolError {
      ImgtoolError(kind, message, retry: retry, context: record.context)
    }
    switch ending {
    case .fetched: return error(.fault, "The job \(record.id) ended well.")
    case .failed: return error(record.state.errorKind ?? .backend, record.state.error.message)
    case .stillRunning: return error(.timeout, "The run \(run) is still at work; \(resume) fetches it.", .later)
    case .stillUnknown:
      return error(.timeout, "It is not known yet whether a run was made; \(resume) looks again.", .later)
    case .held:
      return error(
        .backend, "The job is held: \(record.state.reason ?? "") \(resume) looks again, `imgtool jobs abandon` ends it."
      )
    case .stopped(let cause):
      return ImgtoolError(
        cause.kind, cause.message, retry: cause.retry, context: cause.context.merging(record.context) { own, _ in own },
        underlying: cause.underlying)
    }
  }
}

extension JobPhase {
  fileprivate var killPoint: KillPoint? {
    switch self {
    case .intent: .intentDurable
    case .submitted: .submittedDurable
    case .terminal: .terminalDurable
    case .fetched: .fetchedDurable
    case .unknown: .unknownDurable
    default: nil
    }
  }

  /// How far a job is, 0…1, for a progress line.
  fileprivate var share: Double {
    switch self {
    case .planned: 0
    case .intent, .notSent, .throttled, .unknown, .submitted, .held: 0.3
    case .terminal: 0.8
    default: 1
    }
  }
}
