// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolRuntime

struct Webhook: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Receive the callbacks of a service while developing.",
    discussion: """
      Example: imgtool webhook listen --port 9000
      """,
    subcommands: [Listen.self])

  struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print each callback once, verified; hand it to a command.",
      discussion: """
        Example: imgtool webhook listen --port 9000 --forward 'jq .status'

        Secrets come from RUNFLOW_CALLBACK_SECRETS (several, separated by commas, while one replaces another) or from \
        callback_secrets in ~/.config/imgtool/runflow.json. With a secret, a callback that is not signed with it is \
        answered 401 and not printed; without one, callbacks are printed as "unsigned": believe nothing they say.

        The command gets the callback's bytes on its standard input and RUNFLOW_EVENT, RUNFLOW_ID, RUNFLOW_STATUS in \
        its environment, and neither key nor secrets. Where it fails, the callback is answered 503 and comes again.
        """)

    @Option(help: ArgumentHelp("The port to listen on; 0 takes a free one.", valueName: "n"))
    var port = 9000

    @Option(help: ArgumentHelp("The path callbacks are posted to.", valueName: "path"))
    var path = "/callbacks/runflow"

    @Option(help: ArgumentHelp("A shell command that is given each callback.", valueName: "command"))
    var forward: String?

    @Flag(help: "Print one JSON object for each callback.")
    var json = false

    func validate() throws {
      guard (0...65_535).contains(port) else { throw ValidationError("--port goes from 0 to 65535.") }
      guard path.hasPrefix("/"), !path.contains(where: { ":{}*?# ".contains($0) }) else {
        throw ValidationError("--path is a plain path that begins with a slash.")
      }
    }

    func run() async throws {
      let desk = WebhookDesk(command: forward, isJSON: json)
      try await Backends.listen(port: port, path: path) { try await desk.take($0, $1) }
    }
  }
}
