// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolTesting
import Testing

/// What a person reads first.
@Suite struct HelpTests {
  @Test func theToolNamesItsCommandsAndExitCodes() async throws {
    let folder = try TestFolder()
    for words in [[], ["--help"], ["help"]] {
      let help = try await Tool.run(words, in: folder)
      #expect(help.code == 0)
      #expect(help.errors.isEmpty)
      for name in ["resize", "run", "operations", "probe", "check", "verify", "frame", "sample", "doctor"] {
        #expect(help.output.contains("\n  \(name) "), "\(name)")
      }
      for code in ["64", "65", "66", "67", "69", "70", "71", "72", "73", "74", "75", "77", "78", "130"] {
        #expect(help.output.contains(code), "\(code)")
      }
    }
  }

  @Test func everyCommandHasAnExampleThatNamesIt() async throws {
    let folder = try TestFolder()
    let help = try await Tool.run(["--help"], in: folder)
    let commands = help.output.split(separator: "SUBCOMMANDS:").dropFirst()
      .flatMap { $0.split(separator: "\n") }
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  See") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(commands.count >= 9)
    for command in commands {
      let text = try await Tool.run([command, "--help"], in: folder)
      #expect(text.code == 0)
      #expect(text.output.contains("Example: imgtool \(command)"), "\(command)")
    }
  }

  @Test func theVersionIsThreeNumbers() async throws {
    let run = try await Tool.run(["--version"], in: TestFolder())
    #expect(run.code == 0)
    let numbers = run.output.dropLast().split(separator: ".").map { Int($0) }
    #expect(numbers.count == 3 && !numbers.contains(nil), "\(run.output)")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsAreMadeForEveryShell(_ shell: String) async throws {
    let run = try await Tool.run(["--generate-completion-script", shell], in: TestFolder())
    #expect(run.code == 0)
    #expect(run.output.contains("resize"))
  }
}
