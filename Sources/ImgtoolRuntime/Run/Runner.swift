// SPDX-License-Identifier: Apache-2.0

import Foundation
public import ImgtoolCore
public import ImgtoolPixels
import ImgtoolProbe

/// Runs plans: probe, preflight, prepare, perform, verify, write.
///
/// One runner serves a process; it has no state but the pool it was given. Findings end up in the report; errors that
/// stop a job are thrown.
public struct Runner: Sendable {
  let catalog: OperationCatalog
  let pool: SharedPool
  private let observed: ObservedSizes?
  let conductor: (any RemoteConductor)?
  private let skin: SkinFinder?
  /// Where a test lets the process die.
  package var kill = KillSwitch.none

  /// - `pool`: where pixels are decoded; started at the first need.
  /// - `observed`: the sizes returned before, for `frame.drift`.
  /// - `conductor`: what runs the paid steps of remote operations.
  /// - `skin`: sees skin, so that retouches are judged by where they are.
  public init(
    catalog: OperationCatalog, pool: SharedPool, observed: ObservedSizes? = nil,
    conductor: (any RemoteConductor)? = nil, skin: SkinFinder? = nil
  ) {
    self.skin = skin
    self.conductor = conductor
    self.catalog = catalog
    self.pool = pool
    self.observed = observed
  }

  /// Everything that is known before a pixel is decoded or a byte sent: facts, findings, frame and price.
  ///
  /// Nothing is written. The report's state is `planned` or `refused`.
  /// - Throws: `.usage`, `.input`, `.unsupported`, and `.budget` when the price exceeds the plan's.
  public func preflight(_ plan: Plan) throws(ImgtoolError) -> JobReport {
    var clock = StepClock()
    let operation = try catalog.operation(named: plan.operation)
    guard OutputName.fits(plan.output, plan.encoding.format) else {
      throw ImgtoolError(.usage, "\(plan.output.escaped) is no name for \(plan.encoding.format.rawValue) bytes.")
    }
    let facts: ImageFacts
    do {
      facts = if let known = plan.knownFacts { known } else { try Probe.facts(ofFile: plan.input) }
    } catch {
      throw error.about(plan.inputName)
    }
    clock.end("probe")
    let contract = try operation.contract(for: facts, plan.parameters)
    var policy = plan.policy.merged(with: contract.policy)
    policy.price = contract.price
    var request: FrameRequest?
    if case .request(let ordered) = contract.expects.frame { request = ordered }
    var findings = Preflight(policy, frames: contract.expects.frames)
      .judge(facts, name: plan.inputName, request: request)
    if plan.knownFacts == nil {
      findings.add(try Structure.check(file: plan.input, limits: plan.policy.decoding ?? pool.decoding))
    }
    clock.end("preflight")
    if let most = plan.maximumCost, contract.price > most {
      throw ImgtoolError(.budget, "\(plan.operation) costs \(contract.price); \(most) may be spent.")
    }
    let attachments = try looked(at: plan, contract, facts)
    let isRefused = !(findings + attachments.flatMap(\.findings)).failures.isEmpty
    return JobReport(
      operation: plan.operation, parameters: plan.parameters, input: plan.inputName, inputFacts: facts,
      state: isRefused ? .refused : .planned, preflight: findings, attachments: attachments,
      placement: try request.map { (ordered) throws(ImgtoolError) in
        Placement(of: facts.displaySize, in: try ordered.target(), snap: contract.expects.frames.snapMargin)
      },
      price: contract.price, times: clock.times)
  }

  /// Does the job.
  ///
  /// - Returns: a report whose state is `done`, `refused` (nothing was spent) or `rejected` (the results are kept
  ///   under rejected names).
  /// - Throws: `ImgtoolError`; `.cancelled` when the task is.
  public func run(
    _ plan: Plan, progress: @escaping @Sendable (Double, String) -> Void = { _, _ in }
  ) async throws -> JobReport {
    var report = try preflight(plan)
    guard report.state == .planned else { return report }
    let deadline = plan.timeout.map { ContinuousClock.now + $0 }
    let operation = try catalog.operation(named: plan.operation)
    let contract = try operation.contract(for: report.inputFacts, plan.parameters)
    let scratch = try Scratch()
    // Opened before anything is spent: a folder that cannot be written costs nothing.
    let file = try AtomicFile(plan.output, replaces: plan.replaces)

    var clock = StepClock()
    progress(0, "prepare")
    let (attachments, parameters) = try await self.attachments(of: plan, contract, in: scratch.path, deadline)
    let outcome: OperationOutcome
    do {
      let isPaid = contract.price > .zero || operation is any RemoteOperation
      let (facts, place) = (report.inputFacts, scratch.path)
      // What is paid for takes its time at the service: an order of many is none too many for the pool.
      let prepared = try await Self.patiently(until: isPaid ? deadline : .now) {
        try await self.prepared(plan, facts, contract, isPaid: isPaid, in: place, deadline)
      }
      report.prepared = prepared.statement
      report.passedThrough = prepared.image.isOriginal
      clock.end("prepare")
      var input = prepared.image
      input.attachments = attachments
      outcome = try await operation.perform(
        input, parameters,
        in: OperationContext(
          encoding: plan.encoding, scratch: scratch.path, deadline: deadline,
          progress: { share, step in progress(min(0.05 + max(share, 0) * 0.8, 0.85), step) },
          conductor: conductor))
    } catch let error as ImgtoolError where error.kind == .input {
      throw error.about(plan.inputName)
    }
    clock.end("perform")
    report.times += clock.times
    return try await conclude(
      outcome, plan, contract, report, first: file, in: scratch.path, deadline: deadline, progress)
  }

  /// Verifies, finishes and writes results that are there already: those of a paid job that was resumed.
  ///
  /// - Parameters:
  ///   - plan: as for `run`; its input need not exist any more, and is not opened again.
  ///   - input: what was known of the input.
  /// - Throws: as `run`.
  public func conclude(_ outcome: OperationOutcome, of plan: Plan, input: ImageFacts) async throws -> JobReport {
    let contract = try catalog.operation(named: plan.operation).contract(for: input, plan.parameters)
    let file = try AtomicFile(plan.output, replaces: plan.replaces)
    let scratch = try Scratch()
    let report = JobReport(
      operation: plan.operation, parameters: plan.parameters, input: plan.inputName, inputFacts: input, state: .planned,
      preflight: [], placement: nil, price: contract.price, times: [])
    return try await conclude(
      outcome, plan, contract, report, first: file, in: scratch.path, deadline: plan.timeout.map { .now + $0 },
      { _, _ in })
  }

  private func conclude(
    _ outcome: OperationOutcome, _ plan: Plan, _ contract: OperationContract, _ started: JobReport,
    first file: consuming AtomicFile, in scratch: String, deadline: ContinuousClock.Instant?,
    _ progress: @Sendable (Double, String) -> Void
  ) async throws -> JobReport {
    var (report, clock, contract) = (started, StepClock(), contract)
    // Looking for faces twice would find the same ones.
    if contract.expects.faces.isEmpty { contract.expects.faces = outcome.faces }
    guard !outcome.images.isEmpty else { throw ImgtoolError(.backend, "\(plan.operation) returned no image.") }
    (report.cost, report.remoteID) = (outcome.cost, outcome.remoteID)
    (report.remarks, report.details) = (outcome.findings, outcome.details)

    progress(0.85, "verify")
    var results: [JudgedResult] = []
    let input = report.inputFacts
    do {
      for (index, image) in outcome.images.enumerated() {
        results.append(
          try await Self.patiently(until: deadline) {
            try await judge(image, index, plan, contract, input, in: scratch, deadline: deadline)
          })
      }
    } catch  where outcome.cost > .zero {
      throw try ResultKeeper(plan: plan).rescue(outcome, from: error)
    }
    clock.end("verify")

    progress(0.95, "write")
    report.state = results.contains { !$0.findings.failures.isEmpty } ? .rejected : .done
    report.outputs = try ResultKeeper(plan: plan).keep(results, first: file, isRejected: report.state == .rejected)
    clock.end("write")
    report.times += clock.times
    progress(1, "done")
    return report
  }

  private func prepared(
    _ plan: Plan, _ facts: ImageFacts, _ contract: OperationContract, isPaid: Bool, in scratch: String,
    _ deadline: ContinuousClock.Instant?
  ) async throws -> Preparer.Prepared {
    guard plan.knownFacts == nil else {
      return Preparer.Prepared(
        image: PreparedImage(bytes: .memory([]), facts: facts, isOriginal: true),
        statement: "passed on by its address, not seen here beyond its header")
    }
    return try await Preparer(pool: pool).prepare(
      plan.input, facts, as: contract.sends, policy: plan.policy.merged(with: contract.policy), isPaid: isPaid,
      in: scratch, deadline: deadline)
  }

  /// What a result is compared with: the input, where it is at hand and still the one that was sent.
  private func source(of plan: Plan, _ input: ImageFacts) -> String? {
    guard plan.knownFacts == nil else { return nil }
    // An input that is gone or was replaced since is nothing to compare with.
    return (try? Probe.facts(ofFile: plan.input))?.displaySize == input.displaySize ? plan.input : nil
  }

  /// Waits for a place in the pool: what is paid for, or about to be, is not turned away because much else is being
  /// looked at.
  private static func patiently<Value>(
    until deadline: ContinuousClock.Instant?, _ work: () async throws -> Value
  ) async throws -> Value {
    while true {
      do {
        return try await work()
      } catch let error as ImgtoolError where error.kind == .busy && (deadline.map { .now < $0 } ?? true) {
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  private func judge(
    _ image: OperationOutcome.Image, _ index: Int, _ plan: Plan, _ contract: OperationContract,
    _ input: ImageFacts, in scratch: String, deadline: ContinuousClock.Instant?
  ) async throws -> JudgedResult {
    let path = try ResultKeeper.landed(image.bytes, at: "\(scratch)/result-\(index)")
    let verifier = Verifier(pool: pool, skin: skin)
    let source = source(of: plan, input)
    var seen: Set<PixelSize> = []
    if case .request(let request) = contract.expects.frame {
      seen = observed?.sizes(for: plan.operation.backend, request) ?? []
    }
    let verification: Verification
    do {
      verification = try await verifier.verify(
        path, name: nil, against: contract.expects, input: input, source: source, observed: seen,
        deadline: deadline)
    } catch let error as ImgtoolError where error.kind == .input || error.kind == .unsupported {
      return JudgedResult(path, unreadable: error)
    }
    if case .request(let request) = contract.expects.frame {
      observed?.note(verification.facts.displaySize, for: plan.operation.backend, request)
    }
    var result = JudgedResult(path, verification)
    guard result.findings.failures.isEmpty else { return result }
    do {
      guard
        let finished = try await Finisher(pool: pool).finish(
          path, verification, plan, contract.expects, to: "\(scratch)/finished-\(index)",
          isForeign: try catalog.operation(named: plan.operation) is any RemoteOperation, deadline: deadline)
      else { return result }
      var expects = contract.expects
      if let size = finished.conformed { expects.frame = .request(.exactly(size)) }
      result = JudgedResult(
        finished.path,
        try await verifier.verify(
          finished.path, name: nil, against: expects, input: input, source: source, deadline: deadline))
      result.findings += finished.findings
    } catch let error as ImgtoolError where error.kind == .postflight {
      result.findings.append(Finding("conform.refused", .fail, error.message))
    }
    return result
  }
}

/// Notes how long steps take.
private struct StepClock {
  private(set) var times: [(step: String, duration: Duration)] = []
  private var last = ContinuousClock.now

  mutating func end(_ step: String) {
    let now = ContinuousClock.now
    times.append((step, now - last))
    last = now
  }
}
