// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolTesting

/// The built program, run as a process of its own.
enum Tool {
  /// Where the program lies: `IMGTOOL_EXECUTABLE`, or the build folder the tests run from.
  static let path = BuiltProgram.imgtool ?? "imgtool"

  /// What one run came to.
  struct Run: Sendable {
    /// The exit code, or the negative number of the signal that ended it.
    var code: Int32
    var output: String
    var errors: String
    /// The most memory it had resident.
    var peakBytes: Int

    var outputLines: [String] { output.split(separator: "\n").map(String.init) }
    /// Whether standard error holds exactly one line, addressed to a person.
    var hasOneLineOfComplaint: Bool {
      errors.hasPrefix("imgtool: ") && errors.hasSuffix("\n") && errors.filter { $0 == "\n" }.count == 1
    }
  }

  /// Runs the program to its end in `folder`.
  ///
  /// - Parameter input: what it reads from standard input.
  /// - Parameter prelude: shell commands before it, such as `ulimit`, that end in `&&` or `;`.
  /// - Parameter tail: what follows it on the shell's line, such as a pipe or a redirection.
  static func run(
    _ arguments: [String], in folder: TestFolder, input: String = "", prelude: String = "", tail: String = "",
    whileRunning: @escaping @Sendable (pid_t) -> Void = { _ in }
  ) async throws -> Run {
    let own = try TestFolder()
    try own.write(Array(input.utf8), as: "in")
    try FileManager.default.createDirectory(atPath: own.path("tmp"), withIntermediateDirectories: true)
    // A pipe needs the shell to stay; otherwise the program takes its place, and signals reach it.
    let command = "cd \"$0\" && \(prelude) \(tail.isEmpty ? "exec" : "") \"$@\" \(tail)"
    var environment = ProcessInfo.processInfo.environment
    environment["TMPDIR"] = own.path("tmp")
    environment["XDG_STATE_HOME"] = own.path("state")
    let spawn = Spawn(
      words: ["/bin/sh", "-c", command, folder.path, path] + arguments,
      environment: environment.map { "\($0.key)=\($0.value)" }, input: own.path("in"), output: own.path("out"),
      errors: own.path("err"))
    let end = try await spawn.end(whileRunning)
    return Run(
      code: end.code, output: text(own, "out"),
      errors: text(own, "err") + leftovers(own.names.filter { $0.hasPrefix("tmp/") }), peakBytes: end.peakBytes)
  }

  private static func text(_ folder: TestFolder, _ name: String) -> String {
    String(decoding: folder.read(name) ?? [], as: UTF8.self)
  }

  /// Temporary files that outlive the process are a fault of every run; they show in what it said.
  private static func leftovers(_ names: [String]) -> String {
    names.isEmpty ? "" : "LEFT IN TMPDIR: \(names.joined(separator: " "))\n"
  }
}
