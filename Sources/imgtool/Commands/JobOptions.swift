// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore
import ImgtoolRuntime

/// How an order is placed, paid for and reported.
struct JobOptions: ParsableArguments {
  @Flag(
    name: [.customLong("dry-run"), .customShort("n")], help: "Print the plan, the frame, the price; write nothing.")
  var dryRun = false

  @Option(help: ArgumentHelp("Refuse to pay more than this.", valueName: "amount"))
  var maxCost: Money?

  @Option(help: ArgumentHelp("Refuse to pay more than this a day, over all jobs of the journal.", valueName: "amount"))
  var budgetPerDay: Money?

  @Option(help: "Where the answer to a paid request was lost and the service knows nothing of it: resubmit, hold.")
  var onUnknown: ConductorOptions.Unknown = .resubmit

  @Flag(help: "Pay again for an order whose result is in the journal already.")
  var again = false

  @Option(help: ArgumentHelp("The folder where paid jobs are kept.", valueName: "folder"))
  var journal: String?

  @Option(help: ArgumentHelp("Stop after so many seconds.", valueName: "s"))
  var timeout: Double?

  @Option(help: "Bring a passing result to the exact target: exact trims evenly, fit pads.")
  var conform: ConformPlan.Mode?

  @Option(help: ArgumentHelp("Write a page to look at: before and after, findings, money.", valueName: "file.html"))
  var report: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if let timeout, !(timeout > 0 && timeout <= 86_400) { throw ValidationError("--timeout goes up to 86400 seconds.") }
  }
}
