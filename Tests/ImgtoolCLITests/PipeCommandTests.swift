// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

/// Pictures by standard input and standard output.
@Suite struct PipeCommandTests {
  private func folderWithPicture() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write(SamplePictures.scene(PixelSize(clamping: 400, 300)).png(), as: "in.png")
    return folder
  }

  @Test(arguments: [("in.png", ""), ("-", "< in.png")])
  func aPictureGoesToStandardOutputAndTheWordsBesideIt(_ input: String, _ source: String) async throws {
    let folder = try folderWithPicture()
    let run = try await Tool.run(
      ["resize", "--size", "80x40", "--fill", "mirror", "--format", "webp", "-o", "-", input], in: folder,
      tail: "\(source) > got")
    #expect(run.code == 0 && run.output.isEmpty, "\(run.errors)")
    #expect(run.errors.contains("wrote    -  80×40 webp"), "\(run.errors)")
    #expect(folder.names == ["got", "in.png"])
    let probe = try await Tool.run(["probe", "--json", "got"], in: folder)
    #expect(try probe.object?["format"] as? String == "webp")
    #expect(try probe.object?["width"] as? Int == 80)
  }

  @Test func aPictureFromStandardInputIsWrittenToAFile() async throws {
    let folder = try folderWithPicture()
    let run = try await Tool.run(
      ["run", "local.smart-resize", "--param", "size=50x50", "-o", "out.png", "--json", "-"], in: folder,
      tail: "< in.png")
    #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(try run.object?["input"].map { "\($0)" }?.contains("tmp") != true, "\(run.output)")
    #expect(folder.names == ["in.png", "out.png"])
  }

  @Test func whoIsQuietSendsThePictureAlone() async throws {
    let folder = try folderWithPicture()
    let run = try await Tool.run(
      ["resize", "--size", "80x40", "--fill", "mirror", "--quiet", "-o", "-", "in.png"], in: folder,
      tail: "> got.png")
    #expect(run.code == 0 && run.errors.isEmpty && run.output.isEmpty, "\(run.errors)")
  }

  @Test func whatComesThroughAPipeIsCalledByItAndByNoNameOfOurs() async throws {
    let folder = try folderWithPicture()
    let run = try await Tool.run(["resize", "--size", "80x40", "-o", "out.png", "-"], in: folder, input: "no picture")
    #expect(run.code == ImgtoolError.Kind.input.exitCode && run.errors.hasPrefix("imgtool: -: "), "\(run.errors)")
  }

  @Test func aReaderThatLeavesEarlyLeavesNothingBehind() async throws {
    let folder = try folderWithPicture()
    let run = try await Tool.run(
      ["resize", "--size", "1600x1200", "--quiet", "--compression", "0", "-o", "-", "in.png"], in: folder,
      tail: "| head -c 10 > got")
    #expect(run.errors.isEmpty && folder.read("got")?.count == 10, "\(run.errors)")
  }

  @Test func whatCannotGoThroughAPipeIsRefusedBeforeAnythingIsDone() async throws {
    let folder = try folderWithPicture()
    try folder.write(SampleZip(["a.png": SamplePictures.scene(PixelSize(clamping: 40, 30)).png()]).bytes, as: "a.zip")
    let size = ["resize", "--size", "80x40"]
    let wrong: [(words: [String], text: String)] = [
      (size + ["-o", "-", "--json", "in.png"], "--json"), (size + ["-"], "-o"), (size + ["-o", "-", "a.zip"], "zip"),
      (["normalize", "-o", "-", "in.png"], "standard output"),
      (size + ["--report", "page.html", "-o", "out.png", "-"], "--report"),
    ]
    for (words, text) in wrong {
      let run = try await Tool.run(words, in: folder, tail: "< in.png")
      #expect(run.code == ImgtoolError.Kind.usage.exitCode, "\(words): \(run)")
      #expect(run.hasOneLineOfComplaint && run.errors.contains(text) && run.output.isEmpty, "\(words): \(run.errors)")
    }
    #expect(folder.names == ["a.zip", "in.png"])
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/pts/ptmx"), "there are no terminals here"))
  func noPictureGoesToATerminal() async throws {
    let folder = try folderWithPicture()
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    defer { close(terminal) }
    // The other end is locked at first, and goes by a number (ioctl_tty(2): TIOCSPTLCK, TIOCGPTN).
    var (lock, number): (Int32, Int32) = (0, 0)
    try #require(ioctl(terminal, 0x4004_5431, &lock) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
    let other = "/dev/pts/\(number)"
    for (words, tail) in [(["-o", "-", "in.png"], "> \(other)"), (["-o", "out.png", "-"], "< \(other)")] {
      let run = try await Tool.run(["resize", "--size", "80x40"] + words, in: folder, tail: tail)
      #expect(run.code == ImgtoolError.Kind.usage.exitCode, "\(words): \(run)")
      #expect(run.hasOneLineOfComplaint && run.errors.contains("terminal"), "\(words): \(run.errors)")
    }
    #expect(folder.names == ["in.png"])
  }

  @Test func aResultThatIsRefusedIsKeptAndNotSent() async throws {
    let folder = try folderWithPicture()
    let served = try ServedTool(in: folder, ["--echo"])
    let run = try await served.run([
      "resize", "--backend", "runflow", "--ratio", "1:1", "--res", "1K", "--journal", "journal", "-o", "-", "in.png",
    ])
    #expect(run.code == ImgtoolError.Kind.postflight.exitCode && run.output.isEmpty, "\(run)")
    #expect(folder.names.contains("in-1x1-1K.rejected.png"), "\(folder.names)")
  }
}
