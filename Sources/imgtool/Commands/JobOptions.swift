// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime

/// What every command that runs an operation shares.
struct JobOptions: ParsableArguments {
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Policy") var policy: PolicyOptions

  @Flag(
    name: [.customLong("dry-run"), .customShort("n")], help: "Print the plan, the frame, the price; write nothing.")
  var dryRun = false

  @Option(help: ArgumentHelp("Refuse to pay more than this.", valueName: "amount"))
  var maxCost: Money?

  @Option(help: ArgumentHelp("Stop after so many seconds.", valueName: "s"))
  var timeout: Double?

  @Option(help: "Bring a passing result to the exact target: exact trims evenly, fit pads.")
  var conform: ConformPlan.Mode?

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if let timeout, !(timeout > 0 && timeout <= 86_400) { throw ValidationError("--timeout goes up to 86400 seconds.") }
  }

  /// Runs an operation on one input and prints what came of it.
  ///
  /// - Parameter order: what was ordered in a few words, for the name of the output.
  /// - Throws: the error the job ends with.
  func run(_ name: OperationName, _ values: [String: String], on input: String, order: String) async throws {
    let catalog = try Backends.catalog()
    let operation = try catalog.operation(named: name)
    let parameters = try Parameters(values, for: operation.parameters)
    let facts = try Arguments.facts(of: input)
    let (path, encoding) = try output.resolved(for: input, format: facts.format, order: order)
    let plan = Plan(
      operation: name, parameters: parameters, input: input, output: path, encoding: encoding,
      policy: try policy.policy(orNamed: "permissive"), replaces: output.force,
      timeout: timeout.map { .seconds($0) }, maximumCost: maxCost, conform: conform)
    let runner = Runner(catalog: catalog, pool: Backends.pool, observed: Backends.observedSizes())
    let report: JobReport
    if dryRun {
      report = try runner.preflight(plan)
    } else {
      let progress = ProgressLine(isQuiet: quiet)
      defer { progress.end() }
      report = try await Interruption.cancelling {
        try await runner.run(plan) { progress.show($0, $1) }
      }
    }
    show(report)
    if let error = report.error { throw error }
  }

  private func show(_ report: JobReport) {
    if json {
      var line = JSONLine()
      report.write(to: &line)
      Console.write(line.bytes)
    } else if !quiet {
      Console.write(Array(ReportText.text(of: report).utf8))
    }
  }
}
