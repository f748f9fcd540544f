// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore
import ImgtoolRuntime

struct Operations: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the operations plugged in, with their parameters and prices.",
    discussion: """
      Example: imgtool operations --json
      """)

  @Flag(help: "Print NDJSON: one object per operation.")
  var json = false

  func run() throws {
    for operation in try Backends.catalog().operations {
      json ? printJSON(operation) : printText(operation)
    }
  }

  private func printText(_ operation: any ImageOperation) {
    Console.say("\(operation.name)  \(operation.price) per image\n    \(operation.summary)")
    for spec in operation.parameters {
      var text = "    " + RecordTable.pad(spec.name, 14) + spec.summary + " (\(spec.expected)"
      if spec.isRequired { text += "; required" }
      if let fallback = spec.fallback { text += "; default \(fallback)" }
      Console.say(text + ")")
    }
  }

  private func printJSON(_ operation: any ImageOperation) {
    var line = JSONLine()
    line.object { line in
      line.field("schemaVersion", 1)
      line.field("name", operation.name.description)
      line.field("summary", operation.summary)
      line.field("price", operation.price.decimal)
      line.array("parameters", operation.parameters) { line, spec in
        line.object { line in
          line.field("name", spec.name)
          line.field("summary", spec.summary)
          line.field("values", spec.expected)
          line.field("required", spec.isRequired)
          if let fallback = spec.fallback { line.field("default", fallback) }
        }
      }
    }
    line.endLine()
    Console.write(line.bytes)
  }
}
