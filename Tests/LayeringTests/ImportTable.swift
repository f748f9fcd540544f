// SPDX-License-Identifier: Apache-2.0

/// Which modules each folder of sources may import: the arrows of the design, and nothing else.
enum ImportTable {
  /// The C library of the platform.
  private static let system: Set = ["Glibc", "Darwin", "Musl"]
  /// What comes with the compiler and costs an embedder nothing to fetch.
  private static let toolchain: Set = system.union(["Foundation", "Synchronization", "Dispatch"])

  private static let table: [String: Set<String>] = [
    // Values and rules: no I/O, no clock, so nothing of the platform.
    "Sources/ImgtoolCore": ["Foundation", "HTTPTypes"],
    // Builds in seconds: no C library of images, and no Foundation to load; atomics come with the standard library.
    "Sources/ImgtoolProbe": system.union(["Synchronization", "ImgtoolCore"]),
    // The digests of OpenSSL, and nothing else of it.
    "Sources/ImgtoolDigest": ["COpenSSL"],
    "Sources/ImgtoolPixels": toolchain.union([
      "CVips", "CExif", "CTurboJPEG", "CSandbox", "ImgtoolProbe", "ImgtoolCore",
    ]),
    "Sources/ImgtoolRuntime": toolchain.union([
      "ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore", "ImgtoolDigest", "GRDB", "AsyncHTTPClient", "HTTPTypes",
      "NIOCore", "NIOHTTP1", "NIOPosix", "Logging", "Metrics", "Tracing",
    ]),
    "Sources/ImgtoolTesting": toolchain.union(["ImgtoolCore", "HTTPTypes"]),
    "Sources/imgtool": toolchain.union([
      "ImgtoolRuntime", "ImgtoolPixels", "ImgtoolProbe", "ImgtoolCore", "ArgumentParser", "Logging",
    ]),
    "Sources/imgtool/Backends.swift": ["ImgtoolCore", "ImgtoolRuntime", "ImgtoolPixels"],
    "Sources/CVips": [], "Sources/CExif": [], "Sources/CTurboJPEG": [], "Sources/CSandbox": [],
    "Sources/COpenSSL": [],
    "plugins/Local/Sources": toolchain.union(["ImgtoolCore", "ImgtoolPixels", "CKernels"]),
    "plugins/Local/Kernels": [],
    "plugins/Runflow/Sources": toolchain.union(["ImgtoolCore", "HTTPTypes", "ImgtoolDigest"]),
    // A service as somebody else would write it, with everything the package offers.
    "plugins/Runflow/Example": toolchain.union([
      "ImgtoolRuntime", "ImgtoolPixels", "ImgtoolCore", "RunflowBackend", "RunflowServer", "Hummingbird", "HTTPTypes",
      "NIOCore",
    ]),
    // A program of its own: the same API served locally.
    "plugins/Runflow/Server": toolchain.union([
      "ImgtoolRuntime", "ImgtoolProbe", "ImgtoolCore", "Hummingbird", "GRDB", "HTTPTypes", "NIOCore", "NIOHTTP1",
      "NIOPosix", "ImgtoolDigest", "Logging", "ServiceLifecycle", "UnixSignals", "AsyncHTTPClient",
    ]),
  ]

  /// What the sources of a backend nobody has listed may import.
  private static let anyPlugin = toolchain.union(["ImgtoolCore", "HTTPTypes", "ImgtoolDigest"])

  /// The modules a file may import; nothing where its folder has no row.
  static func allowed(for path: String) -> Set<String>? {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count >= 3 else { return nil }
    switch parts[0] {
    case "Sources":
      let own = table[parts[0...1].joined(separator: "/")]
      // The one file that puts the program together may name every backend.
      guard path == "Sources/imgtool/Backends.swift" else { return own }
      return table[path].map { $0.union(backends) }.map { $0.union(own ?? []) }
    case "plugins":
      let folder = parts[0...2].joined(separator: "/")
      return table[folder] ?? (parts[2] == "Sources" ? anyPlugin : nil)
    default: return nil
    }
  }

  /// The modules of every folder in plugins.
  static var backends: [String] {
    SourceTree.names(in: "plugins").flatMap { name in
      SourceTree.names(in: "plugins/\(name)").compactMap {
        ["Sources": "\(name)Backend", "Server": "\(name)Server"][$0]
      }
    }
  }

  /// Every folder whose files must keep to the table.
  static var folders: [String] {
    SourceTree.names(in: "Sources").map { "Sources/\($0)" }
      + SourceTree.names(in: "plugins").flatMap { name in
        SourceTree.names(in: "plugins/\(name)").filter { !$0.hasSuffix("Tests") }.map { "plugins/\(name)/\($0)" }
      }
  }
}
