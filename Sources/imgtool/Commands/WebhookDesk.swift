// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import ImgtoolCore
import ImgtoolRuntime

/// One callback, as far as it can be believed.
struct ReceivedCallback: Sendable {
  let event: String
  /// The run or batch it speaks of.
  let id: String
  let status: String
  /// The label the request was sent with.
  let label: String?
  let isSigned: Bool
  /// One for all deliveries of the same news.
  let key: String
}

/// Prints callbacks and hands each to a command, one after another; news that was taken once is not handed on again.
final class WebhookDesk: Sendable {
  private let command: String?
  private let isJSON: Bool
  private let queue = DispatchQueue(label: "imgtool.webhook")
  /// What was taken; touched on the queue alone.
  nonisolated(unsafe) private var taken: Set<String> = []

  init(command: String?, isJSON: Bool) {
    (self.command, self.isJSON) = (command, isJSON)
  }

  /// - Parameter body: the bytes as they came.
  /// - Throws: `.busy` where the command fails, so that the callback comes again.
  func take(_ callback: ReceivedCallback, _ body: [UInt8]) async throws {
    // A command may take its time, and none of it is Swift's pool's.
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      queue.async { continuation.resume(with: Result { try self.takeNow(callback, body) }) }
    }
  }

  private func takeNow(_ callback: ReceivedCallback, _ body: [UInt8]) throws {
    let isRepeated = taken.contains(callback.key)
    Console.write(isJSON ? Self.line(of: callback, isRepeated) : Self.row(of: callback, isRepeated))
    guard !isRepeated else { return }
    if let command { try Self.hand(body, of: callback, to: command) }
    taken.insert(callback.key)
  }

  private static func row(of callback: ReceivedCallback, _ isRepeated: Bool) -> [UInt8] {
    let marks = [callback.isSigned ? nil : "unsigned", isRepeated ? "repeated" : nil].compactMap { $0 }
    let parts = [callback.id, callback.status, callback.event, callback.label ?? "-"] + marks
    return Array((parts.joined(separator: "  ").escaped + "\n").utf8)
  }

  private static func line(of callback: ReceivedCallback, _ isRepeated: Bool) -> [UInt8] {
    var line = JSONLine()
    line.object { line in
      line.field("id", callback.id)
      line.field("status", callback.status)
      line.field("event", callback.event)
      if let label = callback.label { line.field("clientRef", label) }
      line.field("signed", callback.isSigned)
      line.field("repeated", isRepeated)
    }
    return line.bytes + [10]
  }

  private static func hand(_ body: [UInt8], of callback: ReceivedCallback, to command: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    var environment = ProcessInfo.processInfo.environment
    for name in ["RUNFLOW_API_KEY", "RUNFLOW_CALLBACK_SECRETS"] { environment[name] = nil }
    environment["RUNFLOW_EVENT"] = callback.event
    environment["RUNFLOW_ID"] = callback.id
    environment["RUNFLOW_STATUS"] = callback.status
    process.environment = environment
    let input = Pipe()
    process.standardInput = input
    try process.run()
    // A command that does not read its input ends early, which is its right.
    try? input.fileHandleForWriting.write(contentsOf: Data(body))
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw ImgtoolError(
        .busy, "The command failed with \(process.terminationStatus); \(callback.id) may come again.", retry: .later)
    }
  }
}
