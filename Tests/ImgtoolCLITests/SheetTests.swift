// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

/// `imgtool sheet`: many pictures on one.
@Suite struct SheetTests {
  private func folder(_ names: [String]) throws -> TestFolder {
    let folder = try TestFolder()
    for (number, name) in names.enumerated() {
      let colour = [UInt8(40 + 50 * (number % 5)), 120, 90]
      try folder.write(SamplePictures.plain(PixelSize(clamping: 90, 60), colour).png(), as: name)
    }
    return folder
  }

  private func size(_ folder: TestFolder, _ name: String) async throws -> [Int?] {
    let facts = try await Tool.run(["probe", "--json", name], in: folder).object
    return [facts?["width"] as? Int, facts?["height"] as? Int]
  }

  @Test func cellsLieInRowsAndColumns() async throws {
    let folder = try folder(["a.png", "b.png", "c.png", "d.png", "e.png"])
    let run = try await Tool.run(
      ["sheet", "-o", "sheet.png", "--columns", "3", "--cell", "90x60", "--caption", "none", "."], in: folder)
    #expect(run.code == 0, "\(run.errors)")
    #expect(try await size(folder, "sheet.png") == [3 * 102 + 12, 2 * 72 + 12])
    #expect(run.errors.hasPrefix("wrote sheet.png"))
  }

  @Test func captionsTakeRoom() async throws {
    let folder = try folder(["a & <b>.png", "\u{202E}x.png"])
    for (caption, height) in [("full", 60 + 42 + 24), ("name", 60 + 24 + 24), ("none", 60 + 24)] {
      let run = try await Tool.run(
        ["sheet", "-q", "-f", "-o", "s.jpg", "--columns", "2", "--cell", "90x60", "--caption", caption]
          + ["a & <b>.png", "\u{202E}x.png"], in: folder)
      #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(try await size(folder, "s.jpg") == [2 * 102 + 12, height])
    }
  }

  @Test func aBrokenPictureIsMarkedAndTheSheetWritten() async throws {
    let folder = try folder(["a.png"])
    try folder.write(Array("no picture".utf8), as: "b.png")
    let run = try await Tool.run(["sheet", "-q", "-o", "s.png", "a.png", "b.png"], in: folder)
    #expect(run.code == ImgtoolError.Kind.unsupported.exitCode || run.code == ImgtoolError.Kind.input.exitCode)
    #expect(run.hasOneLineOfComplaint && run.errors.contains("b.png"), "\(run.errors)")
    #expect(folder.names == ["a.png", "b.png", "s.png"])
    let missing = try await Tool.run(["sheet", "-q", "-f", "-o", "s.png", "a.png", "gone.png"], in: folder)
    #expect(missing.code == ImgtoolError.Kind.input.exitCode && missing.errors.contains("gone.png"))
  }

  @Test func pairsHaveAVerdict() async throws {
    let folder = try TestFolder()
    let scene = SamplePictures.patchwork(PixelSize(clamping: 200, 150))
    try folder.write(scene.png(), as: "a.png")
    try folder.write(scene.padded(left: 40, right: 40, with: [0, 0, 0]).png(), as: "b.png")
    let run = try await Tool.run(["sheet", "--pairs", "-o", "s.png", "a.png", "b.png"], in: folder)
    #expect(run.code == 0, "\(run.errors)")
    let odd = try await Tool.run(["sheet", "--pairs", "-o", "t.png", "a.png"], in: folder)
    #expect(odd.code == ImgtoolError.Kind.usage.exitCode && odd.hasOneLineOfComplaint)
  }

  @Test func whatCannotBeASheetIsRefused() async throws {
    let folder = try folder(["a.png"])
    let wrong: [([String], ImgtoolError.Kind)] = [
      (["a.png", "-o", "s.txt"], .usage), (["a.png", "-o", "a.png"], .storage), (["-o", "s.png"], .usage),
      (["a.png", "-o", "s.png", "--cell", "9x9"], .usage), (["a.png", "-o", "s.png", "--columns", "0"], .usage),
      (Array(repeating: "a.png", count: 40) + ["-o", "s.png", "--cell", "4096x4096"], .limit),
    ]
    for (words, kind) in wrong {
      let run = try await Tool.run(["sheet"] + words, in: folder)
      #expect(run.code == kind.exitCode && run.hasOneLineOfComplaint, "\(words.suffix(3)): \(run.errors)")
    }
    #expect(folder.names == ["a.png"])
  }
}
