// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels

/// A thousand paid runs in flight at once, from one process: what each costs the client.
///
/// The server is a process of its own, `imgtool serve --echo`, and does no work until every run is submitted, so that
/// all of them are in flight at one moment. Orders go the way they always go: journal, request, waiting, download. The
/// pictures are small, so they go inside the requests; with `--upload` they are uploaded, as larger ones are. With
/// `--checked` orders go through the runner, preflight before and postflight after.
@main
struct Main {
  static func main() async throws {
    // As the program does, and as a service should.
    Memory.limitHeaps()
    var words = CommandLine.arguments.dropFirst()
    var (runs, isChecked, largestInline, program) = (1000, false, 64 << 10, "../.build/release/imgtool")
    while let word = words.popFirst() {
      switch word {
      case "--checked": isChecked = true
      case "--upload": largestInline = 0
      case "--runs": runs = words.popFirst().flatMap { Int($0) } ?? 0
      case "--imgtool": program = words.popFirst() ?? ""
      default: runs = 0
      }
    }
    guard runs > 0 else { throw ImgtoolError(.usage, "Remote [--runs N] [--upload] [--checked] [--imgtool PATH]") }
    let folder = FileManager.default.temporaryDirectory.path + "/imgtool-remote-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // what stays there is temporary
    let server = try await ServedRunflow(program, data: folder + "/server")
    do {
      let desk = try await Desk(
        folder: folder, base: server.base, isChecked: isChecked, largestInline: ByteCount(largestInline),
        pictures: runs + 1)
      let errors = try await measure(runs, desk, server)
      guard errors == 0 else { throw ImgtoolError(.backend, "\(errors) runs failed.") }
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  private static func measure(_ runs: Int, _ desk: Desk, _ server: ServedRunflow) async throws -> Int {
    // What is loaded and opened once is no cost of a run in flight.
    let first = await desk.order(runs, Tally(of: 1))
    guard first == "done" else { throw ImgtoolError(.backend, "The first run failed: \(first)") }
    try await server.plug()
    let (tally, before, start) = (Tally(of: runs), Usage.now(), ContinuousClock.now)
    async let full = {
      await tally.isFull()
      defer { print("  submitted   all after \(seconds(since: start))") }
      let usage = Usage.now()
      try await server.unplug()
      return usage
    }()
    let ends = await withTaskGroup(of: (Int, String).self) { group in
      for run in 0..<runs { group.addTask { (run, await desk.order(run, tally)) } }
      return await group.reduce(into: [:]) { $0[$1.1, default: []].append($1.0) }
    }
    let (inFlight, after) = (try await full, Usage.now())
    let names = ends.sorted { $0.key < $1.key }.map { "\($0.value.count) \($0.key)" }
    print("  ended       \(names.joined(separator: ", ")), after \(seconds(since: start))")
    let (user, system) = (after.user - before.user, after.system - before.system)
    func each(_ time: Duration) -> String { String(format: "%.2f", time / .milliseconds(runs)) }
    print("  processor   \(each(user + system)) ms a run: user \(each(user)), system \(each(system))")
    func kilobytes(_ bytes: Int) -> String {
      String(format: "%.1f", Double(bytes - before.resident) / Double(runs) / 1000)
    }
    print(
      "  memory      \(kilobytes(after.peak)) KB a run at the peak, \(kilobytes(inFlight.resident)) with all in flight; "
        + "\(ByteCount(before.resident)) before")
    // Held against what was sent after the clock has stopped: that is no work of the client.
    return runs - ends["done", default: []].count { desk.isWhole($0) }
  }

  private static func seconds(since start: ContinuousClock.Instant) -> String {
    String(format: "%.1f s", (ContinuousClock.now - start) / .seconds(1))
  }
}
