// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

/// Whatever is wrong: one line on standard error, the exit code of the kind, nothing written, little memory.
@Suite struct BadInputTests {
  static let order = ["--ratio", "1:1", "--res", "1K"]
  static let plain = ["--fill", "mirror"]

  /// Runs a command that has to fail and looks at everything that must be so whatever the reason.
  private func expectFailure(
    _ code: ImgtoolError.Kind, _ arguments: [String], in folder: TestFolder, prelude: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = folder.names
    let run = try await Tool.run(arguments, in: folder, prelude: prelude)
    let what = Comment(rawValue: "\(arguments) → \(run.code): \(run.errors)")
    #expect(run.code == code.exitCode, what, sourceLocation: sourceLocation)
    #expect(run.hasOneLineOfComplaint, what, sourceLocation: sourceLocation)
    #expect(folder.names == before, what, sourceLocation: sourceLocation)
    // A child counts the memory of the process that started it, until it becomes another program, as its own.
    #expect(run.peakBytes <= max(200 << 20, Spawn.ownPeakBytes), what, sourceLocation: sourceLocation)
  }

  @Test(arguments: BadInputs.files.map(\.name))
  func whatIsNoWholePictureIsRefused(_ name: String) async throws {
    let folder = try TestFolder()
    let file = try #require(BadInputs.files.first { $0.name == name })
    try folder.write(file.bytes, as: name)
    // A cut that the header's own lengths show is found before anything is decoded.
    let kind = name == "truncated.png" ? ImgtoolError.Kind.preflight : .input
    try await expectFailure(kind, ["resize"] + Self.order + ["--quiet", name], in: folder)
  }

  @Test(arguments: BadInputs.giants.map(\.name))
  func giantsAreRefusedBeforeAnythingIsDecoded(_ name: String) async throws {
    let folder = try TestFolder()
    let file = try #require(BadInputs.giants.first { $0.name == name })
    try folder.write(file.bytes, as: name)
    try await expectFailure(.preflight, ["resize"] + Self.order + ["--quiet", name], in: folder)
  }

  @Test(.enabled(if: Corpus.isPresent, "../shared/corpus is absent"))
  func aSmallFileOfAHugePictureIsRefused() async throws {
    let bomb = Corpus.path("libvips/17000x17000.avif")
    let folder = try TestFolder()
    try await expectFailure(.preflight, ["resize", "-o", "x.png", "--quiet", bomb] + Self.order, in: folder)
    let verify = try await Tool.run(["verify", "--quiet", bomb] + Self.order, in: folder)
    #expect(verify.code == ImgtoolError.Kind.postflight.exitCode)
    #expect(verify.hasOneLineOfComplaint, "\(verify.errors)")
  }

  @Test(arguments: [
    ["normalize", "--inplace", "a.png"], ["normalize", "--format", "jpeg", "-o", "b.png", "a.png"],
  ])
  func aMisspeltOptionIsNamedBeforeWhatItLeavesOut(_ arguments: [String]) async throws {
    let folder = try TestFolder()
    try folder.write(SamplePictures.marked(PixelSize(clamping: 8, 8)).png(), as: "a.png")
    let run = try await Tool.run(arguments, in: folder)
    #expect(run.code == ImgtoolError.Kind.usage.exitCode)
    #expect(run.errors.contains("Unknown option '\(arguments[1])'"), "\(run.errors)")
    #expect(folder.names == ["a.png"])
  }

  @Test(arguments: ["missing.png", "folder", "pipe", "/dev/null", "/dev/zero", "folder/../missing/x.png"])
  func whatIsNoFileIsAnInputError(_ name: String) async throws {
    let folder = try TestFolder()
    try FileManager.default.createDirectory(atPath: folder.path("folder"), withIntermediateDirectories: true)
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    for command in [["resize", "-o", "x.png"], ["verify"]] {
      try await expectFailure(.input, command + Self.order + [name], in: folder)
    }
  }

  @Test(.enabled(if: getuid() != 0, "the superuser may read everything"))
  func anUnreadableFileIsAnInputError() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "secret.png")
    #expect(chmod(folder.path("secret.png"), 0) == 0)
    try await expectFailure(.input, ["resize"] + Self.order + ["secret.png"], in: folder)
  }

  @Test(arguments: [
    ["--ratio", "0:1", "--res", "1K"], ["--ratio", "abc", "--res", "1K"], ["--ratio", "1:1", "--res", "3K"],
    ["--ratio", "1:1"], ["--res", "1K"], [], ["--size", "0x5"], ["--size", "5x5", "--res", "1K"],
    order + ["--gravity", "up"], order + ["--fill", "nonsense"], order + ["--quality", "101"],
    order + ["--quality", "many"], order + ["--format", "doc"], order + ["-o", "x.doc"], order + ["-o", "x"] + ["-o"],
    order + ["-o", "x.jpg", "--format", "png"], order + ["--timeout", "0"], order + ["--timeout", "nan"],
    order + ["--policy", "nonsense"], order + ["--policy", "/dev/zero"], order + ["--max-cost", "-1"],
    order + ["--backend", "no name"], order + ["--nonsense"], order + ["second.png"],
  ])
  func aWrongWordIsAUsageError(_ words: [String]) async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.png")
    try await expectFailure(.usage, ["resize"] + words + ["in.png"], in: folder)
  }

  @Test(arguments: [
    ["nonsense"], ["resize"], ["probe"], ["check"], ["run", "resize", "in.png"],
    ["run", "local.smart-resize", "in.png", "--param", "size"],
    ["run", "local.smart-resize", "in.png", "--param", "size=1x1", "--param", "size=1x1"],
    ["run", "local.smart-resize", "in.png", "--param", "colour=red"], ["frame", "--ratio", "4:3"],
    ["frame", "--ratio", "4:3", "--res", "1K", "--contract", "none"],
    ["frame", "--ratio", "4:3", "--res", "1K", "--multiple-of", "0"], ["sample", "-o", "x"],
    ["probe", "--jobs", "0", "."],
    ["check", "--depth", "deep", "in.png"],
  ])
  func everyCommandSaysInOneLineWhatIsWrongWithIt(_ words: [String]) async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.png")
    try await expectFailure(.usage, words, in: folder)
  }

  @Test(arguments: ["nowhere/x.png", "in.png/x.png", "folder", "pipe"])
  func anOutputThatCannotBeWrittenIsAStorageError(_ output: String) async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.png")
    try FileManager.default.createDirectory(atPath: folder.path("folder"), withIntermediateDirectories: true)
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    try await expectFailure(
      .storage, ["resize", "--force", "--format", "png", "-o", output, "in.png"] + Self.order, in: folder)
  }

  @Test func anOutputThatExistsIsKeptWithoutForce() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.png")
    try folder.write([1, 2, 3], as: "out.png")
    for command in [["resize", "-o", "out.png", "in.png", "--size", "30x30"], ["sample", "-o", "out.png"]] {
      try await expectFailure(.storage, command, in: folder)
      #expect(folder.read("out.png") == [1, 2, 3])
    }
    let run = try await Tool.run(["resize", "-o", "out.png", "in.png", "--size", "30x30", "--force"], in: folder)
    #expect(run.code == 0, "\(run.errors)")
    #expect(folder.read("out.png")?.count ?? 0 > 100)
    #expect(folder.names == ["in.png", "out.png"])
  }

  @Test func aFullDiskLeavesNothingBehind() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.png")
    // At most 8 × 512 bytes in a file; the picture is far larger.
    for command in [
      ["resize", "-o", "out.png", "in.png"] + Self.order + Self.plain, ["sample", "-o", "out.png", "--size", "90x60"],
    ] {
      try await expectFailure(.storage, command, in: folder, prelude: "ulimit -f 8 &&")
    }
  }

  @Test(.enabled(if: access("/dev/full", W_OK) == 0, "there is no /dev/full"))
  func resultsThatCannotBePrintedAreAStorageError() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.png")
    for command in [
      ["probe", "in.png"], ["probe", "--json", "in.png"], ["frame", "--size", "5x5"], ["operations"],
      ["verify", "in.png"],
    ] {
      let run = try await Tool.run(command, in: folder, tail: ">/dev/full")
      #expect(run.code == ImgtoolError.Kind.storage.exitCode, "\(command): \(run.errors)")
      #expect(run.hasOneLineOfComplaint, "\(command): \(run.errors)")
    }
  }

  @Test func aWrongExtensionIsSaidAndTheBytesCount() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.jpg")
    let check = try await Tool.run(["check", "--json", "in.jpg"], in: folder)
    #expect(check.output.contains("\"rule\":\"name.extension\""))
    let run = try await Tool.run(["resize", "--size", "30x30", "-o", "out.png", "in.jpg"], in: folder)
    #expect(run.code == 0, "\(run.errors)")
    try await expectFailure(.postflight, ["verify", "in.jpg"], in: folder)
  }

  @Test func anUnknownBackendIsNamed() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.png")
    try await expectFailure(.unsupported, ["resize", "--backend", "acme", "in.png"] + Self.order, in: folder)
  }

  @Test func aPassedDeadlineIsATimeout() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.png")
    try await expectFailure(
      .timeout, ["resize", "--timeout", "0.000001", "in.png"] + Self.order + Self.plain, in: folder)
  }

  @Test func anEnlargementNobodyCanHoldIsALimit() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.good, as: "in.png")
    for fill in ["mirror", "synthesize"] {
      try await expectFailure(
        .limit, ["resize", "-o", "x.png", "--size", "2147483647x2147483647", "--fill", fill, "in.png"], in: folder)
    }
    try await expectFailure(.limit, ["sample", "-o", "x.png", "--size", "100000x100000"], in: folder)
  }
}

/// Real pictures beside the project, where they are present.
enum Corpus {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/corpus")
  static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}
