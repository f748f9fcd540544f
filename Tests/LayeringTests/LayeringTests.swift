// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.enabled(if: SourceTree.root != nil, "the package's sources are not at hand"))
struct LayeringTests {
  @Test(arguments: ImportTable.folders)
  func aFolderImportsOnlyWhatItsRowAllows(folder: String) throws {
    var offences: [String] = []
    for file in try SourceTree.files(in: folder, kinds: ["swift"]) {
      guard let allowed = ImportTable.allowed(for: file.path) else {
        offences.append("\(file.path): the folder has no row in ImportTable")
        continue
      }
      for line in file.imports where !allowed.contains(line.module) {
        offences.append("\(file.place(line.index)): may not import \(line.module)")
      }
    }
    #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
  }

  @Test func onlyBackendsNamesBackends() throws {
    var offences: [String] = []
    let backends = ImportTable.backends
    #expect(backends.contains("LocalBackend"))
    for file in try SourceTree.files(in: "Sources", kinds: ["swift"])
    where file.path != "Sources/imgtool/Backends.swift" {
      for (index, line) in file.lines.enumerated() {
        let code = SourceFile.code(of: line)
        for name in backends where code.contains(name) { offences.append("\(file.place(index)): names \(name)") }
      }
    }
    #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
  }

  @Test func noSourceReachesIntoAnotherWithTestable() throws {
    let files = try ImportTable.folders.flatMap { try SourceTree.files(in: $0, kinds: ["swift"]) }
    #expect(!files.isEmpty)
    let offences = files.flatMap { file in file.imports.filter(\.isTestable).map { file.place($0.index) } }
    #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
  }

  @Test func onlyTheseRoomsHoldC() throws {
    let holders = Set(
      try SourceTree.files(in: "Sources", kinds: ["h", "c"]).compactMap {
        $0.path.split(separator: "/").dropFirst().first
      })
    #expect(holders.isSubset(of: ["CVips", "CExif", "CTurboJPEG", "CSandbox", "COpenSSL"]))
    // What a process does to itself and its children cannot be said in headers without claiming the system's names.
    let sources = try SourceTree.files(in: "Sources", kinds: ["c"]).filter { !$0.path.hasPrefix("Sources/CSandbox/") }
    #expect(sources.isEmpty, "system libraries are a module map and a header")
  }
}

struct ImportScanTests {
  @Test func importsAreFoundInEverySpelling() {
    let file = SourceFile(
      path: "A.swift",
      text: """
        // import Commented
        import Plain
        public import Public  // why
          internal import Indented
        @preconcurrency import Attributed
        @_spi(Inner) public import Spied
        import struct Single.Value
        import One; import Two
        import Outer.Inner
        @testable import Tested
        let important = 1
        /// import Documented
        """)
    #expect(
      file.imports.map(\.module) == [
        "Plain", "Public", "Indented", "Attributed", "Spied", "Single", "One", "Two", "Outer", "Tested",
      ])
    #expect(file.imports.filter(\.isTestable).map(\.index) == [9])
  }

  @Test(arguments: [
    ("Sources/ImgtoolCore/A.swift", "CVips"), ("Sources/ImgtoolCore/Frames/A.swift", "Glibc"),
    ("Sources/ImgtoolProbe/A.swift", "ImgtoolPixels"), ("Sources/ImgtoolProbe/A.swift", "Foundation"),
    ("Sources/ImgtoolRuntime/A.swift", "CVips"), ("Sources/imgtool/A.swift", "LocalBackend"),
    ("Sources/imgtool/Backends.swift", "CVips"), ("plugins/Local/Sources/A.swift", "CVips"),
    ("plugins/Local/Sources/A.swift", "GRDB"), ("plugins/Acme/Sources/A.swift", "LocalBackend"),
    ("plugins/Acme/Sources/A.swift", "ArgumentParser"),
  ])
  func whatTheDesignForbidsIsNotInTheTable(path: String, module: String) throws {
    #expect(try !#require(ImportTable.allowed(for: path)).contains(module))
  }

  @Test(arguments: [
    ("Sources/ImgtoolPixels/Vips/A.swift", "CVips"), ("Sources/imgtool/Backends.swift", "LocalBackend"),
    ("plugins/Local/Sources/A.swift", "ImgtoolPixels"), ("plugins/Acme/Sources/A.swift", "ImgtoolCore"),
  ])
  func whatTheDesignAllowsIsInTheTable(path: String, module: String) throws {
    #expect(try #require(ImportTable.allowed(for: path)).contains(module))
  }

  @Test(arguments: ["Sources/Utilities/A.swift", "plugins/Acme/Extras/A.swift", "Package.swift"])
  func aFolderNobodyPlannedHasNoRow(path: String) {
    #expect(ImportTable.allowed(for: path) == nil)
  }
}
