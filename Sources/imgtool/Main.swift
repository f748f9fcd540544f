// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolPixels

@main
struct Main {
  static func main() async {
    // A decoder of this program: it never returns from here.
    DecodeWorker.runIfAsked()
    Memory.limitHeaps()
    Interruption.install()
    do {
      var command = try Imgtool.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      leave(with: error)
    }
  }

  /// Prints one line and exits with the code of the error's kind; help and the like are ArgumentParser's.
  private static func leave(with error: any Error) -> Never {
    switch error {
    case let error as ImgtoolError:
      Console.complain(error.description)
      exit(error.kind.exitCode)
    case is CancellationError:
      Console.complain("Stopped.")
      exit(ImgtoolError.Kind.cancelled.exitCode)
    case is ExitCode, is CleanExit:
      Imgtool.exit(withError: error)
    default:
      let code = Imgtool.exitCode(for: error)
      // Help that was asked for arrives as an error, too.
      if code.isSuccess { Imgtool.exit(withError: error) }
      Console.complain(sentence(Imgtool.message(for: error)))
      exit(code == .validationFailure ? ImgtoolError.Kind.usage.exitCode : ImgtoolError.Kind.fault.exitCode)
    }
  }

  /// ArgumentParser's words, which may be a list over several lines, as one sentence on one line.
  private static func sentence(_ message: String) -> String {
    var text = ""
    for line in message.split(whereSeparator: \.isNewline).map({ $0.trimmingCharacters(in: .whitespaces) }) {
      if line.hasPrefix("- ") {
        text += (text.hasSuffix(":") ? " " : ", ") + line.dropFirst(2)
      } else {
        text += (text.isEmpty ? "" : " ") + line
      }
    }
    return text.hasSuffix(".") || text.hasSuffix("?") ? text : text + "."
  }
}

struct Imgtool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "imgtool",
    abstract: "Check images before you pay for an operation, do it, and check what came back.",
    discussion: """
      imgtool resize --ratio 21:9 --res 4K photo.jpg     recompose without cropping or stretching
      imgtool check --policy web *.jpg                   judge files before anything is spent
      imgtool verify out.jpg --ratio 21:9 --res 4K       is a result what was ordered?

      Exit codes: 0 done, 64 usage, 65 input, 66 limit, 67 preflight, 69 unsupported, 70 fault, 71 postflight, \
      72 backend, 73 storage, 74 timeout, 75 busy, 77 credentials, 78 budget, 130 interrupted.
      """,
    version: Version.current,
    groupedSubcommands: [
      CommandGroup(
        name: "Operations",
        subcommands: [Resize.self, SkinFixCommand.self, RunOperation.self, Operations.self, Jobs.self]),
      CommandGroup(
        name: "Checks", subcommands: [ProbeCommand.self, Check.self, Verify.self, FrameCommand.self]),
      CommandGroup(name: "Files", subcommands: [Normalize.self, Sheet.self, Sample.self]),
      CommandGroup(name: "Machine", subcommands: [Serve.self, Webhook.self, Bench.self, DoctorCommand.self]),
    ])
}

/// The version of the tool and the library (semantic versioning 2.0).
enum Version {
  static let current = "0.1.0"
}
