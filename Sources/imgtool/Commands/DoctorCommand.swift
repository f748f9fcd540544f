// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolRuntime

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check this machine: libraries, formats, allocator, writable folders.",
    discussion: """
      Example: imgtool doctor
      """)

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let findings =
      Doctor(pool: Backends.pool, environment: ProcessInfo.processInfo.environment).examine() + Backends.examine()
    if json {
      var line = JSONLine()
      line.object { line in
        line.field("schemaVersion", 1)
        line.field("version", Version.current)
        line.field("ok", findings.failures.isEmpty)
        line.array("findings", findings) { $1.write(to: &$0) }
      }
      line.endLine()
      Console.write(line.bytes)
    } else {
      Console.say("imgtool \(Version.current)")
      for finding in findings { Console.say(RecordTable.row(of: finding)) }
    }
    if let failure = findings.failures.first { throw ImgtoolError(.unsupported, failure.message) }
  }
}
