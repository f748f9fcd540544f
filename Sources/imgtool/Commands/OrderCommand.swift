// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime

/// A command that has an operation done on one input, or on the pictures of a zip.
///
/// The groups stand beside each other: each level of groups within groups makes parsing several times as long where
/// assertions are on.
protocol OrderCommand: AsyncParsableCommand {
  var output: OutputOptions { get }
  var policy: PolicyOptions { get }
  var decoding: DecodingOptions { get }
  var job: JobOptions { get }
}

extension OrderCommand {
  /// Runs an operation on one input and prints what came of it.
  ///
  /// - Parameter order: what was ordered in a few words, for the name of the output.
  /// - Throws: the error the job ends with.
  func run(_ name: OperationName, _ values: [String: String], on input: String, order: String) async throws {
    var policy = try policy.policy(orNamed: "permissive")
    // What a remote operation returns comes from the network.
    try decoding.arrange(isExposed: name.backend != Backends.standard, policy: policy)
    policy.decoding = Backends.pool.decoding
    let catalog = try Backends.catalog()
    let operation = try Backends.operation(named: name, in: catalog)
    guard input != Pipes.name || output.output != nil else {
      throw ImgtoolError(.usage, "What comes on standard input has no name to go by: give -o a file, or - as well.")
    }
    let pipes = try Pipes(
      input: input, output: job.dryRun ? nil : output.output, isJSON: job.json,
      most: Backends.pool.decoding.maximumBytes)
    guard job.report == nil || !pipes.isUsed else {
      throw ImgtoolError(.usage, "--report shows files: give the picture and the result names.")
    }
    if PictureArchive.isArchive(pipes.input) {
      guard !pipes.isUsed, output.output != Pipes.name else {
        throw ImgtoolError(.usage, "A zip is read from a file, and its results are written into a folder.")
      }
      return try await runZip(operation, values, on: input, order: order, policy, catalog)
    }
    var (values, attachments) = Self.split(values, for: operation)
    var known: ImageFacts?
    if let address = WebAddress(input) {
      known = try await Backends.facts(of: address, for: operation)
      values["image_url"] = address.absolute
    }
    let parameters = try Parameters(values, attached: Set(attachments.keys), for: operation.parameters)
    let facts = try known ?? Arguments.facts(of: pipes.input, named: input)
    let named = input == Pipes.name ? "picture" : WebAddress(input).map(Self.fileName) ?? input
    let (path, encoding) = try output.resolved(for: named, format: facts.format, order: order)
    var plan = Plan(
      operation: name, parameters: parameters, input: pipes.input, output: pipes.output ?? path, encoding: encoding,
      policy: policy, replaces: output.force, timeout: job.timeout.map { .seconds($0) }, maximumCost: job.maxCost,
      conform: job.conform, knownFacts: known)
    plan.attachments = attachments
    (plan.name, plan.keptAs) = (input, path)
    let page = try job.report.map { (path) throws(ImgtoolError) in try PageFile(path, replaces: output.force) }
    let (runner, jobs) = try await makeRunner(for: operation, plan, catalog)
    let report: JobReport
    if job.dryRun {
      report = try runner.preflight(plan)
    } else {
      let progress = ProgressLine(isQuiet: job.quiet)
      defer { progress.end() }
      let plan = plan
      report = try await Interruption.cancelling {
        try await runner.run(plan) { progress.show($0, $1) }
      }
    }
    let told = report.piped(pipes.output)
    try await note(told, in: jobs)
    if let page { try page.write(try await ReportPage(pool: Backends.pool).html(of: report)) }
    if job.json || !job.quiet { ReportText.show(told, asJSON: job.json, beside: pipes.output != nil) }
    if report.state == .done { try pipes.send() }
    if let error = report.error { throw error }
  }

  /// The values, and the files among them: "@" and a path, for parameters that take pictures.
  static func split(_ values: [String: String], for operation: any ImageOperation) -> (
    values: [String: String], attachments: [String: String]
  ) {
    let names = Set(operation.parameters.filter { $0.kind == .picture }.map(\.name))
    let files = values.filter { names.contains($0.key) && $0.value.hasPrefix("@") }
    return (values.filter { files[$0.key] == nil }, files.mapValues { String($0.dropFirst()) })
  }

  /// What runs the plan, and the journal where it is paid for.
  func makeRunner(for operation: any ImageOperation, _ plan: Plan, _ catalog: OperationCatalog) async throws -> (
    Runner, Journal?
  ) {
    // Only what is paid for needs a journal.
    let jobs = operation is any RemoteOperation && !job.dryRun ? try await Backends.journal(job.journal) : nil
    let conductor = try jobs.map { jobs throws(ImgtoolError) in
      try Backends.conductor(options(for: plan), journal: jobs)
    }
    let runner = Runner(
      catalog: catalog, pool: Backends.pool, observed: Backends.observedSizes(), conductor: conductor,
      skin: Backends.skinFinder)
    return (runner, jobs)
  }

  /// The last part of an address as a file name: letters, digits, ".", "-" and "_" alone.
  private static func fileName(_ address: WebAddress) -> String {
    let last = address.path.prefix { $0 != "?" }.split(separator: "/").last ?? ""
    let name = last.filter { ($0.isASCII && ($0.isLetter || $0.isNumber)) || "._-".contains($0) }.drop { $0 == "." }
    return name.isEmpty ? "image" : String(name)
  }

  private func options(for plan: Plan) -> ConductorOptions {
    var options = ConductorOptions()
    (options.maximumCost, options.dailyBudget) = (job.maxCost, job.budgetPerDay)
    (options.unknown, options.again) = (job.onUnknown, job.again)
    options.notes = ["input": plan.name ?? plan.input, "output": plan.keptAs ?? plan.output]
    options.notes["format"] = output.format?.rawValue
    return options
  }

  /// Tells the journal how a job ended, or what preflight saved.
  private func note(_ report: JobReport, in journal: Journal?) async throws {
    guard let journal else { return }
    if report.state == .refused {
      try await journal.noteSaving(report.price, rule: report.preflight.failures.first?.rule ?? "preflight")
    } else if let job = report.details["job"] {
      try await journal.finish(job, output: report.outputs.first?.path, passed: report.state == .done)
    }
  }
}
