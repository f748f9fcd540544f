// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

/// `imgtool probe` and `imgtool check` over many files: lists, folders, records, order.
@Suite struct BulkCommandTests {
  static let strangeNames = [
    "a[b].png", "two words.png", "line\nbreak.png", "-rf.png", "--json.png", "ä ö.png", "x.png[access=random]",
    "%s.png", "quote\"d.png", "back\\slash.png", "tab\t.png", "~.png", "$HOME.png", "*.png",
  ]

  private func paths(_ run: Tool.Run) throws -> [String] { try run.objects.compactMap { $0["path"] as? String } }

  @Test func aNameIsJustAName() async throws {
    let folder = try TestFolder()
    for name in Self.strangeNames { try folder.write(BadInputs.good, as: name) }
    let named = try await Tool.run(["probe", "--json", "--"] + Self.strangeNames, in: folder)
    #expect(named.code == 0, "\(named.errors)")
    #expect(try paths(named) == Self.strangeNames)
    let listed = try await Tool.run(
      ["probe", "--json", "--null", "--files-from", "-"], in: folder, input: Self.strangeNames.joined(separator: "\0"))
    #expect(listed.code == 0, "\(listed.errors)")
    #expect(try paths(listed) == Self.strangeNames)
    let table = try await Tool.run(["probe", "--"] + Self.strangeNames, in: folder)
    #expect(table.outputLines.count == Self.strangeNames.count)
  }

  @Test func aNameIsJustANameForAResultToo() async throws {
    let folder = try TestFolder()
    for name in ["-rf.png", "a[b].png", "line\nbreak.png"] {
      try folder.write(BadInputs.good, as: name)
      let run = try await Tool.run(["resize", "--size", "30x30", "--quiet", "--", name], in: folder)
      #expect(run.code == 0, "\(run.errors)")
      #expect(folder.names.contains(name.dropLast(4) + "-30x30.png"), "\(folder.names)")
    }
    let run = try await Tool.run(
      ["resize", "--size", "30x30", "--output=-o[x] \n.png", "--quiet", "a[b].png"], in: folder)
    #expect(run.code == 0, "\(run.errors)")
    #expect(folder.names.contains("-o[x] \n.png"))
  }

  @Test func everyInputHasARecordAlsoABrokenOne() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "good.png")
    for file in BadInputs.files + BadInputs.giants { try folder.write(file.bytes, as: file.name) }
    let names = ["good.png", "missing.png"] + (BadInputs.files + BadInputs.giants).map(\.name) + ["good.png"]
    for command in [["probe"], ["check", "--policy", "permissive"], ["check", "--depth", "pixels"]] {
      let run = try await Tool.run(command + ["--json"] + names, in: folder)
      #expect(run.code == 65)
      #expect(try paths(run) == names)
      for object in try run.objects {
        #expect(object["schemaVersion"] as? Int == 1)
        let isOK = try #require(object["ok"] as? Bool)
        if object["path"] as? String == "good.png" { #expect(isOK) }
        if let error = object["error"] as? [String: Any] {
          #expect(!isOK)
          #expect(error["kind"] as? String == "input")
          #expect((error["message"] as? String)?.isEmpty == false)
        } else {
          #expect(object["width"] as? Int ?? 0 > 0)
        }
      }
    }
  }

  @Test func foldersAreWalkedInTheOrderOfTheirNames() async throws {
    let folder = try TestFolder()
    for name in ["b.png", "a.png", "c/d.png", "c/e/f.png", "note.txt", ".hidden.png", "c/.git/g.png"] {
      try folder.write(BadInputs.good, as: name)
    }
    let flat = try await Tool.run(["probe", "--json", "."], in: folder)
    #expect(try paths(flat) == ["./a.png", "./b.png"])
    let deep = try await Tool.run(["probe", "--json", "-r", "."], in: folder)
    #expect(try paths(deep) == ["./a.png", "./b.png", "./c/d.png", "./c/e/f.png"])
    let all = try await Tool.run(["probe", "--json", "--every-file", "c/", "."], in: folder)
    #expect(try paths(all) == ["c/d.png", "./a.png", "./b.png", "./note.txt"])
  }

  @Test func anEmptyFolderIsAnInputError() async throws {
    let run = try await Tool.run(["probe", "."], in: TestFolder())
    #expect(run.code == 65)
    #expect(run.hasOneLineOfComplaint, "\(run.errors)")
  }

  @Test func theListMayComeFromAFileOrAnInput() async throws {
    let folder = try TestFolder()
    for name in ["a.png", "b.png", "-c.png"] { try folder.write(BadInputs.good, as: name) }
    try folder.write(Array("b.png\n\n-c.png\n".utf8), as: "list")
    let file = try await Tool.run(["probe", "--json", "a.png", "--files-from", "list"], in: folder)
    #expect(try paths(file) == ["a.png", "b.png", "-c.png"])
    let dash = try await Tool.run(["probe", "--json", "-"], in: folder, input: "b.png\na.png")
    #expect(try paths(dash) == ["b.png", "a.png"])
    let missing = try await Tool.run(["probe", "--files-from", "none"], in: folder)
    #expect(missing.code == 65)
    #expect(missing.hasOneLineOfComplaint, "\(missing.errors)")
  }

  @Test func orderIsKeptByManyWorkersAndNothingIsLostWithoutIt() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "a.png")
    try folder.write([], as: "b.png")
    let names = (0..<1000).map { $0 % 7 == 0 ? "b.png" : "./\(String(repeating: "/", count: $0 % 5))a.png" }
    let list = names.joined(separator: "\n")
    let ordered = try await Tool.run(["probe", "--json", "--jobs", "7", "-"], in: folder, input: list)
    #expect(try paths(ordered) == names)
    let loose = try await Tool.run(["probe", "--json", "--jobs", "7", "--unordered", "-"], in: folder, input: list)
    #expect(try paths(loose).sorted() == names.sorted())
    #expect(ordered.errors.hasPrefix("1000 files, "), "\(ordered.errors)")
    #expect(ordered.errors.contains("143 failed"))
  }

  @Test func quietPrintsOnlyWhatIsWrong() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "a.png")
    try folder.write([], as: "b.png")
    let fine = try await Tool.run(["probe", "--quiet", "a.png", "a.png"], in: folder)
    #expect(fine.code == 0 && fine.output.isEmpty && fine.errors.isEmpty)
    let mixed = try await Tool.run(["check", "--quiet", "a.png", "b.png"], in: folder)
    #expect(mixed.code == 65)
    #expect(mixed.outputLines.count == 1 && mixed.output.contains("b.png"))
    #expect(mixed.errors.isEmpty)
  }

  @Test func failFastEndsWithTheFirstFailure() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "a.png")
    try folder.write([], as: "b.png")
    let names = ["a.png", "a.png", "b.png"] + [String](repeating: "a.png", count: 200)
    let run = try await Tool.run(["check", "--json", "--fail-fast"] + names, in: folder)
    #expect(run.code == 65)
    #expect(try paths(run) == ["a.png", "a.png", "b.png"])
  }

  @Test func aReaderThatGoesAwayEndsTheRun() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "a.png")
    let list = [String](repeating: "a.png", count: 5000).joined(separator: "\n")
    let run = try await Tool.run(["probe", "--json", "-"], in: folder, input: list, tail: "| head -n 1")
    #expect(run.outputLines.count == 1)
    #expect(run.errors.isEmpty, "\(run.errors)")
  }

  @Test func aPolicyDecidesAndIsNamed() async throws {
    let folder = try TestFolder()
    try folder.write(SamplePictures.scene(PixelSize(clamping: 60, 40)).png(), as: "a.png")
    let refused = try await Tool.run(["check", "--json", "a.png"], in: folder)
    let findings = try #require(try refused.object?["findings"] as? [[String: Any]])
    #expect(refused.code == 65)
    #expect(findings.contains { $0["rule"] as? String == "side.small" && $0["severity"] as? String == "fail" })
    #expect(try refused.object?["policy"] as? String == "runflow-smart-resize")
    let own = #"{"schemaVersion": 1, "name": "own", "formats": ["png"], "minimumSide": 40}"#
    try folder.write(Array(own.utf8), as: "own.json")
    let accepted = try await Tool.run(["check", "--json", "--policy", "own.json", "a.png"], in: folder)
    #expect(accepted.code == 0)
    #expect(try accepted.object?["policy"] as? String == "own")
    try folder.write(Array(#"{"schemaVersion": 1, "name": "own", "typo": 1}"#.utf8), as: "bad.json")
    let bad = try await Tool.run(["check", "--policy", "bad.json", "a.png"], in: folder)
    #expect(bad.code == ImgtoolError.Kind.usage.exitCode)
    #expect(bad.hasOneLineOfComplaint && bad.errors.contains("typo"), "\(bad.errors)")
  }

  @Test func adviceNeedsAFrame() async throws {
    let folder = try TestFolder()
    try folder.write(SamplePictures.gradient(PixelSize(clamping: 64, 64)).png(), as: "a.png")
    let plain = try await Tool.run(["check", "--json", "a.png"], in: folder)
    #expect(!plain.output.contains("route."))
    let framed = try await Tool.run(["check", "--json", "--ratio", "1:1", "--res", "4K", "a.png"], in: folder)
    #expect(framed.output.contains("\"rule\":\"route.smallSource\""))
    let done = try await Tool.run(["check", "--json", "--size", "64x64", "a.png"], in: folder)
    #expect(done.output.contains("\"rule\":\"route.alreadyFramed\""))
    #expect(done.output.contains("\"saves\":\"0.55\""))
  }
}
