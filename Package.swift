// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

// libvips brings a hundred shared libraries with it, 20 ms of loading that a header probe never needs. So nothing
// links it: CVips finds its functions with dlsym at first use, and only GLib's headers are asked of pkg-config.
#if os(Linux)
  let vipsHeaders = "glib-2.0"
#else
  let vipsHeaders = "vips"
#endif

#if arch(x86_64)
  let machine = "x86_64"
#else
  let machine = "aarch64"
#endif

/// A library target in `Sources/<name>`.
func room(_ name: String, uses: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .target(name: name, dependencies: uses, resources: resources, swiftSettings: strict)
}

/// A test target in `Tests/<name>`.
func tests(_ name: String, uses: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(name: name, dependencies: uses, resources: resources, swiftSettings: strict)
}

/// A backend: `plugins/<name>/Sources` becomes `<name>Backend`, `plugins/<name>/Tests` its tests.
func plugin(_ name: String, uses: [Target.Dependency], testsUse: [Target.Dependency] = []) -> [Target] {
  [
    .target(
      name: "\(name)Backend", dependencies: ["ImgtoolCore"] + uses, path: "plugins/\(name)/Sources",
      swiftSettings: strict),
    .testTarget(
      name: "\(name)BackendTests",
      dependencies: [.byName(name: "\(name)Backend"), "ImgtoolTesting", "ImgtoolCore"] + uses + testsUse,
      path: "plugins/\(name)/Tests", swiftSettings: strict),
  ]
}

let package = Package(
  name: "imgtool",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "ImgtoolCore", targets: ["ImgtoolCore"]),
    .library(name: "ImgtoolProbe", targets: ["ImgtoolProbe"]),
    .library(name: "ImgtoolPixels", targets: ["ImgtoolPixels"]),
    .library(name: "ImgtoolRuntime", targets: ["ImgtoolRuntime"]),
    .library(name: "ImgtoolTesting", targets: ["ImgtoolTesting"]),
    .library(name: "LocalBackend", targets: ["LocalBackend"]),
    .executable(name: "imgtool", targets: ["imgtool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
  ],
  targets: [
    .systemLibrary(
      name: "CVips", pkgConfig: vipsHeaders, providers: [.apt(["libvips-dev"]), .brew(["vips"])]),
    .systemLibrary(
      name: "CExif", pkgConfig: "libexif", providers: [.apt(["libexif-dev"]), .brew(["libexif"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg",
      providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    room(
      "ImgtoolCore",
      resources: [.embedInCode("Resources/size-tables.json"), .embedInCode("Resources/policies.json")]),
    room("ImgtoolProbe", uses: ["ImgtoolCore"]),
    room("ImgtoolPixels", uses: ["CVips", "CExif", "CTurboJPEG", "ImgtoolProbe", "ImgtoolCore"]),
    room(
      "ImgtoolRuntime",
      uses: [
        "ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]),
    room("ImgtoolTesting", uses: ["ImgtoolCore"]),
    .executableTarget(
      name: "imgtool",
      dependencies: [
        "ImgtoolRuntime", "ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore", "LocalBackend",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .target(name: "CKernels", path: "plugins/Local/Kernels"),
    tests("ImgtoolCoreTests", uses: ["ImgtoolCore"]),
    tests("ImgtoolProbeTests", uses: ["ImgtoolProbe", "ImgtoolCore", "ImgtoolTesting"]),
    tests("ImgtoolPixelsTests", uses: ["ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore", "ImgtoolTesting"]),
    tests(
      "ImgtoolRuntimeTests",
      uses: ["ImgtoolRuntime", "ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore", "ImgtoolTesting", "LocalBackend"]),
    tests("ImgtoolCLITests", uses: ["imgtool", "ImgtoolTesting", "ImgtoolCore"]),
    tests("LayeringTests", uses: []),
  ] + plugin("Local", uses: ["ImgtoolPixels", "CKernels"], testsUse: ["ImgtoolProbe"])
)

// libFuzzer instruments everything it links, so its target exists only for `make fuzz`.
if let runtime = Context.environment["IMGTOOL_FUZZ"] {
  let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"])]
  for target in package.targets where ["ImgtoolCore", "ImgtoolProbe", "ImgtoolPixels"].contains(target.name) {
    target.swiftSettings = strict + instrumented
  }
  package.targets.append(
    .executableTarget(
      name: "Fuzz", dependencies: ["ImgtoolCore", "ImgtoolProbe", "ImgtoolPixels"], path: "Tests/Fuzz",
      swiftSettings: strict + instrumented,
      linkerSettings: [
        .unsafeFlags(["-L\(runtime)", "-lclang_rt.fuzzer_no_main-\(machine)", "-lstdc++"])
      ]))
}
