// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore

struct SkinFixCommand: OrderCommand {
  static let configuration = CommandConfiguration(
    commandName: "skin-fix",
    abstract: "Retouch the skin of a portrait and nothing else.",
    discussion: """
      Example: imgtool skin-fix --strength 0.4 portrait.jpg

      Geometry, everything that is not skin, the colour profile and the metadata stay. Where no face is found the \
      picture is returned as it is.
      """)

  @Argument(help: ArgumentHelp("The portrait; - is standard input.", valueName: "image"))
  var image: String

  @Option(help: "The backend that does the work.")
  var backend = Backends.standard

  @Option(help: ArgumentHelp("How much to even out, 0 to 1.", valueName: "s"))
  var strength: Double?

  @Option(help: ArgumentHelp("The box of a face in pixels, instead of looking for one.", valueName: "x,y,w,h"))
  var face: String?

  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Policy") var policy: PolicyOptions
  @OptionGroup(title: "Decoding") var decoding: DecodingOptions
  @OptionGroup var job: JobOptions

  func run() async throws {
    guard let name = OperationName(backend: backend, verb: "skin-fix") else {
      throw ValidationError("\(backend) is no name of a backend.")
    }
    var values: [String: String] = [:]
    values["strength"] = strength.map { "\($0)" }
    values["face"] = face
    try await run(name, values, on: image, order: name.verb)
  }
}
