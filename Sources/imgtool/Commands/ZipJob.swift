// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore
import ImgtoolRuntime

extension OrderCommand {
  /// Runs an operation on all pictures of a zip as one order, and prints what came of each.
  ///
  /// - Throws: the error the order ends with.
  func runZip(
    _ operation: any ImageOperation, _ values: [String: String], on input: String, order: String,
    _ policy: InputPolicy, _ catalog: OperationCatalog
  ) async throws {
    guard job.report == nil else { throw ValidationError("--report shows one picture; a zip has several.") }
    let (values, attachments) = Self.split(values, for: operation)
    let parameters = try Parameters(values, attached: Set(attachments.keys), for: operation.parameters)
    let (folder, encoding, keepsFormats) = output.resolved(forZip: input, order: order)
    var single = Plan(
      operation: operation.name, parameters: parameters, input: input, output: folder, encoding: encoding,
      policy: policy, replaces: output.force, timeout: job.timeout.map { .seconds($0) }, maximumCost: job.maxCost,
      conform: job.conform)
    single.attachments = attachments
    let plan = ArchivePlan(single, keepsFormats: keepsFormats)
    let (runner, jobs) = try await makeRunner(for: operation, single, catalog)
    let progress = ProgressLine(isQuiet: job.quiet)
    let isDry = job.dryRun
    let report = try await Interruption.cancelling {
      defer { progress.end() }
      return isDry ? try await runner.preflight(plan) : try await runner.run(plan) { progress.show($0, $1) }
    }
    if let jobs {
      if report.state == .refused {
        let rule = report.pictures.lazy.compactMap { $0.preflight.failures.first?.rule }.first
        try await jobs.noteSaving(report.price, rule: rule ?? "preflight")
      } else if let job = report.pictures.first?.details["job"] {
        try await jobs.finish(job, output: folder, passed: report.state == .done)
      }
    }
    if job.json || !job.quiet { ReportText.show(report, asJSON: job.json) }
    if let error = report.error { throw error }
  }
}

extension Jobs.Resume {
  /// Finishes an order for the pictures of a zip; results that are under their names already stay there.
  ///
  /// - Throws: the error the order ends with.
  func runZip(
    _ record: JobRecord, _ members: [PreparedImage.Member], _ catalog: OperationCatalog, _ journal: Journal
  ) async throws {
    let input = record.notes["input"] ?? "input.zip"
    var options = output
    options.output = output.output ?? record.notes["output"]
    options.format = output.format ?? record.notes["format"].flatMap(ImageFormat.init(rawValue:))
    let (folder, encoding, keepsFormats) = options.resolved(forZip: input, order: record.operation.verb)
    let order = Plan(
      operation: record.operation, parameters: record.parameters, input: input, output: folder, encoding: encoding,
      replaces: output.force)
    let plan = ArchivePlan(order, keepsFormats: keepsFormats)
    let runner = Runner(catalog: catalog, pool: Backends.pool, skin: Backends.skinFinder)
    try runner.demandRoom(for: plan, members: members)
    let progress = ProgressLine(isQuiet: json)
    let (conductor, patience) = (try makeConductor(journal), timeout.map { Duration.seconds($0) })
    let sendsAgain = sendAgain
    let report = try await Interruption.cancelling {
      defer { progress.end() }
      let outcome = try await conductor.resume(
        record.id, in: catalog, patience: patience, sendsAgain: sendsAgain, progress: { progress.show($0, $1) })
      return try await runner.conclude(outcome, of: plan, members: members)
    }
    try await journal.finish(record.id, output: folder, passed: report.state == .done)
    ReportText.show(report, asJSON: json)
    if let error = report.error { throw error }
  }
}
