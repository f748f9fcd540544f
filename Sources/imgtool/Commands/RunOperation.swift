// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore

struct RunOperation: OrderCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run any operation by name.",
    discussion: """
      Example: imgtool run local.smart-resize photo.jpg --param aspect_ratio=1:1 --param resolution=1K
      Example: imgtool run runflow.object-removal photo.jpg --param mask_url=@mask.png

      imgtool operations lists the names and their parameters. A picture that goes along, such as a mask, is given as \
      @ and a file.
      """)

  @Argument(help: ArgumentHelp("The operation, as backend.verb.", valueName: "operation"))
  var operation: OperationName

  @Argument(help: ArgumentHelp("The picture; - is standard input.", valueName: "image"))
  var image: String

  @Option(
    name: .customLong("param"),
    help: ArgumentHelp("A parameter; give one option for each. A picture is @ and its file.", valueName: "k=v"))
  var parameters: [String] = []

  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Policy") var policy: PolicyOptions
  @OptionGroup(title: "Decoding") var decoding: DecodingOptions
  @OptionGroup var job: JobOptions

  func run() async throws {
    try await run(operation, try Self.values(of: parameters), on: image, order: operation.verb)
  }

  /// The values of `name=value` texts, each name once.
  static func values(of parameters: [String]) throws -> [String: String] {
    var values: [String: String] = [:]
    for parameter in parameters {
      let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, values.updateValue(parts[1], forKey: parts[0]) == nil else {
        throw ValidationError("\(parameter) is no parameter: write name=value, each name once.")
      }
    }
    return values
  }
}
