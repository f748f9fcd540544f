// SPDX-License-Identifier: Apache-2.0

import Benchmark
import Fixtures
import ImgtoolCore
import ImgtoolProbe

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .peakMemoryResident], warmupIterations: 3, maxDuration: .seconds(2),
    maxIterations: 10_000,
    thresholds: [
      .wallClock: .init(relative: [.p90: 25]), .peakMemoryResident: .init(relative: [.p90: 25]),
    ])

  for format in Fixtures.formats {
    // A header takes microseconds: a thousand make one measurement.
    Benchmark("probe.file.\(format.rawValue)", configuration: .init(scalingFactor: .kilo)) { benchmark in
      let path = Fixtures.picture(format)
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(try? Probe.facts(ofFile: path)) }
    }

    Benchmark("probe.bytes.\(format.rawValue)", configuration: .init(scalingFactor: .kilo)) { benchmark in
      let bytes = Fixtures.bytes(Fixtures.picture(format))
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(try? Probe.facts(of: bytes)) }
    }

    Benchmark("structure.file.\(format.rawValue)") { benchmark in
      let path = Fixtures.picture(format)
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(try? Structure.check(file: path)) }
    }
  }

  Benchmark("preflight.judge", configuration: .init(scalingFactor: .kilo)) { benchmark in
    let facts = Fixtures.made { try Probe.facts(ofFile: Fixtures.turned) }
    let preflight = Preflight(InputPolicy())
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { blackHole(preflight.judge(facts, name: "turned.jpg")) }
  }
}
