// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels

/// Every file of a folder once, one after the other, through a check at depth pixels: verdicts, times, memory.
struct Trial {
  let folder: String

  func run() async throws {
    let entries = try Manifest(folder: folder).entries
    let pool = Hostile.pool()
    if let first = entries.first { _ = await Hostile.verdict(on: "\(folder)/\(first.path)", pool) }
    var (counts, times, decodes, wrong): ([String: Int], [Duration], [Duration], [String]) = ([:], [], [], [])
    for entry in entries {
      let started = ContinuousClock.now
      let verdict = await Hostile.verdict(on: "\(folder)/\(entry.path)", pool)
      let time = ContinuousClock.now - started
      times.append(time)
      if verdict.wasDecoded { decodes.append(time) }
      let codes = verdict.codes
      let outcome = Self.outcome(entry, codes)
      counts[outcome, default: 0] += 1
      if verdict.isLost { counts["decoder lost", default: 0] += 1 }
      if outcome.hasPrefix("false") || outcome.hasPrefix("wrong") {
        wrong.append("  \(outcome): \(entry.path): \(codes.sorted()), expected \(entry.codes)")
      }
    }
    let decoders = try pool.pool().decoders
    times.sort()
    decodes.sort()
    print(
      "| files | accepted of good | false refusals | refused of bad | false acceptances | wrong codes | decoders lost "
        + "| worst | worst memory | p50 | p99 | decoders started | decoded | p50 of them |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    func count(_ name: String) -> Int { counts[name] ?? 0 }
    print(
      "| \(entries.count) | \(count("accepted")) | \(count("false refusal")) | \(count("refused")) "
        + "| \(count("false acceptance")) | \(count("wrong code")) | \(count("decoder lost")) "
        + "| \(Hostile.seconds(times.last ?? .zero)) | \(decoders.peak) | \(Hostile.seconds(times[times.count / 2])) "
        + "| \(Hostile.seconds(times[times.count * 99 / 100])) | \(decoders.started) "
        + "| \(decodes.count) | \(Hostile.seconds(decodes.isEmpty ? .zero : decodes[decodes.count / 2])) |")
    wrong.forEach { print($0) }
  }

  private static func outcome(_ entry: Manifest.Entry, _ codes: Set<String>) -> String {
    switch entry.verdict {
    case "accept": codes.isEmpty ? "accepted" : "false refusal"
    case "reject" where codes.isEmpty: "false acceptance"
    case "reject": codes.isDisjoint(with: entry.codes) ? "wrong code" : "refused"
    default: "survived"
    }
  }
}

/// The cut files that must be refused, again and again: a decoder of several threads would take some of them.
struct LateCuts {
  let folder: String
  let times: Int

  func run() async throws {
    let cuts = try Manifest(folder: folder).entries.filter { $0.group == "trunc" && $0.verdict == "reject" }
    let pool = Hostile.pool()
    var accepted = 0
    for _ in 0..<times {
      for entry in cuts where await Hostile.verdict(on: "\(folder)/\(entry.path)", pool).codes.isEmpty { accepted += 1 }
    }
    print("\(cuts.count) cut files × \(times): \(accepted) accepted")
  }
}
