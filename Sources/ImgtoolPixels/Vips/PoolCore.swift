// SPDX-License-Identifier: Apache-2.0
import CVips
import ImgtoolCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// What the threads of a pool share.
///
/// The threads keep it alive; the pool closes it.
final class PoolCore: Sendable {
  /// One piece of work.
  ///
  /// Exactly one of its two closures is called, once.
  private struct Job: Sendable {
    let watch: Watch
    let cost: ByteCount
    /// Runs the work and gives back what tells the caller.
    let perform: @Sendable (borrowing VipsThread) -> @Sendable () -> Void
    let refuse: @Sendable (ImgtoolError) -> Void
  }

  private struct State: Sendable {
    var admission: Admission<Job>
    var liveThreads = 0
    var waitingForEnd: [CheckedContinuation<Void, Never>] = []
  }

  private enum Turn {
    case job(Job)
    case end
  }

  private let monitor: Monitor<State>
  let gate: Gate
  /// The processes that decode; nothing where this one does.
  let workers: WorkerPool?
  private let limits: VipsPool.Limits

  /// - Throws: `.unsupported` where libvips or the program to decode with is missing.
  init(_ limits: VipsPool.Limits) throws(ImgtoolError) {
    self.limits = limits
    var decoding = limits.decoding
    decoding.formats += limits.alsoAllowed.filter { !decoding.formats.contains($0) }
    gate = Gate(decoding)
    switch limits.isolation {
    case .none:
      try Vips.start()
      Vips.allow(limits.alsoAllowed)
      workers = nil
    case .process(let program):
      Memory.limitHeaps()
      workers = try WorkerPool(program, formats: Set(decoding.formats), limits: decoding)
    }
    monitor = Monitor(
      State(admission: Admission(threads: limits.threads, budget: limits.memory, queueLimit: limits.queue)))
  }

  var load: (waiting: Int, running: Int) { monitor.read { ($0.admission.waitingCount, $0.admission.running) } }
  var liveThreads: Int { monitor.read { $0.liveThreads } }

  func submit<R: Sendable>(
    _ cost: ByteCount, _ watch: Watch, _ body: @escaping @Sendable (borrowing VipsThread) throws -> R
  ) async throws -> R {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<R, any Error>) in
        enqueue(
          Job(
            watch: watch, cost: cost,
            perform: { thread in
              do {
                try thread.check()
                let value = try body(thread)
                return { continuation.resume(returning: value) }
              } catch {
                return { continuation.resume(throwing: error) }
              }
            },
            refuse: { continuation.resume(throwing: $0) }))
      }
    } onCancel: {
      withdraw(watch, .cancelled)
    }
  }

  /// Takes work that waits out of the queue and asks work that runs to stop.
  func withdraw(_ watch: Watch, _ reason: Watch.Reason) {
    let holds = watch.stop(reason)
    let job = monitor.change { $0.admission.withdraw(ObjectIdentifier(watch)) }
    job?.refuse(holds.error)
  }

  /// Refuses what waits; the threads end when they have nothing left to do.
  func close() {
    let waiting = monitor.change { $0.admission.close() }
    for job in waiting { job.refuse(Self.closed) }
    workers?.close()
  }

  func shutdown() async {
    close()
    await withCheckedContinuation { continuation in
      let isOver = monitor.change { state in
        if state.liveThreads > 0 { state.waitingForEnd.append(continuation) }
        return state.liveThreads == 0
      }
      if isOver { continuation.resume() }
    }
  }

  /// - Throws: `.fault` where the system gives no thread.
  func startThread(named name: String) throws(ImgtoolError) {
    monitor.change { $0.liveThreads += 1 }
    guard startDetachedThread({ self.work(as: name) }) else {
      monitor.change { $0.liveThreads -= 1 }
      throw ImgtoolError(.fault, "The system gives no further thread.", retry: .later)
    }
  }

  private func enqueue(_ job: Job) {
    let refusal: ImgtoolError? = monitor.change { state in
      // A task may be cancelled before its work is here; `withdraw` has then found nothing to take out.
      if let reason = job.watch.reason { return reason.error }
      return state.admission.enqueue(job, id: ObjectIdentifier(job.watch), cost: job.cost).map { error($0, job.cost) }
    }
    if let refusal { job.refuse(refusal) }
  }

  private func error(_ refusal: Admission<Job>.Refusal, _ cost: ByteCount) -> ImgtoolError {
    switch refusal {
    case .closed: Self.closed
    case .full:
      ImgtoolError(.busy, "\(limits.threads + limits.queue) pictures are being worked on already.", retry: .later)
    case .tooLarge:
      ImgtoolError(.limit, "The picture needs about \(cost) of memory; \(limits.memory) are allowed.")
    }
  }

  private static var closed: ImgtoolError { ImgtoolError(.cancelled, "The pixel pool is shut down.") }

  private func work(as name: String) {
    nameThisThread(name)
    while case .job(let job) = nextTurn() {
      // What is left of work that succeeded all the same would be blamed on this; others' text is left alone.
      if monitor.read({ $0.admission.running }) == 1, Vips.isStarted { Vips.takeErrorText() }
      let tell = job.perform(VipsThread(watch: job.watch, gate: gate, workers: workers))
      monitor.change { $0.admission.finished(cost: job.cost) }
      tell()
      if monitor.change({ $0.admission.takesBreath() }) { cvips_trim_heaps() }
    }
    if Vips.isStarted { cvips_thread_shutdown() }
    let waiting = monitor.change { state in
      state.liveThreads -= 1
      guard state.liveThreads == 0 else { return [CheckedContinuation<Void, Never>]() }
      defer { state.waitingForEnd = [] }
      return state.waitingForEnd
    }
    for continuation in waiting { continuation.resume() }
  }

  private func nextTurn() -> Turn {
    monitor.wait { state in
      if let job = state.admission.next() { return .job(job) }
      return state.admission.isClosed ? .end : nil
    }
  }
}
