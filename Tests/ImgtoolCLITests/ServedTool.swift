// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolTesting

/// `imgtool serve` as a process of its own on a free port, and its client beside it.
final class ServedTool: Sendable {
  private let process: Process
  /// Kept open, so that the server may go on talking.
  private let errors = Pipe()
  let base: String
  let folder: TestFolder
  /// The folder of described models that server and client read.
  private let models: String?

  /// Starts the server and waits for the line that names its address.
  ///
  /// - Throws: what starting a process throws.
  init(in folder: TestFolder, _ options: [String] = [], models: String? = nil) throws {
    self.folder = folder
    self.models = models
    process = Process()
    process.executableURL = URL(fileURLWithPath: Tool.path)
    process.arguments = ["serve", "--port", "0", "--data", folder.path("server")] + options
    var environment = ProcessInfo.processInfo.environment
    environment["RUNFLOW_MODELS"] = models
    process.environment = environment
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var text = ""
    var found: String?
    while found == nil {
      let more = errors.fileHandleForReading.availableData
      guard !more.isEmpty else { break }
      text += String(decoding: more, as: UTF8.self)
      found = text.firstMatch(of: /serving (http:[^;]+);/).map { String($0.output.1) }
    }
    base = found ?? ""
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }

  /// Runs a command against the server, with a journal in the folder.
  func run(_ arguments: [String]) async throws -> Tool.Run {
    try await Tool.run(
      arguments, in: folder,
      prelude: "export RUNFLOW_BASE_URL=\(base) RUNFLOW_API_KEY=rf_live_EXAMPLE0000000000 RUNFLOW_CALLBACK_URL= "
        + "RUNFLOW_MODELS=\(models ?? "") ;")
  }

  /// The records of the journal.
  func jobs() async throws -> [[String: Any]] {
    try await run(["jobs", "list", "--json", "--journal", "journal"]).outputLines.compactMap {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
  }
}
