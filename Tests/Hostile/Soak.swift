// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import Synchronization

/// Many mixed jobs at four times what is worked on at once: memory stays bounded and nothing is lost.
struct Soak {
  let folder: String
  let jobs: Int

  func run() async throws {
    let entries = try Manifest(folder: folder).entries.filter { $0.verdict != "survive" || $0.group == "flip" }
    let budget = ByteCount.mebibytes(1_024)
    let pool = Hostile.pool(threads: 2, queue: 6, memory: budget)
    let tally = Tally()
    var (peak, next) = (0, 0)
    let started = ContinuousClock.now
    await withTaskGroup(of: Void.self) { group in
      var running = 0
      while next < jobs || running > 0 {
        while running < 8, next < jobs {
          let entry = entries[(next &* 7_919) % entries.count]
          let number = next
          group.addTask { [folder] in
            let verdict = await Hostile.verdict(on: "\(folder)/\(entry.path)", pool)
            let word = verdict.isBusy ? "busy" : verdict.codes.isEmpty ? "taken" : "refused"
            tally.counts.withLock { $0[word, default: 0] += 1 }
            if number % 500 == 0 { tally.marks.withLock { $0[number] = Hostile.residentWithChildren() } }
          }
          (running, next) = (running + 1, next + 1)
        }
        await group.next()
        running -= 1
        if next % 20 == 0 { peak = max(peak, Hostile.residentWithChildren()) }
      }
    }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    try await Task.sleep(for: .seconds(1))
    let idle = Hostile.residentWithChildren()
    let list = tally.marks.withLock { $0.sorted { $0.key < $1.key } }
    func mean(_ range: Range<Int>) -> Int {
      let values = list.filter { range.contains($0.key) }.map(\.value)
      return values.isEmpty ? 0 : values.reduce(0, +) / values.count
    }
    let (early, late) = (mean(jobs / 8..<jobs * 3 / 8), mean(jobs * 3 / 4..<jobs))
    print("\(jobs) jobs in \(Int(seconds)) s: \(tally.counts.withLock { $0.sorted { $0.key < $1.key } })")
    print("peak \(ByteCount(peak)) of a budget of \(budget), idle \(ByteCount(idle))")
    print("mean at work: \(ByteCount(early)) early, \(ByteCount(late)) late")
    print("decoders started: \(try pool.pool().decoders.started)")
  }
}

/// What jobs that run at once count together.
private final class Tally: Sendable {
  let counts = Mutex<[String: Int]>([:])
  let marks = Mutex<[Int: Int]>([:])
}
