// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time an operation over images: throughput, percentiles of each step, memory, money, verdicts.",
    discussion: """
      Example: imgtool bench local.smart-resize photos/*.jpg --param aspect_ratio=16:9 --param resolution=1K --repeat 5

      Results are checked like any other and then removed. An operation that costs money needs --max-cost for the \
      whole bench and RUNFLOW_BASE_URL set, for example to an imgtool serve --echo.
      """)

  @Argument(help: ArgumentHelp("The operation, as backend.verb.", valueName: "operation"))
  var operation: OperationName

  @Argument(help: ArgumentHelp("The pictures.", valueName: "image"))
  var images: [String]

  @Option(name: .customLong("param"), help: ArgumentHelp("A parameter; give one option for each.", valueName: "k=v"))
  var parameters: [String] = []

  @Option(help: ArgumentHelp("Runs at once.", valueName: "n"))
  var concurrency = 1

  @Option(name: .customLong("repeat"), help: ArgumentHelp("Runs of each picture.", valueName: "n"))
  var repeats = 1

  @Option(help: ArgumentHelp("The format results are encoded in.", valueName: "name"))
  var format: ImageFormat = .jpeg

  @Option(help: ArgumentHelp("What the whole bench may cost.", valueName: "amount"))
  var maxCost = Money.zero

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(name: .shortAndLong, help: "Show no progress.")
  var quiet = false

  func validate() throws {
    guard !images.isEmpty else { throw ValidationError("Name at least one picture.") }
    guard (1...4096).contains(concurrency) else { throw ValidationError("--concurrency goes from 1 to 4096.") }
    guard (1...1_000_000).contains(repeats) else { throw ValidationError("--repeat goes from 1 to 1000000.") }
  }

  func run() async throws {
    var pool = VipsPool.Limits()
    pool.queue = max(pool.queue, concurrency)
    Backends.arrange(pool)
    let catalog = try Backends.catalog()
    let operation = try Backends.operation(named: operation, in: catalog)
    let values = try Parameters(try RunOperation.values(of: parameters), for: operation.parameters)
    let total = Money(microdollars: operation.price.microdollars * images.count * repeats)
    guard total <= maxCost else {
      throw ImgtoolError(.budget, "The bench would cost \(total); --max-cost allows \(maxCost).")
    }
    let scratch = try Scratch()
    let encoding = EncodeOptions(format: format)
    try encoding.validate()
    let plans = images.enumerated().map { index, image in
      Plan(
        operation: operation.name, parameters: values, input: image,
        output: "\(scratch.path)/\(index).\(format.extensions[0])", encoding: encoding, replaces: true)
    }
    let conductor: @Sendable (Int) throws -> JobConductor? =
      operation is any RemoteOperation ? try await Backends.benchConductors(in: scratch.path) : { _ in nil }
    let bench = OperationBench(plans: plans, repeats: repeats, concurrency: concurrency) { run in
      Runner(
        catalog: catalog, pool: Backends.pool, conductor: try conductor(run), skin: Backends.skinFinder)
    }
    let progress = ProgressLine(isQuiet: quiet)
    let all = plans.count * repeats
    let summary = try await Interruption.cancelling {
      try await bench.run { progress.show(Double($0) / Double(all), "\($0) of \(all)") }
    }
    progress.end()
    show(summary)
    if summary.verdicts["done"] != summary.runs {
      throw ImgtoolError(.postflight, "Not every run was done: see the verdicts.")
    }
  }

  private func show(_ summary: OperationBench.Summary) {
    guard !json else {
      var line = JSONLine()
      summary.write(to: &line, operation: operation)
      Console.write(line.bytes)
      return
    }
    let seconds = summary.elapsed / .seconds(1)
    Console.say("\(operation)  \(summary.runs) runs in \(Self.rounded(seconds)) s")
    let (runs, processor) = (Double(summary.runs), summary.processorTime / .milliseconds(1))
    Console.say(
      "  \(Self.rounded(runs / max(seconds, 1e-9))) runs/s, \(Self.rounded(processor / max(runs, 1))) ms of processor a run, "
        + "peak \(summary.peakMemory) (grew \(summary.memoryGrowth)), spent \(summary.cost)")
    let verdicts = summary.verdicts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    Console.say("  " + verdicts.joined(separator: ", "))
    Console.say(
      "  " + RecordTable.pad("ms", 12) + ["p50", "p95", "p99"].map { RecordTable.pad($0, 10, right: true) }.joined())
    for (step, durations) in summary.steps {
      let columns = [0.5, 0.95, 0.99].map { share in
        let time = OperationBench.Summary.percentile(share, of: durations) / .milliseconds(1)
        return RecordTable.pad("\(Self.rounded(time))", 10, right: true)
      }
      Console.say("  " + RecordTable.pad(step, 12) + columns.joined())
    }
  }

  private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
