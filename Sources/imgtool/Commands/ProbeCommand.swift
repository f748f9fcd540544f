// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolProbe
import ImgtoolRuntime

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Print what the headers of images say, without decoding a pixel.",
    discussion: """
      Example: imgtool probe --recursive --json photos/ > facts.ndjson

      One record for every input, also for a broken one. The exit code is 65 if any failed.
      """)

  @OptionGroup var options: BulkOptions

  func run() throws {
    try BulkReport(options).run { path in
      InputRecord(path: path, facts: Result { () throws(ImgtoolError) in try Probe.facts(ofFile: path) })
    }
  }
}
