// SPDX-License-Identifier: Apache-2.0

import Foundation
public import ImgtoolCore

/// Runs one operation over images again and again and says how fast each step is.
public struct OperationBench: Sendable {
  /// What one run of the bench came to.
  public struct Summary: Sendable {
    public internal(set) var runs = 0
    /// Reports by state, and errors by kind.
    public internal(set) var verdicts: [String: Int] = [:]
    /// Durations of each step over all runs, sorted; "total" is their sum.
    public internal(set) var steps: [(step: String, durations: [Duration])] = []
    public internal(set) var cost = Money.zero
    public internal(set) var elapsed = Duration.zero
    /// The largest resident set of the process, and how far it grew while the runs went on.
    public internal(set) var peakMemory = ByteCount(0)
    public internal(set) var memoryGrowth = ByteCount(0)
    /// Processor time of the process, in user and system mode.
    public internal(set) var processorTime = Duration.zero

    /// The duration below which a share of the runs stayed; nearest rank.
    public static func percentile(_ share: Double, of sorted: [Duration]) -> Duration {
      guard let last = sorted.indices.last else { return .zero }
      let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
      return sorted[min(max(rank, 0), last)]
    }
  }

  private let runner: @Sendable (_ run: Int) throws -> Runner
  public let plans: [Plan]
  public let repeats: Int
  public let concurrency: Int

  /// - Parameters:
  ///   - plans: one for each image; outputs are written over and over.
  ///   - runner: what does a run, by its number from 0; a paid run needs an order of its own, or it would be given the
  ///     result of another.
  public init(
    plans: [Plan], repeats: Int, concurrency: Int, runner: @escaping @Sendable (_ run: Int) throws -> Runner
  ) {
    self.runner = runner
    self.plans = plans
    self.repeats = max(1, repeats)
    self.concurrency = max(1, concurrency)
  }

  /// Runs every plan `repeats` times, `concurrency` at once.
  ///
  /// - Parameter progress: told how many runs are done.
  /// - Throws: `CancellationError`; a run that fails is counted by its kind.
  public func run(progress: @Sendable (Int) -> Void = { _ in }) async throws -> Summary {
    var summary = Summary()
    var durations: [String: [Duration]] = [:]
    var order: [String] = []
    let (started, before) = (ContinuousClock.now, Self.usage())
    var pending = (0..<repeats).flatMap { pass in plans.map { ($0, pass) } }.enumerated().makeIterator()
    try await withThrowingTaskGroup(of: (JobReport?, ImgtoolError.Kind?).self) { group in
      func add() -> Bool {
        guard let (number, (plan, pass)) = pending.next() else { return false }
        group.addTask { try await Self.once(try runner(number), plan, pass) }
        return true
      }
      for _ in 0..<concurrency where !add() { break }
      while let (report, kind) = try await group.next() {
        summary.runs += 1
        if let kind { summary.verdicts["error.\(kind.rawValue)", default: 0] += 1 }
        if let report {
          summary.verdicts[report.state.rawValue, default: 0] += 1
          summary.cost = summary.cost + report.cost
          for time in report.times + [("total", report.times.reduce(.zero) { $0 + $1.duration })] {
            if durations[time.step] == nil { order.append(time.step) }
            durations[time.step, default: []].append(time.duration)
          }
        }
        progress(summary.runs)
        _ = add()
      }
    }
    summary.elapsed = ContinuousClock.now - started
    summary.steps = order.map { ($0, durations[$0, default: []].sorted()) }
    let after = Self.usage()
    summary.peakMemory = after.peak
    summary.memoryGrowth = ByteCount(after.peak.bytes - before.peak.bytes)
    summary.processorTime = after.time - before.time
    return summary
  }

  private static func once(_ runner: Runner, _ plan: Plan, _ pass: Int) async throws -> (
    JobReport?, ImgtoolError.Kind?
  ) {
    var plan = plan
    // Runs of one image go on at once: each has a file of its own.
    plan.output = OutputName.variant(of: plan.output, index: pass, isRejected: false)
    plan.replaces = true
    do {
      let report = try await runner.run(plan)
      for output in report.outputs { unlink(output.path) }
      return (report, nil)
    } catch let error as ImgtoolError where error.kind != .cancelled {
      return (nil, error.kind)
    }
  }

  /// The largest resident set and the processor time so far: getrusage(2); Linux counts KiB, others bytes.
  private static func usage() -> (peak: ByteCount, time: Duration) {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      let peak = ByteCount(usage.ru_maxrss << 10)
    #else
      getrusage(RUSAGE_SELF, &usage)
      let peak = ByteCount(usage.ru_maxrss)
    #endif
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    return (peak, .seconds(seconds) + .microseconds(Int(usage.ru_utime.tv_usec) + Int(usage.ru_stime.tv_usec)))
  }
}

extension OperationBench.Summary {
  /// One line of JSON, schema version 1; durations in seconds.
  package func write(to line: inout JSONLine, operation: OperationName) {
    line.object { line in
      line.field("schemaVersion", 1)
      line.field("operation", operation.description)
      line.field("runs", runs)
      line.field("seconds", elapsed / .seconds(1))
      line.field("perSecond", Double(runs) / max(elapsed / .seconds(1), 1e-9))
      line.field("peakMemory", peakMemory.bytes)
      line.field("memoryGrowth", memoryGrowth.bytes)
      line.field("processorSeconds", processorTime / .seconds(1))
      line.field("cost", cost.decimal)
      line.object("verdicts") { line in
        for (verdict, count) in verdicts.sorted(by: { $0.key < $1.key }) { line.member(verdict, count) }
      }
      line.array("steps", steps) { line, step in
        line.object { line in
          line.field("step", step.step)
          for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            line.member(name, Self.percentile(share, of: step.durations) / .seconds(1))
          }
        }
      }
    }
    line.endLine()
  }
}
