// SPDX-License-Identifier: Apache-2.0

import Benchmark
import Fixtures
import ImgtoolCore

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .peakMemoryResident], warmupIterations: 3, scalingFactor: .kilo,
    maxDuration: .seconds(2), maxIterations: 10_000,
    thresholds: [
      .wallClock: .init(relative: [.p90: 25]), .peakMemoryResident: .init(relative: [.p90: 25]),
    ])

  let ratios = ["21:9", "9:16", "1:1", "4:3", "2.35:1"].compactMap { AspectRatio($0) }
  let tiers = ResolutionTier.allCases
  let requests = ratios.flatMap { ratio in tiers.map { FrameRequest.tier(ratio, $0) } }
  let source = Fixtures.size(4032, 3024)

  Benchmark("frame.target") { benchmark in
    for _ in benchmark.scaledIterations {
      for request in requests { blackHole(try? request.target()) }
    }
  }

  Benchmark("frame.judge") { benchmark in
    let policy = FramePolicy()
    for _ in benchmark.scaledIterations {
      for request in requests { blackHole(FrameVerdict.judge(source, against: request, policy: policy)) }
    }
  }

  Benchmark("frame.placement") { benchmark in
    let frames = requests.compactMap { try? $0.target() }
    for _ in benchmark.scaledIterations {
      for frame in frames { blackHole(Placement(of: source, in: frame)) }
    }
  }

  Benchmark("ratio.spelling") { benchmark in
    for _ in benchmark.scaledIterations {
      for text in ["21:9", "16x9", "2.35:1", "abc"] { blackHole(AspectRatio(text)) }
    }
  }
}
