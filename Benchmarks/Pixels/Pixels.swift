// SPDX-License-Identifier: Apache-2.0

import Benchmark
import Fixtures
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .peakMemoryResident], warmupIterations: 2, maxDuration: .seconds(3),
    maxIterations: 1_000,
    thresholds: [
      .wallClock: .init(relative: [.p90: 25]), .peakMemoryResident: .init(relative: [.p90: 25]),
    ])

  for format in Fixtures.formats {
    Benchmark("pixels.\(format.rawValue)") { benchmark in
      let path = Fixtures.picture(format)
      let check = InputCheck(InputPolicy(), depth: .pixels, pool: Fixtures.pool)
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(try await check.check(file: path)) }
    }
  }

  // One pixel to decode: what is left is the way to the pool's thread and back.
  Benchmark("pool.hop") { benchmark in
    let path = Fixtures.pixel
    let check = InputCheck(InputPolicy(), depth: .pixels, pool: Fixtures.pool)
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { blackHole(try await check.check(file: path)) }
  }

  for lossless in [NormaliseOptions.Lossless.require, .never] {
    Benchmark("normalise.\(lossless == .never ? "encoded" : "lossless")") { benchmark in
      let bytes = Fixtures.bytes(Fixtures.turned)
      let facts = try Probe.facts(of: bytes)
      let normaliser = try Normaliser(NormaliseOptions(lossless: lossless), on: Fixtures.pool.pool())
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(try await normaliser.normalised(bytes, facts)) }
    }
  }
}
