// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that nobody who embeds imgtool fetches the benchmark library.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

func room(_ name: String) -> Target.Dependency { .product(name: name, package: "imgtool") }

/// A suite, run by the benchmark plugin, which takes only targets that lie directly in a folder named Benchmarks.
func suite(_ name: String, uses: [String]) -> Target {
  .executableTarget(
    name: name,
    dependencies: ["Fixtures", .product(name: "Benchmark", package: "benchmark")] + uses.map(room),
    path: name, swiftSettings: strict,
    plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}

let package = Package(
  name: "imgtool-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "imgtool", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark.git", exact: "1.38.1", traits: []),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
  ],
  targets: [
    .target(
      name: "Fixtures",
      dependencies: ["ImgtoolCore", "ImgtoolPixels", "ImgtoolRuntime", "ImgtoolTesting", "LocalBackend"].map(room),
      path: "Fixtures", swiftSettings: strict),
    suite("Core", uses: ["ImgtoolCore"]),
    suite("Probing", uses: ["ImgtoolCore", "ImgtoolProbe"]),
    suite("Pixels", uses: ["ImgtoolCore", "ImgtoolProbe", "ImgtoolPixels", "ImgtoolRuntime"]),
    suite(
      "Pipeline", uses: ["ImgtoolCore", "ImgtoolProbe", "ImgtoolPixels", "ImgtoolRuntime", "LocalBackend"]),
    // The paying client with many runs in flight, against a server that is a process of its own.
    .executableTarget(
      name: "Remote",
      dependencies: ["ImgtoolCore", "ImgtoolProbe", "ImgtoolPixels", "ImgtoolRuntime", "RunflowBackend"].map(room)
        + [.product(name: "HTTPTypes", package: "swift-http-types")],
      path: "Remote", swiftSettings: strict),
    // How much of what is wrong with a result the picture checks find, over photographs of one's own.
    .executableTarget(
      name: "Defects",
      dependencies: ["ImgtoolCore", "ImgtoolProbe", "ImgtoolPixels", "ImgtoolRuntime", "LocalBackend"].map(room),
      path: "Defects", swiftSettings: strict),
    // The library as the comparison sees it: a list of files in one process.
    .executableTarget(
      name: "LibraryLoop", dependencies: [room("ImgtoolProbe")], path: "comparing/LibraryLoop", swiftSettings: strict),
  ]
)
