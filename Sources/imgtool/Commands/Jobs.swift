// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolRuntime

struct Jobs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look after paid jobs: list, show, resume after a crash, abandon, export, costs, recover.",
    discussion: """
      Example: imgtool jobs list
      """,
    subcommands: [List.self, Show.self, Resume.self, Abandon.self, Export.self, Costs.self, Recover.self])

  struct Place: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the journal.", valueName: "folder"))
    var journal: String?

    func open() async throws -> Journal { try await Backends.journal(journal) }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List paid jobs, newest first.", discussion: "Example: imgtool jobs list")

    @OptionGroup var place: Place

    func run() async throws {
      for job in try await place.open().jobs() { Console.say(Jobs.row(of: job)) }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show one job as JSON.", discussion: "Example: imgtool jobs show 6f1c")

    @Argument(help: "The id of the job, or its beginning.") var job: String
    @OptionGroup var place: Place

    func run() async throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let record = try await place.open().job(job)
      Console.write(Array(try encoder.encode(record)) + [10])
    }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Finish a job that was interrupted, without paying again.",
      discussion: "Example: imgtool jobs resume 6f1c -o photo-21x9-4K.png")

    @Argument(help: "The id of the job, or its beginning.") var job: String
    @Option(
      name: .shortAndLong,
      help: ArgumentHelp("The file to write; by default the one first asked for.", valueName: "file"))
    var output: String?
    @Flag(name: .shortAndLong, help: "Replace the output if it exists.") var force = false
    @Flag(help: "Send the request once more if the service knows nothing of it.") var sendAgain = false
    @OptionGroup var place: Place

    func run() async throws {
      let journal = try await place.open()
      let record = try await journal.job(job)
      guard let path = output ?? record.notes["output"] else {
        throw ImgtoolError(.usage, "The job does not say where its result goes: give -o.")
      }
      let file = try AtomicFile(path, replaces: force)
      let (catalog, conductor) = (try Backends.catalog(), try Backends.conductor(ConductorOptions(), journal: journal))
      let (id, sendsAgain) = (record.id, sendAgain)
      let outcome = try await Interruption.cancelling {
        try await conductor.resume(id, in: catalog, sendsAgain: sendsAgain)
      }
      guard case .file(let result)? = outcome.images.first?.bytes else {
        throw ImgtoolError(.backend, "The job \(record.id) has no result.")
      }
      let operation = try catalog.operation(named: record.operation)
      var findings: [Finding] = []
      if let facts = record.inputFacts {
        let contract = try operation.contract(for: facts, record.parameters)
        findings = try await Verifier(pool: Backends.pool)
          .verify(result, name: nil, against: contract.expects, input: facts).findings
      }
      for finding in findings { Console.note("    " + RecordTable.row(of: finding)) }
      guard findings.failures.isEmpty else {
        try await journal.finish(record.id, output: nil, passed: false)
        throw ImgtoolError(.postflight, "\(result) is not what was ordered; it is kept in the journal.")
      }
      try file.copy(from: result)
      try file.commit()
      try await journal.finish(record.id, output: path, passed: true)
      Console.say("wrote \(path.escaped), spent \(outcome.cost)")
    }
  }

  struct Abandon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a job up; its charge stays as it is.", discussion: "Example: imgtool jobs abandon 6f1c")

    @Argument(help: "The id of the job, or its beginning.") var job: String
    @OptionGroup var place: Place

    func run() async throws { Console.say(Jobs.row(of: try await place.open().abandon(job))) }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print all jobs as one JSON array.", discussion: "Example: imgtool jobs export > jobs.json")

    @OptionGroup var place: Place

    func run() async throws { Console.write(try await place.open().export() + [10]) }
  }

  struct Costs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what was spent, what preflight saved, and what was spent on failed results.",
      discussion: "Example: imgtool jobs costs --days 30")

    @Option(help: ArgumentHelp("Only so many days up to today.", valueName: "n")) var days: Int?
    @OptionGroup var place: Place

    func run() async throws {
      let costs = try await place.open().costs(days: days)
      Console.say(
        "\(costs.jobs) jobs: \(costs.spent) spent, \(costs.open) open, \(costs.saved) saved by preflight, "
          + "\(costs.onFailedResults) of it on results that failed, \(costs.onDuplicates) on duplicates")
    }
  }

  struct Recover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Begin a damaged or lost journal anew with every job that can still be read.",
      discussion: """
        Example: imgtool jobs recover

        The damaged files are kept. An order whose job could not be read would be paid again; its run can still be \
        found at the service.
        """)

    @OptionGroup var place: Place

    func run() async throws {
      let recovery = try await Backends.recover(place.journal)
      var text = "\(recovery.kept) jobs kept, \(recovery.lost) lost"
      if !recovery.unreadable.isEmpty { text += ", unreadable: \(recovery.unreadable.joined(separator: ", "))" }
      if !recovery.folders.isEmpty { text += "; the old files are in \(recovery.folders.joined(separator: ", "))" }
      Console.say(text.escaped)
    }
  }

  private static func row(of job: JobRecord) -> String {
    var text = RecordTable.pad(String(job.id.prefix(8)), 10) + RecordTable.pad(job.phase.rawValue, 11)
    text += RecordTable.pad(job.operation.description, 22) + RecordTable.pad(job.charge.description, 8)
    text += job.output ?? job.notes["input"] ?? ""
    if let reason = job.state.reason { text += "  " + reason }
    return text.escaped
  }
}
