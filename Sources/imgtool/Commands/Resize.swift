// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore

struct Resize: OrderCommand {
  static let configuration = CommandConfiguration(
    abstract: "Recompose a picture to another aspect ratio and resolution: nothing cropped, nothing stretched.",
    discussion: """
      Example: imgtool resize --ratio 21:9 --res 4K photo.jpg

      The whole picture is scaled by one factor into the frame; what is new around it is made by the backend. The \
      result is checked before it gets its name; one that fails the checks is kept as NAME.rejected.EXT.
      """)

  @Argument(
    help: ArgumentHelp(
      "The picture, - for standard input; for --backend runflow also an https address or a zip of pictures.",
      valueName: "image"))
  var image: String

  @OptionGroup(title: "Frame") var frame: FrameOptions

  @Option(help: "The backend that does the work.")
  var backend = Backends.standard

  @Option(help: "Where the picture goes in the frame: \(Gravity.allCases.map(\.rawValue).joined(separator: ", ")).")
  var gravity: Gravity?

  @Option(
    help: ArgumentHelp("What fills the margins: synthesize, mirror, blur, edge, color=#rrggbb.", valueName: "fill"))
  var fill: String?

  @Option(
    help: ArgumentHelp(
      "Where a side is hard to continue: soft blurs it, keep reports it, fail stops.", valueName: "what"))
  var onRisk: String?

  @Option(help: ArgumentHelp("Another layout where several are as good.", valueName: "n"))
  var seed: Int?

  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Policy") var policy: PolicyOptions
  @OptionGroup(title: "Decoding") var decoding: DecodingOptions
  @OptionGroup var job: JobOptions

  func run() async throws {
    guard let name = OperationName(backend: backend, verb: "smart-resize") else {
      throw ValidationError("\(backend) is no name of a backend.")
    }
    let request = try frame.required()
    var values: [String: String] = [:]
    switch request {
    case .tier(let ratio, let tier): (values["aspect_ratio"], values["resolution"]) = (ratio.spelling, tier.rawValue)
    case .exactly(let size): values["size"] = "\(size.width)x\(size.height)"
    }
    values["gravity"] = gravity?.rawValue
    values["fill"] = fill
    values["on_risk"] = onRisk
    values["seed"] = seed.map { "\($0)" }
    try await run(name, values, on: image, order: request.description)
  }
}
