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
    @Flag(help: "Print one JSON object for each job.") var json = false

    func run() async throws {
      for job in try await place.open().jobs() {
        Console.write(json ? try Jobs.line(of: job.withoutBody) : Array((Jobs.row(of: job) + "\n").utf8))
      }
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
      Console.write(Array(try encoder.encode(record.withoutBody)) + [10])
    }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Finish a job that was interrupted, without paying again.",
      discussion: """
        Example: imgtool jobs resume 6f1c -o photo-21x9-4K.png

        A run that was made is never paid again. A request of which no run can be found is sent once more, as it was \
        ordered; a job that is held is not, unless --send-again says so.
        """)

    @Argument(help: "The id of the job, or its beginning.") var job: String
    @OptionGroup(title: "Output") var output: OutputOptions
    @Flag(help: "Send the request once more if the service knows nothing of it.") var sendAgain = false
    @Option(help: ArgumentHelp("Refuse to pay more than this a day, should it be sent once more.", valueName: "amount"))
    var budgetPerDay: Money?
    @Option(help: ArgumentHelp("Stop waiting after so many seconds; the run goes on.", valueName: "s"))
    var timeout: Double?
    @Flag(help: "Print one JSON object.") var json = false
    @OptionGroup var place: Place
    @OptionGroup(title: "Decoding") var decoding: DecodingOptions

    func validate() throws {
      if let timeout, !(timeout > 0 && timeout <= 86_400) {
        throw ValidationError("--timeout goes up to 86400 seconds.")
      }
    }

    func run() async throws {
      let journal = try await place.open()
      let record = try await journal.job(job)
      // What comes back comes from the network.
      try decoding.arrange(isExposed: true)
      let catalog = try Backends.catalog()
      _ = try Backends.operation(named: record.operation, in: catalog)
      guard let facts = record.inputFacts else {
        throw ImgtoolError(.usage, "Nothing was sent for the job \(record.id): give the order again.")
      }
      if let members = record.members { return try await runZip(record, members, catalog, journal) }
      let input = record.notes["input"] ?? "input"
      var options = output
      options.output = output.output ?? record.notes["output"]
      let (path, encoding) = try options.resolved(for: input, format: facts.format, order: record.operation.verb)
      let pipes = try Pipes(input: "", output: output.output, isJSON: json, most: ByteCount(0))
      var plan = Plan(
        operation: record.operation, parameters: record.parameters, input: input, output: pipes.output ?? path,
        encoding: encoding, replaces: output.force)
      plan.keptAs = path
      // A name that cannot be written is found before anything is waited for.
      _ = try AtomicFile(plan.output, replaces: output.force)
      let conductor = try makeConductor(journal)
      let (id, sendsAgain, patience) = (record.id, sendAgain, timeout.map { Duration.seconds($0) })
      let progress = ProgressLine(isQuiet: json)
      defer { progress.end() }
      let order = plan
      let report = try await Interruption.cancelling {
        let outcome = try await conductor.resume(
          id, in: catalog, patience: patience, sendsAgain: sendsAgain, progress: { progress.show($0, $1) })
        return try await Runner(catalog: catalog, pool: Backends.pool, skin: Backends.skinFinder)
          .conclude(outcome, of: order, input: facts)
      }
      progress.end()
      let told = report.piped(pipes.output)
      try await journal.finish(record.id, output: told.outputs.first?.path, passed: report.state == .done)
      ReportText.show(told, asJSON: json, beside: pipes.output != nil)
      if report.state == .done { try pipes.send() }
      if let error = report.error { throw error }
    }

    func makeConductor(_ journal: Journal) throws -> JobConductor {
      var rules = ConductorOptions()
      rules.dailyBudget = budgetPerDay
      return try Backends.conductor(rules, journal: journal)
    }
  }

  struct Abandon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a job up; its charge stays as it is.", discussion: "Example: imgtool jobs abandon 6f1c")

    @Argument(help: "The id of the job, or its beginning.") var job: String
    @OptionGroup var place: Place
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
      let record = try await place.open().abandon(job)
      Console.write(json ? try Jobs.line(of: record.withoutBody) : Array((Jobs.row(of: record) + "\n").utf8))
    }
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
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
      let costs = try await place.open().costs(days: days)
      guard !json else { return Console.write(try Jobs.line(of: costs)) }
      Console.say(
        "\(costs.jobs) jobs: \(costs.spent) spent (\(costs.onFailedResults) of it on results that failed, "
          + "\(costs.onDuplicates) on duplicates), \(costs.open) open, \(costs.saved) saved by preflight")
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
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
      let recovery = try await Backends.recover(place.journal)
      guard !json else { return Console.write(try Jobs.line(of: recovery)) }
      var text = "\(recovery.kept) jobs kept, \(recovery.lost) lost"
      if !recovery.unreadable.isEmpty { text += ", unreadable: \(recovery.unreadable.joined(separator: ", "))" }
      if !recovery.folders.isEmpty { text += "; the old files are in \(recovery.folders.joined(separator: ", "))" }
      Console.say(text.escaped)
    }
  }

  private static func line(of value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value)) + [10]
  }

  private static func row(of job: JobRecord) -> String {
    var text = RecordTable.pad(String(job.id.prefix(8)), 10) + RecordTable.pad(job.phase.rawValue, 11)
    text += RecordTable.pad(job.operation.description, 22) + RecordTable.pad(job.charge.description, 8)
    text += job.output ?? job.notes["input"] ?? ""
    if let reason = job.state.reason { text += "  " + reason }
    return text.escaped
  }
}
