// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
internal import ImgtoolDigest
internal import Synchronization

/// Runs remote operations exactly once: performs what `JobMachine` decides, with a journal and a network.
///
/// The same order again gives the result that is already there, or joins the job under way, also that of another
/// process; after a crash it carries on where the journal ends.
public final class JobConductor: RemoteConductor {
  public let journal: Journal
  let options: ConductorOptions
  let timekeeper: Timekeeper
  let transport: any Transport
  let budget: RetryBudget
  let kill: KillSwitch
  private let balances: SharedBalance
  let poller: RunPoller
  /// Who uploads and sends a first time: no more at once than there are connections to one host, so that thousands of
  /// orders do not keep thousands of half-sent requests.
  ///
  /// Repetitions are spread by their pauses.
  let turns = Turns(64)
  /// Who sleeps, by the names a hint may use.
  let sleepers = Mutex<[String: Task<Void, any Error>]>([:])

  /// - Parameter transport: the bare network; retries of harmless requests are added here.
  public convenience init(
    journal: Journal, transport: any Transport, timekeeper: Timekeeper, options: ConductorOptions = ConductorOptions()
  ) {
    self.init(
      journal: journal, transport: transport, timekeeper: timekeeper, options: options, budget: RetryBudget(),
      kill: .none)
  }

  package init(
    journal: Journal, transport: any Transport, timekeeper: Timekeeper, options: ConductorOptions,
    budget: RetryBudget, kill: KillSwitch
  ) {
    self.journal = journal
    self.timekeeper = timekeeper
    self.options = options
    self.budget = budget
    self.kill = kill
    let retrying = RetryingTransport(transport, budget: budget, timekeeper: timekeeper)
    self.transport = retrying
    balances = SharedBalance(over: retrying, timekeeper: timekeeper)
    poller = RunPoller(over: retrying, timekeeper: timekeeper)
  }

  // MARK: orders

  public func conduct(
    _ operation: any RemoteOperation, _ input: PreparedImage, _ parameters: Parameters, in context: OperationContext
  ) async throws -> OperationOutcome {
    let price = operation.price * input.pictureCount
    if let most = options.maximumCost, price > most {
      throw ImgtoolError(.budget, "\(operation.name) costs \(price); \(most) may be spent.")
    }
    let deadline = context.deadline.map { timekeeper.now() + ($0 - .now) }
    try checkWanted(until: deadline)
    let fresh = try await order(operation, input, parameters)
    let record = try await claim(fresh, until: deadline)
    return try await holding(record.id) {
      try kill.at(.planned)
      let isReused = record.phase == .fetched || record.phase == .done
      let ended = try await drive(record, operation, deadline, progress: context.progress, note: context.noteRemoteID) {
        try await self.request(of: record, operation, input, parameters, until: deadline, context)
      }
      let size = ByteCount(ended.files.reduce(0) { $0 + $1.bytes.bytes })
      return try await outcome(ended, isReused: isReused).copied(into: context.scratch, size)
    }
  }

  /// Does everything for a request that costs nothing: what is refused here leaves the job planned, and its reason with
  /// it.
  ///
  /// - Returns: the body of the request, and the turn in which it is to be sent.
  private func request(
    of record: JobRecord, _ operation: any RemoteOperation, _ input: PreparedImage, _ parameters: Parameters,
    until deadline: Duration?, _ context: OperationContext
  ) async throws -> (body: String, turn: Turns.Turn) {
    do {
      if budget.isEmpty { try await checkRecovery(operation) }
      if let budget = options.dailyBudget { try await journal.checkBudget(budget, for: record) }
      try await checkBalance(operation, price: record.price)
      context.progress(0, "send")
      let turn = try await turn(of: record)
      // The reference is that of the record, which may be older than this call.
      let body = try await operation.ready(input, parameters, reference: record.reference, over: transport)
      // From here on the request is on its way, and is paid for.
      try checkWanted(until: deadline)
      return (String(decoding: body, as: UTF8.self), turn)
    } catch let error as ImgtoolError {
      var refused = record
      refused.state.reason = error.message
      // The refusal is what is to be told, also where it cannot be written down.
      _ = try? await journal.save(refused)
      throw error
    }
  }

  /// Carries on with a job of the journal.
  ///
  /// - Parameters:
  ///   - patience: how long to wait; for ever where nothing is given.
  ///   - sendsAgain: a person's word that the request may be sent once more when a settle window finds nothing, which
  ///     a job that is held, or was ordered to be, is not otherwise.
  /// - Throws: as `conduct`; `.usage` for a job that never came to a paid request or was ordered from another service,
  ///   `.busy` for one at work elsewhere.
  public func resume(
    _ id: String, in catalog: OperationCatalog, patience: Duration? = nil, sendsAgain: Bool = false,
    progress: @escaping @Sendable (Double, String) -> Void = { _, _ in }
  ) async throws -> OperationOutcome {
    let known = try await journal.job(id)
    guard let operation = try catalog.operation(named: known.operation) as? any RemoteOperation else {
      throw ImgtoolError(.unsupported, "\(known.operation) is not done by a service.")
    }
    if let service = known.service, service != operation.service {
      throw ImgtoolError(.usage, "The job \(known.id) was ordered from \(service), not from \(operation.service).")
    }
    guard case .taken(let record) = try await journal.claim(id: known.id) else {
      throw ImgtoolError(.busy, "The job \(known.id) is being worked on.", retry: .later)
    }
    let isHeld = record.phase == .held || record.holdsUnknown == true
    let resubmissions = sendsAgain ? record.state.resubmissions + 1 : isHeld ? record.state.resubmissions : nil
    return try await holding(record.id) {
      let isReused = record.phase == .fetched || record.phase == .done
      let ended = try await drive(
        record, operation, patience.map { timekeeper.now() + $0 }, resubmissions: resubmissions, progress: progress,
        note: { _ in })
      return outcome(ended, isReused: isReused)
    }
  }

  // MARK: claiming

  private func order(_ operation: any RemoteOperation, _ input: PreparedImage, _ parameters: Parameters)
    async throws -> JobRecord
  {
    let digest = try await InputDigest.digest(of: input.bytes, input.byteCount)
    let parts = [
      digest, operation.name.description, operation.service, operation.model, parameters.canonical, options.callerKey,
    ]
    // Lengths go in as well, so that no two lists of parts are one text.
    let text = parts.map { "\($0.utf8.count):\($0)" }.joined(separator: "\n")
    func word() -> UInt64 { UInt64(timekeeper.chance() * 0x1p32) << 32 | UInt64(timekeeper.chance() * 0x1p32) }
    var record = JobRecord(
      key: hexadecimal(SHA256.hash(text.utf8)), operation: operation.name, model: operation.model,
      parameters: parameters, reference: RunReference(word(), word()), price: operation.price * input.pictureCount,
      at: timekeeper.wallMilliseconds())
    record.service = operation.service
    record.holdsUnknown = options.unknown == .hold
    record.inputDigest = digest
    record.inputFacts = input.facts
    record.members = input.members.isEmpty ? nil : input.members
    record.notes = options.notes
    return record
  }

  /// Takes the job of an order, waiting while another process or task is at it.
  private func claim(_ fresh: JobRecord, until deadline: Duration?) async throws -> JobRecord {
    while true {
      switch try await journal.claim(fresh, again: options.again) {
      case .taken(let record): return record
      case .busy(let record):
        if let deadline, timekeeper.now() >= deadline {
          throw ImgtoolError(
            .timeout, "The job \(record.id) for the same order is still under way elsewhere.", retry: .later,
            context: ["job": record.id])
        }
        try await sleep(.milliseconds(500), job: record)
      }
    }
  }

  /// Lets go of a job however the work on it ends.
  private func holding(_ id: String, _ work: () async throws -> OperationOutcome) async throws -> OperationOutcome {
    do {
      let outcome = try await work()
      try await journal.release(id)
      return outcome
    } catch let killed as KillSwitch.Killed {
      throw killed
    } catch {
      // The first failure is the one to tell; the lease ends with the process at the latest.
      try? await journal.release(id)
      throw error
    }
  }

  /// - Throws: `.cancelled` for an order that was withdrawn, `.timeout` for one whose time is up.
  private func checkWanted(until deadline: Duration?) throws(ImgtoolError) {
    if Task.isCancelled { throw ImgtoolError(.cancelled, "The order was withdrawn before anything was sent.") }
    if let deadline, timekeeper.now() >= deadline {
      throw ImgtoolError(.timeout, "The time was up before anything was sent.", retry: .later)
    }
  }

  /// Asks once, for nothing, whether a service that has failed too often answers again: without that, an empty budget
  /// would keep out the very requests that fill it.
  ///
  /// - Throws: `.busy` where it does not; `.credentials`.
  private func checkRecovery(_ operation: any RemoteOperation) async throws(ImgtoolError) {
    do {
      _ = try await operation.balance(over: transport)
    } catch  where error.kind != .credentials {
      throw ImgtoolError(
        .busy, "Too many requests to the service are failing: nothing is bought now.", retry: .later,
        underlying: error.message)
    }
  }

  private func checkBalance(_ operation: any RemoteOperation, price: Money) async throws(ImgtoolError) {
    guard options.checksBalance else { return }
    let balance: Money?
    do {
      balance = try await balances.balance(for: price, of: operation)
    } catch  where error.kind != .credentials && error.kind != .cancelled {
      // A balance that cannot be read stops nothing: the service itself refuses what is not covered.
      return
    }
    if let balance, balance < price {
      throw ImgtoolError(
        .budget, "\(operation.name) costs \(price); the balance is \(balance). Nothing was sent.")
    }
  }

  // MARK: the end

  private func outcome(_ record: JobRecord, isReused: Bool) -> OperationOutcome {
    let folder = journal.folder.results(of: record.id)
    var findings: [Finding] = []
    if record.state.duplicates > 0 {
      findings.append(
        Finding(
          "money.duplicate", .warn, "Runflow has more than one run for this job: money was spent twice.",
          measured: .count(record.state.duplicates + 1), allowed: .count(1)))
    }
    if record.state.run?.status == .partlySucceeded {
      findings.append(Finding("run.partial", .warn, "Only some of the results were made."))
    }
    var details = record.state.run?.details ?? [:]
    details["job"] = record.id
    if isReused { details["reused"] = "true" }
    return OperationOutcome(
      images: record.files.map { .init(.file(path: "\(folder)/\($0.name)"), name: $0.given) },
      cost: isReused ? .zero : record.charge, remoteID: record.state.run?.id, findings: findings, details: details)
  }
}

extension JobRecord {
  /// What an error about a job carries.
  var context: [String: String] {
    var context = ["job": id, "phase": phase.rawValue]
    context["run"] = state.run?.id
    return context
  }
}
