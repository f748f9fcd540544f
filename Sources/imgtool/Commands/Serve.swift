// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve the Runflow API on this machine: develop and test any Runflow client without spending.",
    discussion: """
      Example: imgtool serve --port 8787 --data runflow-data

      Then RUNFLOW_BASE_URL=http://127.0.0.1:8787 RUNFLOW_API_KEY=rf_live_local imgtool resize --backend runflow … \
      runs against it. The work is done by the embedded operations; the money is play money. Models described in \
      ~/.config/imgtool/models or $RUNFLOW_MODELS are on offer too. It listens on loopback only, keeps every run over a \
      restart, and lets what is under way finish at SIGTERM.
      """)

  @Option(help: ArgumentHelp("The port to listen on; 0 takes a free one.", valueName: "n"))
  var port = 8787

  @Option(help: ArgumentHelp("The folder for runs, files and the balance.", valueName: "folder"))
  var data: String

  @Flag(help: "Let image_url and callbacks lead to private addresses.")
  var allowPrivate = false

  @Flag(help: "Open /_faults, which makes the server misbehave on demand.")
  var faults = false

  @Flag(help: "Give every input back at once instead of doing the work, for load tests.")
  var echo = false

  @OptionGroup(title: "Decoding") var decoding: DecodingOptions

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port goes from 0 to 65535.") }
  }

  func run() async throws {
    try decoding.arrange(isExposed: true)
    try await Backends.serve(
      Backends.serverConfiguration(data: data, port: port, allowsPrivate: allowPrivate, hasFaults: faults),
      isEcho: echo)
  }
}
