// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels

/// A folder of pictures decoded with and without isolation, in turns.
struct Speed {
  let folder: String

  func run() async throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
    let pools = [Isolation.none, .process(.thisExecutable)].map {
      SharedPool(VipsPool.Limits(threads: 2, queue: 100_000, isolation: $0))
    }
    var rates: [[Double]] = [[], []]
    for turn in 0..<12 {
      let place = turn % 2
      let started = ContinuousClock.now
      let failed = await withTaskGroup(of: Bool.self) { group in
        for name in names { group.addTask { !(await Hostile.verdict(on: name, pools[place])).codes.isEmpty } }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      let rate = Double(names.count) / ((ContinuousClock.now - started) / .seconds(1))
      // The first turn of each warms up.
      if turn > 1 { rates[place].append(rate) }
      if failed > 0 { print("\(failed) of \(names.count) failed") }
    }
    let medians = rates.map { $0.sorted()[$0.count / 2] }
    func text(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    print(
      "in this process \(text(medians[0])) files/s, in processes \(text(medians[1])) files/s: "
        + "\(text((1 - medians[1] / medians[0]) * 100)) % less")
  }
}
