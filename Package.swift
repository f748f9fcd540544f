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
func tests(
  _ name: String, uses: [Target.Dependency], resources: [Resource] = [], linking: [LinkerSetting] = []
) -> Target {
  .testTarget(
    name: name, dependencies: uses, resources: resources, swiftSettings: strict, linkerSettings: linking)
}

// The tests' own versions of these calls stand before those of the C library for shared libraries too: so a test can
// let SQLite's disk fail.
let diskCalls = [
  "open", "open64", "write", "pwrite64", "ftruncate64", "fsync", "fdatasync", "link", "rename", "unlink",
].flatMap { ["-Xlinker", "--export-dynamic-symbol=\($0)"] }

/// A backend: `plugins/<name>/Sources` becomes `<name>Backend`, `plugins/<name>/Tests` its tests.
func plugin(
  _ name: String, uses: [Target.Dependency], testsUse: [Target.Dependency] = [], resources: [Resource] = []
) -> [Target] {
  [
    .target(
      name: "\(name)Backend", dependencies: ["ImgtoolCore"] + uses, path: "plugins/\(name)/Sources",
      resources: resources, swiftSettings: strict),
    .testTarget(
      name: "\(name)BackendTests",
      dependencies: [.byName(name: "\(name)Backend"), "ImgtoolTesting", "ImgtoolCore"] + uses + testsUse,
      path: "plugins/\(name)/Tests", swiftSettings: strict),
  ]
}

let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")

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
    .library(name: "RunflowBackend", targets: ["RunflowBackend"]),
    .library(name: "RunflowServer", targets: ["RunflowServer"]),
    .executable(name: "imgtool", targets: ["imgtool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CVips", pkgConfig: vipsHeaders, providers: [.apt(["libvips-dev"]), .brew(["vips"])]),
    .systemLibrary(
      name: "CExif", pkgConfig: "libexif", providers: [.apt(["libexif-dev"]), .brew(["libexif"])]),
    .target(name: "CSandbox"),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg",
      providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    room(
      "ImgtoolCore", uses: [httpTypes],
      resources: [.embedInCode("Resources/size-tables.json"), .embedInCode("Resources/policies.json")]),
    room("ImgtoolDigest", uses: ["COpenSSL"]),
    room("ImgtoolProbe", uses: ["ImgtoolCore"]),
    room("ImgtoolPixels", uses: ["CVips", "CExif", "CTurboJPEG", "CSandbox", "ImgtoolProbe", "ImgtoolCore"]),
    room(
      "ImgtoolRuntime",
      uses: [
        "ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore", "ImgtoolDigest", httpTypes,
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]),
    room("ImgtoolTesting", uses: ["ImgtoolCore", httpTypes]),
    .executableTarget(
      name: "imgtool",
      dependencies: [
        "ImgtoolRuntime", "ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore", "LocalBackend", "RunflowBackend",
        "RunflowServer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(name: "CKernels", path: "plugins/Local/Kernels"),
    .target(
      name: "RunflowServer",
      dependencies: [
        "ImgtoolProbe", "ImgtoolCore", "ImgtoolDigest",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      path: "plugins/Runflow/Server", resources: [.embedInCode("Models/models.json")], swiftSettings: strict),
    .testTarget(
      name: "RunflowServerTests",
      dependencies: [
        "RunflowServer", "ImgtoolCore", "ImgtoolTesting",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "plugins/Runflow/ServerTests", swiftSettings: strict),
    // How a service embeds all of it; compiled and tested, and nobody's dependency.
    .executableTarget(
      name: "PictureService",
      dependencies: [
        "ImgtoolRuntime", "ImgtoolPixels", "ImgtoolCore", "RunflowBackend", "RunflowServer", httpTypes,
        .product(name: "Hummingbird", package: "hummingbird"), .product(name: "NIOCore", package: "swift-nio"),
      ],
      path: "plugins/Runflow/Example", swiftSettings: strict),
    .testTarget(
      name: "PictureServiceTests",
      dependencies: [
        "PictureService", "ImgtoolRuntime", "ImgtoolProbe", "ImgtoolCore", "ImgtoolTesting", "RunflowBackend",
        "RunflowServer",
        "LocalBackend", "ImgtoolPixels", httpTypes, .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      path: "plugins/Runflow/ExampleTests", swiftSettings: strict),
    tests("ImgtoolCoreTests", uses: ["ImgtoolCore"]),
    tests("ImgtoolDigestTests", uses: ["ImgtoolDigest"]),
    tests("ImgtoolProbeTests", uses: ["ImgtoolProbe", "ImgtoolCore", "ImgtoolTesting"]),
    tests("ImgtoolPixelsTests", uses: ["ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore", "ImgtoolTesting"]),
    tests(
      "ImgtoolRuntimeTests",
      uses: [
        "ImgtoolRuntime", "ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore", "ImgtoolTesting", "LocalBackend",
        "RunflowBackend", "RunflowServer", httpTypes, .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ], linking: [.unsafeFlags(diskCalls, .when(platforms: [.linux]))]),
    tests("ImgtoolCLITests", uses: ["imgtool", "ImgtoolTesting", "ImgtoolCore"]),
    tests("LayeringTests", uses: []),
  ] + plugin("Local", uses: ["ImgtoolPixels", "CKernels"], testsUse: ["ImgtoolProbe"])
    + plugin("Runflow", uses: ["ImgtoolDigest", httpTypes], resources: [.embedInCode("Models/models.json")])
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

// The long trials of the guard print figures and are built only for `make hostile`.
if Context.environment["IMGTOOL_HOSTILE"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Hostile",
      dependencies: ["ImgtoolCore", "ImgtoolProbe", "ImgtoolPixels", "ImgtoolTesting"],
      path: "Tests/Hostile", swiftSettings: strict))
}
