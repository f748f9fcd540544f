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
    try await run(words, at: fake.base, in: folder, meanwhile: meanwhile)
  }

  /// - Parameter log: the file in the folder for what it says.
  func run(
    _ words: [String], at base: String, in folder: TestFolder, log: String = "said",
    meanwhile: @escaping @Sendable (pid_t) -> Void = { _ in }
  ) async throws -> Said {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(BuiltProgram.imgtool))
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    var environment = ProcessInfo.processInfo.environment
    environment["RUNFLOW_API_KEY"] = "rf_live_CANARY0123456789"
    environment["RUNFLOW_BASE_URL"] = base
    environment["XDG_STATE_HOME"] = folder.path("state")
    environment["TMPDIR"] = folder.path("tmp")
    environment["LOG_LEVEL"] = "trace"
    environment["SWIFT_BACKTRACE"] = "enable=yes,interactive=no,color=no,sanitize=no,symbolicate=off"
    process.environment = environment
    try FileManager.default.createDirectory(atPath: folder.path("tmp"), withIntermediateDirectories: true)
    let log = folder.path(log)
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

    expectNoKey(stopped.text + resumed.text, in: folder)
  }

  /// Nothing that was said, and no file, holds the key.
  func expectNoKey(_ said: String, in folder: TestFolder) {
    var written = said
    for name in folder.names { written += name + String(decoding: folder.read(name) ?? [], as: UTF8.self) }
    for spelling in Self.spellings { #expect(!written.contains(spelling), "the key is written as \(spelling)") }
  }

  /// A crash while the run is at work, with the runtime's own report of it where there is one.
  @Test func aCrashTellsNothingOfTheKeyAndTheJobIsFinishedLater() async throws {
    let (fake, folder) = (try FakeRunflow(), try folder())
    fake.state.withLock { $0.work = .max }
    let crashed = try await run(Self.order, fake, in: folder) { process in
      let end = ContinuousClock.now + .seconds(60)
      while fake.state.withLock({ $0.posts }) == 0, ContinuousClock.now < end { usleep(1000) }
      kill(process, SIGABRT)
      // Whoever was only sent the signal goes on after the report: no instruction fails once more.
      while FileManager.default.fileExists(atPath: "/proc/\(process)/cwd/said"), ContinuousClock.now < end,
        !String(decoding: folder.read("said") ?? [], as: UTF8.self).contains("Backtrace took")
      { usleep(10_000) }
      kill(process, SIGABRT)
    }
    #expect(crashed.code == -SIGABRT, "\(crashed)")
    fake.state.withLock { $0.work = 0 }
    let finished = try await run(Self.order, fake, in: folder)
    #expect(finished.code == ImgtoolError.Kind.postflight.exitCode, "\(finished)")
    #expect(fake.state.withLock { $0.runs.count } == 1)
    expectNoKey(crashed.text + finished.text, in: folder)
  }

  @Test(arguments: [401, 422, 500])
  func aServiceThatRepeatsTheKeyIsQuotedWithoutIt(_ status: Int) async throws {
    let (fake, folder) = (try FakeRunflow([.repeatsKey(status), .repeatsKey(status)]), try folder())
    var (said, listed) = ("", "")
    // A busy machine may need more than five seconds to come to the answer.
    for seconds in [5, 30, 120] where !listed.contains("(redacted)") {
      let refused = try await run(Self.order + ["--timeout", "\(seconds)"], fake, in: folder)
      #expect(refused.code != 0)
      listed = try await run(["jobs", "export"], fake, in: folder).text
      said += refused.text + listed
    }
    #expect(listed.contains("(redacted)"), "\(said)")
    expectNoKey(said, in: folder)
  }
}
