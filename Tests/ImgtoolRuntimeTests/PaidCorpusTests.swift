// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolTesting
import RunflowBackend
import Synchronization
import Testing

@testable import ImgtoolRuntime

/// The folder of hostile files, where the long tests are asked for.
private enum HostileCorpus {
  static let folder: URL? = {
    let environment = ProcessInfo.processInfo.environment
    let made = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent(".build-hostile/corpus")
    let folder = environment["IMGTOOL_HOSTILE_FILES"].map { URL(fileURLWithPath: $0) } ?? made
    let isThere = FileManager.default.fileExists(atPath: folder.appendingPathComponent("manifest.json").path)
    return environment["IMGTOOL_FULL"] != nil && isThere ? folder : nil
  }()
}

/// A corpus of hostile files through the whole paid path, against a service on loopback that counts its orders.
///
/// Slow, so asked for: IMGTOOL_FULL=1, and IMGTOOL_HOSTILE_FILES names a folder with a manifest.json where it is not
/// the one `make hostile` makes.
@Suite(
  .enabled(if: HostileCorpus.folder != nil, "IMGTOOL_FULL is not set, or there is no folder of hostile files"),
  .timeLimit(.minutes(20)))
struct PaidCorpusTests {
  private struct Manifest: Decodable {
    struct Entry: Decodable {
      let path: String
      let verdict: String
      let special: String
    }

    let entries: [Entry]
  }

  /// Orders that reached the service for one file, and why there was none.
  private func orders(for path: String, _ runner: Runner, _ desk: Desk) async throws -> (posts: Int, reason: String) {
    desk.fake.state.withLock { $0.posts = 0 }
    let name: OperationName = "runflow.smart-resize"
    let specs = try desk.operations().operation(named: name).parameters
    let plan = Plan(
      operation: name, parameters: try Parameters(["aspect_ratio": "1:1", "resolution": "1K"], for: specs),
      input: path, output: desk.folder.path("out-\(UUID().uuidString).png"), encoding: EncodeOptions(format: .png))
    do {
      let report = try await runner.run(plan)
      return (desk.fake.state.withLock { $0.posts }, report.preflight.failures.map(\.rule).joined(separator: " "))
    } catch {
      return (desk.fake.state.withLock { $0.posts }, "\(error)")
    }
  }

  @Test func nothingBrokenIsPaidForAndEverythingGoodIsOrdered() async throws {
    let folder = try #require(HostileCorpus.folder)
    let manifest = try Data(contentsOf: folder.appendingPathComponent("manifest.json"))
    let entries = try JSONDecoder().decode(Manifest.self, from: manifest).entries
    var desk = try Desk()
    desk.options.again = true
    desk.fake.state.withLock { $0.balance = "100000.00" }
    let journal = try await Journal.open(desk.folder.journal, timekeeper: desk.clock.timekeeper)
    let conductor = JobConductor(
      journal: journal, transport: HTTPTransport(allowsLoopback: true), timekeeper: desk.clock.timekeeper,
      options: desk.options, budget: RetryBudget(), kill: .none)
    var limits = DecodeLimits()
    limits.formats = [.jpeg, .png, .webp, .gif, .tiff, .avif]
    let isolation = BuiltProgram.imgtool.map { Isolation.process(WorkerProgram(path: $0)) } ?? .none
    let pool = SharedPool(
      VipsPool.Limits(threads: 2, memory: .mebibytes(4_096), decoding: limits, isolation: isolation))
    let runner = Runner(catalog: try desk.operations(), pool: pool, conductor: conductor)
    var (paid, missed, counts): ([String], [String], [String: Int]) = ([], [], [:])
    for entry in entries where entry.verdict != "survive" {
      // Who may read everything is not kept out by permissions.
      if entry.special == "noperm", getuid() == 0 { continue }
      let (posts, reason) = try await orders(
        for: folder.appendingPathComponent(entry.path).path, runner, desk)
      counts["\(entry.verdict) \(posts)", default: 0] += 1
      if entry.verdict == "reject", posts > 0 { paid.append(entry.path) }
      // What the model itself does not take is no mistake of the guard's.
      let isRuledOut = reason.hasPrefix("side.small") || reason.hasPrefix("animation.present")
      if entry.verdict == "accept", posts != (isRuledOut ? 0 : 1) { missed.append("\(entry.path): \(reason)") }
    }
    print("orders for good and bad files: \(counts.sorted { $0.key < $1.key })")
    #expect(paid == [])
    #expect(missed == [])
  }
}
