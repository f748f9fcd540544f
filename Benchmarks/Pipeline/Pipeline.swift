// SPDX-License-Identifier: Apache-2.0

import Benchmark
import Fixtures
import Foundation
import ImgtoolCore
import ImgtoolProbe
import ImgtoolRuntime

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .peakMemoryResident], warmupIterations: 1, maxDuration: .seconds(5),
    maxIterations: 200,
    thresholds: [
      .wallClock: .init(relative: [.p90: 25]), .peakMemoryResident: .init(relative: [.p90: 25]),
    ])

  // What a dry run does: probe, contract, preflight.
  Benchmark("pipeline.preflight", configuration: .init(scalingFactor: .kilo)) { benchmark in
    let plan = Fixtures.plan(from: Fixtures.picture(.jpeg), to: Fixtures.folder + "/unwritten.jpg", resolution: "1K")
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { blackHole(try Fixtures.runner.preflight(plan)) }
  }

  Benchmark("pipeline.verify") { benchmark in
    let path = Fixtures.picture(.jpeg)
    let verifier = Verifier(pool: Fixtures.pool)
    let expectation = Expectation(frame: .any)
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations {
      blackHole(try await verifier.verify(path, name: nil, against: expectation))
    }
  }

  // The turned picture has to be prepared: it is made upright before the operation sees it.
  for name in ["upright", "prepared"] {
    Benchmark("pipeline.local.\(name)") { benchmark in
      let output = Fixtures.folder + "/out-\(ProcessInfo.processInfo.processIdentifier).jpg"
      let input = name == "upright" ? Fixtures.picture(.jpeg) : Fixtures.turned
      let plan = Fixtures.plan(from: input, to: output, resolution: "1K")
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(try await Fixtures.runner.run(plan)) }
      benchmark.stopMeasurement()
      try FileManager.default.removeItem(atPath: output)
    }
  }
}
