// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.enabled(if: SourceTree.root != nil, "the package's sources are not at hand"))
struct HouseRulesTests {
  private static let head = "// SPDX-License-Identifier: Apache-2.0"

  /// Files over 400 lines that may be, each with the reason.
  private static let longFiles: [String: String] = [:]

  @Test func everyFileStartsWithItsLicence() throws {
    let offences = try SourceTree.code().filter { file in
      // The manifest's first line is the tools version, by rule of the package manager.
      let first = file.lines.first?.hasPrefix("// swift-tools-version") == true ? 1 : 0
      return file.lines.dropFirst(first).first != Self.head
    }
    #expect(offences.isEmpty, "no licence line: \(offences.map(\.path).joined(separator: "\n"))")
  }

  @Test func noFileOutgrowsTheHouse() throws {
    let long = try SourceTree.code().filter { $0.path.hasSuffix(".swift") && $0.lineCount > 400 }
    for file in long {
      #expect(Self.longFiles[file.path] != nil, "\(file.path) has \(file.lineCount) lines; 400 are the most")
    }
    for path in Self.longFiles.keys {
      #expect(long.contains { $0.path == path }, "\(path) is on the list of long files and need not be")
    }
  }

  @Test func noFileIsAnAttic() throws {
    let attics: Set = ["Utilities", "Utils", "Helpers", "Extensions", "Misc", "Common"]
    let offences = try SourceTree.code().filter { file in
      file.path.split(separator: "/").contains { attics.contains(String($0.prefix { $0 != "." })) }
    }
    #expect(offences.isEmpty, "\(offences.map(\.path).joined(separator: "\n"))")
  }

  @Test func theTopLevelHoldsOnlyWhatItMay() throws {
    let allowed: Set = [
      "Package.swift", "Package.resolved", "Sources", "Tests", "Benchmarks", "plugins", "README.md", "LICENSE",
      "CHANGELOG.md", "Makefile",
    ]
    let ignored = try Self.ignoredNames()
    let offences = try SourceTree.topLevel().filter {
      !$0.hasPrefix(".") && !allowed.contains($0) && !ignored.contains($0)
    }
    #expect(offences.isEmpty, "\(offences.joined(separator: ", ")) may not be at the top level")
  }

  @Test func noFileKnowsTheMachineItWasWrittenOn() throws {
    let folders = [
      "Package.swift", "Sources", "Tests", "plugins", "Benchmarks", "README.md", "CHANGELOG.md", "Makefile", ".ci",
      ".github",
    ]
    let kinds: Set = ["swift", "c", "h", "modulemap", "md", "json", "yml", "yaml", "sh", "txt", ""]
    let files = try folders.flatMap { try SourceTree.files(in: $0, kinds: kinds) }
    var offences: [String] = []
    for file in files where Self.machineFolders.contains(where: { file.text.contains($0) }) {
      for (index, line) in file.lines.enumerated() where Self.namesAMachine(line) {
        offences.append("\(file.place(index)): \(line.trimmingCharacters(in: .whitespaces))")
      }
    }
    #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
  }

  @Test func pathsOfAMachineAreRecognised() {
    for folder in ["work", "root", "home/me", "Users/me", "tmp/a"] {
      #expect(Self.namesAMachine("open(\"/\(folder)/photo.jpg\")"), "\(folder)")
      #expect(!Self.namesAMachine("https://example.org/\(folder)/photo.jpg"), "\(folder)")
    }
    #expect(!Self.namesAMachine("environment[\"TMPDIR\"] ?? \"/tmp\""))
    #expect(!Self.namesAMachine("a/working/b and/or /v1/uploads"))
  }

  /// What a file must hold to be looked at line by line.
  private static let machineFolders = ["work", "root", "home", "Users", "tmp"].map { "/\($0)/" }

  /// Whether a line holds an absolute path below a folder of one particular machine.
  private static func namesAMachine(_ line: String) -> Bool {
    line.contains(/(^|[^A-Za-z0-9_.\-\/])\/(work\/|root\/|home\/\w|Users\/\w|tmp\/\w)/)
  }

  /// Names at the top level that the repository ignores, such as a folder of build results.
  private static func ignoredNames() throws -> Set<String> {
    let lines = try SourceTree.files(in: ".gitignore", kinds: []).flatMap(\.lines)
    return Set(lines.filter { !$0.isEmpty && !$0.contains("*") }.map { $0.trimmingCharacters(in: ["/"]) })
  }
}
