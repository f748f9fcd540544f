// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime
import RunflowBackend

/// Gives orders: one picture each, all of them over one journal and one network, as a service would.
struct Desk: Sendable {
  private let folder: String
  private let isChecked: Bool
  private let operation: any ImageOperation
  private let journal: Journal
  private let conductor: JobConductor
  private let runner: Runner

  /// - Parameter pictures: how many orders there will be at most.
  init(folder: String, base: String, isChecked: Bool, largestInline: ByteCount, pictures: Int) async throws {
    (self.folder, self.isChecked) = (folder, isChecked)
    let configuration = try RunflowConfiguration(
      base: base, key: Secret("rf_live_bench"), largestInline: largestInline)
    let catalog = try OperationCatalog(try RunflowBackend.operations(configuration))
    operation = try catalog.operation(named: "runflow.skin-fix")
    journal = try await Journal.open(JournalFolder(folder + "/journal"), timekeeper: .system())
    conductor = JobConductor(journal: journal, transport: HTTPTransport(allowsLoopback: true), timekeeper: .system())
    runner = Runner(catalog: catalog, pool: SharedPool(), conductor: conductor)
    for number in 0..<pictures {
      try Data(Pattern.png(number)).write(to: URL(fileURLWithPath: input(number)))
      try FileManager.default.createDirectory(atPath: scratch(number), withIntermediateDirectories: false)
    }
  }

  /// Gives one order and waits for its result.
  ///
  /// - Parameter tally: told once the run is in flight, and in any case.
  /// - Returns: "done", or what came of it.
  func order(_ number: Int, _ tally: Tally) async -> String {
    defer { tally.note(number) }
    do {
      return try await isChecked ? checked(number, tally) : alone(number, tally)
    } catch {
      return "error: \(error)"
    }
  }

  /// The client alone: nothing is decoded.
  private func alone(_ number: Int, _ tally: Tally) async throws -> String {
    let facts = try Probe.facts(ofFile: input(number))
    let outcome = try await operation.perform(
      PreparedImage(bytes: .file(path: input(number)), facts: facts, isOriginal: true),
      try Parameters([:], for: operation.parameters),
      in: OperationContext(
        encoding: EncodeOptions(format: .png), scratch: scratch(number),
        progress: { if $1 == "submitted" { tally.note(number) } }, conductor: conductor))
    guard case .file(let path) = outcome.images.first?.bytes else { return "without a result" }
    try await journal.finish(outcome.details["job"] ?? "", output: path, passed: true)
    return outcome.findings.isEmpty ? "done" : "\(outcome.findings)"
  }

  private func checked(_ number: Int, _ tally: Tally) async throws -> String {
    let plan = Plan(
      operation: operation.name, parameters: try Parameters([:], for: operation.parameters), input: input(number),
      output: scratch(number) + "/out.png", encoding: EncodeOptions(format: .png))
    let report = try await runner.run(plan) { if $1 == "submitted" { tally.note(number) } }
    if let job = report.details["job"] {
      try await journal.finish(job, output: plan.output, passed: report.state == .done)
    }
    let findings = report.preflight + report.outputs.flatMap(\.findings)
    return report.state == .done ? "done" : "\(report.state): \(findings.failures)"
  }

  /// Whether the result of an order is there, and of the client alone, that it is what was sent: the server gives it back.
  func isWhole(_ number: Int) -> Bool {
    // What cannot be listed is not there.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: scratch(number))) ?? []
    guard let name = names.first, names.count == 1 else { return false }
    return isChecked
      || FileManager.default.contents(atPath: "\(scratch(number))/\(name)")
        == FileManager.default.contents(atPath: input(number))
  }

  private func input(_ number: Int) -> String { "\(folder)/\(number).png" }
  private func scratch(_ number: Int) -> String { "\(folder)/\(number)" }
}
