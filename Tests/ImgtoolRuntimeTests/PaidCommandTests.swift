// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

/// The program itself, with a key, against a service on this machine.
@Suite(.timeLimit(.minutes(10)), .enabled(if: BuiltProgram.imgtool != nil, "imgtool is not built"))
struct PaidCommandTests {
  /// What one run of the program said and left.
  struct Said {
    var code: Int32
    var text: String
  }

  /// Runs the program, and tells `meanwhile` its process.
  func run(
    _ words: [String], _ fake: FakeRunflow, in folder: TestFolder,
    meanwhile: @escaping @Sendable (pid_t) -> Void = { _ in }
  ) async throws -> Said {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(BuiltProgram.imgtool))
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    var environment = ProcessInfo.processInfo.environment
    environment["RUNFLOW_API_KEY"] = "rf_live_CANARY0123456789"
    environment["RUNFLOW_BASE_URL"] = fake.base
    environment["XDG_STATE_HOME"] = folder.path("state")
    environment["TMPDIR"] = folder.path("tmp")
    environment["LOG_LEVEL"] = "trace"
    process.environment = environment
    try FileManager.default.createDirectory(atPath: folder.path("tmp"), withIntermediateDirectories: true)
    let log = folder.path("said")
    try Data().write(to: URL(fileURLWithPath: log))
    let output = FileHandle(forWritingAtPath: log)
    (process.standardOutput, process.standardError) = (output, output)
    process.standardInput = FileHandle.nullDevice
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        do {
          try process.run()
          meanwhile(process.processIdentifier)
          process.waitUntilExit()
          let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
          let signal = process.terminationReason == .uncaughtSignal
          continuation.resume(
            returning: Said(code: signal ? -process.terminationStatus : process.terminationStatus, text: text))
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
  }

  static let order = ["resize", "--backend", "runflow", "--ratio", "1:1", "--res", "1K", "-o", "out.png", "in.png"]

  func folder() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write(SamplePictures.scene(PixelSize(clamping: 600, 400)).png(), as: "in.png")
    return folder
  }

  /// Every spelling in which a key could be found.
  static let spellings: [String] = {
    let key = Array("rf_live_CANARY0123456789".utf8)
    let tail = Array("CANARY0123456789".utf8)
    return [
      "CANARY", hexadecimal(tail), hexadecimal(tail).uppercased(), Data(key).base64EncodedString(),
      // Wherever the key begins inside of three bytes.
      String(Data(Array(tail.dropFirst(1))).base64EncodedString().dropFirst(2).dropLast(4)),
      String(Data(Array(tail.dropFirst(2))).base64EncodedString().dropFirst(2).dropLast(4)),
      String(Data(tail).base64EncodedString().dropLast(4)), tail.map { "%" + hexadecimal([$0]) }.joined(),
    ]
  }()

  /// A signal while the run is at work: the job is named, nothing is left over, and another process finishes it.
  ///
  /// Afterwards nothing that was said or written holds the key.
  @Test(arguments: [SIGTERM, SIGINT])
  func aSignalLeavesAJobThatIsFinishedLaterAndNoKeyAnywhere(_ signal: Int32) async throws {
    let (fake, folder) = (try FakeRunflow(), try folder())
    fake.state.withLock { $0.work = .max }
    let stopped = try await run(Self.order, fake, in: folder) { process in
      let end = ContinuousClock.now + .seconds(60)
      while fake.state.withLock({ $0.posts }) == 0, ContinuousClock.now < end { usleep(1000) }
      kill(process, signal)
    }
    #expect(stopped.code == 130, "\(stopped)")
    let journal = try await Journal.open(JournalFolder(folder.path("state/imgtool/journal")), timekeeper: .system())
    let job = try #require(try await journal.jobs().first)
    #expect(job.phase == .submitted && stopped.text.contains("jobs resume \(job.id)"), "\(stopped.text) \(job.phase)")
    #expect(!folder.names.contains { $0.hasSuffix(".part") || $0.hasPrefix("tmp/") }, "\(folder.names)")
    fake.state.withLock { $0.work = 0 }
    let resumed = try await run(["jobs", "resume", job.id], fake, in: folder)
    // The fake's picture is one pixel: paid for, fetched, and not what was ordered.
    #expect(resumed.code == ImgtoolError.Kind.postflight.exitCode, "\(resumed)")
    #expect(fake.state.withLock { $0.posts } == 1 && fake.state.withLock { $0.runs.count } == 1)

    var written = stopped.text + resumed.text
    for name in folder.names { written += name + String(decoding: folder.read(name) ?? [], as: UTF8.self) }
    for spelling in Self.spellings { #expect(!written.contains(spelling), "the key is written as \(spelling)") }
  }
}
