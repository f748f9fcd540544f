// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

/// `imgtool resize`, `run`, `verify`, `sample`, `operations`, `doctor`, as a person or a program calls them.
@Suite struct JobCommandTests {
  private func folderWithPicture() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write(SamplePictures.scene(PixelSize(clamping: 400, 300)).png(), as: "in.png")
    return folder
  }

  @Test func resizeWritesTheOrderedFrameAndReports() async throws {
    let folder = try folderWithPicture()
    let run = try await Tool.run(
      ["resize", "--ratio", "21:9", "--res", "1K", "--fill", "mirror", "--json", "in.png"], in: folder)
    #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(folder.names == ["in-21x9-1K.png", "in.png"])
    let report = try #require(try run.object)
    #expect(report["schemaVersion"] as? Int == 1)
    #expect(report["state"] as? String == "done")
    #expect(report["cost"] as? String == "0.00")
    let output = try #require((report["outputs"] as? [[String: Any]])?.first)
    #expect(output["path"] as? String == "in-21x9-1K.png")
    #expect(output["width"] as? Int == 1024)
    #expect(output["height"] as? Int == 439)
    let rules = (output["findings"] as? [[String: Any]])?.compactMap { $0["rule"] as? String }
    #expect(rules?.contains("ratio.exact") == true)
    #expect(rules?.contains("whole.decoded") == true)
    let verify = try await Tool.run(
      ["verify", "--ratio", "21:9", "--res", "1K", "--backend", "local", "--source", "in.png", "in-21x9-1K.png"],
      in: folder)
    #expect(verify.code == 0, "\(verify.errors)")
  }

  @Test(arguments: [("x.jpg", "jpeg"), ("x.webp", "webp"), ("x.tif", "tiff"), ("x.PNG", "png")])
  func theExtensionOfTheOutputNamesTheFormat(_ name: String, _ format: String) async throws {
    let folder = try folderWithPicture()
    let run = try await Tool.run(
      ["resize", "--size", "80x40", "--fill", "mirror", "--quiet", "-o", name, "in.png"], in: folder)
    #expect(run.code == 0 && run.output.isEmpty && run.errors.isEmpty, "\(run.errors)")
    let probe = try await Tool.run(["probe", "--json", name], in: folder)
    #expect(try probe.object?["format"] as? String == format)
    #expect(try probe.object?["width"] as? Int == 80)
  }

  @Test func aDryRunTellsThePlanAndWritesNothing() async throws {
    let folder = try folderWithPicture()
    for words in [["--dry-run"], ["-n", "--json"]] {
      let run = try await Tool.run(["resize", "--ratio", "1:1", "--res", "4K", "in.png"] + words, in: folder)
      #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(run.output.contains("4096"))
      #expect(run.output.contains("0.00"))
      #expect(folder.names == ["in.png"])
    }
  }

  @Test func theReportForPeopleTellsWhatWentInAndCameOut() async throws {
    let folder = try folderWithPicture()
    let run = try await Tool.run(["resize", "--size", "90x30", "-o", "out.png", "in.png"], in: folder)
    let titles = run.outputLines.compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(titles.first == "input")
    #expect(["frame", "price", "wrote", "spent"].allSatisfy(titles.contains), "\(run.output)")
    #expect(run.output.contains("40×30") && run.output.contains("55.6 % new pixels"), "\(run.output)")
  }

  @Test func aRefusalIsReportedAndThenComplainedOf() async throws {
    let folder = try TestFolder()
    try folder.write(BadInputs.bomb, as: "bomb.gif")
    let run = try await Tool.run(["resize", "--size", "90x30", "--json", "bomb.gif"], in: folder)
    #expect(run.code == ImgtoolError.Kind.preflight.exitCode)
    #expect(run.hasOneLineOfComplaint && run.errors.contains("pixels.limit"), "\(run.errors)")
    #expect(try run.object?["state"] as? String == "refused")
    #expect((try run.object?["error"] as? [String: Any])?["kind"] as? String == "preflight")
  }

  @Test func anAddressWithoutTLSIsSaidToBeOne() async throws {
    let folder = try folderWithPicture()
    let words = ["--ratio", "1:1", "--res", "1K", "http://pictures.example/a.jpg"]
    let run = try await Tool.run(
      ["resize", "--backend", "runflow"] + words, in: folder, prelude: "export RUNFLOW_API_KEY=rf_live_EXAMPLE0000 ;")
    #expect(run.code == ImgtoolError.Kind.usage.exitCode, "\(run)")
    #expect(run.hasOneLineOfComplaint && run.errors.contains("https"), "\(run.errors)")
    // The embedded operations fetch nothing at all.
    let local = try await Tool.run(["resize"] + words, in: folder)
    #expect(local.code == ImgtoolError.Kind.unsupported.exitCode && local.hasOneLineOfComplaint, "\(local)")
  }

  @Test func verifyTellsWhatIsNotAsOrdered() async throws {
    let folder = try folderWithPicture()
    let plain = SamplePictures.plain(PixelSize(clamping: 64, 64), [7, 8, 9])
    try folder.write(plain.png(), as: "blank.png")
    try folder.write(SamplePictures.gradient(PixelSize(clamping: 64, 60)).png(), as: "small.png")
    let scene = SamplePictures.scene(PixelSize(clamping: 80, 60))
    try folder.write(scene.padded(left: 20, right: 20, with: [0, 0, 0]).png(), as: "bars.png")
    let wrong: [([String], String)] = [
      (["blank.png"], "content.blank"), (["--size", "64x64", "small.png"], "size.wrong"),
      (["bars.png"], "content.bars"),
      (["--ratio", "1:1", "--res", "1K", "in.png"], "ratio.wrong"),
      (["--source", "in.png", "small.png"], "frame.changed"),
    ]
    for (words, rule) in wrong {
      let run = try await Tool.run(["verify"] + words, in: folder)
      #expect(run.code == ImgtoolError.Kind.postflight.exitCode, "\(words): \(run.errors)")
      #expect(run.hasOneLineOfComplaint && run.errors.contains(rule), "\(words): \(run.errors)")
      #expect(run.output.contains("fail  \(rule)"), "\(run.output)")
    }
    // Bars that the source itself has were not made by the backend.
    let own = try await Tool.run(["verify", "bars.png", "--source", "bars.png", "--json"], in: folder)
    #expect(own.code == 0, "\(own.errors)")
    #expect(try own.object?["ok"] as? Bool == true)
  }

  @Test func runTakesAnyOperationByName() async throws {
    let folder = try folderWithPicture()
    let run = try await Tool.run(
      ["run", "local.smart-resize", "in.png", "--param", "size=50x50", "--param", "fill=color=#ffffff", "-o", "o.png"],
      in: folder)
    #expect(run.code == 0, "\(run.errors)")
    #expect(folder.names == ["in.png", "o.png"])
  }

  @Test func operationsListsParametersAndPrice() async throws {
    let folder = try TestFolder()
    let text = try await Tool.run(["operations"], in: folder)
    #expect(text.output.hasPrefix("local.smart-resize  $0.00 per image\n"))
    let json = try await Tool.run(["operations", "--json"], in: folder)
    let operation = try #require(try json.objects.first)
    #expect(operation["name"] as? String == "local.smart-resize")
    #expect(operation["price"] as? String == "0.00")
    let names = (operation["parameters"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
    #expect(names?.prefix(5) == ["aspect_ratio", "resolution", "size", "gravity", "fill"])
  }

  @Test func doctorSaysWhatTheMachineHas() async throws {
    let folder = try TestFolder()
    let json = try await Tool.run(["doctor", "--json"], in: folder)
    #expect(json.code == 0, "\(json.errors)")
    let report = try #require(try json.object)
    #expect(report["ok"] as? Bool == true)
    let rules = (report["findings"] as? [[String: Any]])?.compactMap { $0["rule"] as? String } ?? []
    for rule in ["machine.libvips", "machine.libexif", "machine.format.jpeg", "machine.allocator", "machine.state"] {
      #expect(rules.contains(rule), "\(rule)")
    }
    let text = try await Tool.run(["doctor"], in: folder)
    #expect(text.output.hasPrefix("imgtool "))
  }

  @Test func sampleDrawsTheSamePictureEveryTime() async throws {
    let folder = try TestFolder()
    for name in ["a.png", "b.png"] {
      let run = try await Tool.run(["sample", "-o", name, "--size", "90x60"], in: folder)
      #expect(run.code == 0, "\(run.errors)")
    }
    #expect(folder.read("a.png") == folder.read("b.png"))
    let verify = try await Tool.run(["verify", "--size", "90x60", "a.png"], in: folder)
    #expect(verify.code == 0, "\(verify.errors)")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func anInterruptionLeavesNothingBehind(_ signal: Int32) async throws {
    let folder = try TestFolder()
    try folder.write(SamplePictures.scene(PixelSize(clamping: 600, 400)).png(), as: "in.png")
    let path = folder.path
    let run = try await Tool.run(
      ["resize", "--ratio", "1:1", "--res", "4K", "--fill", "mirror", "-o", "out.png", "--compression", "9", "in.png"],
      in: folder
    ) { process in
      // The hidden file appears once the work has begun; the work then takes long enough to be met by a signal.
      let end = ContinuousClock.now + .seconds(60)
      while ContinuousClock.now < end, kill(process, 0) == 0 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []  // asked again in a moment
        if names.contains(where: { $0.hasSuffix(".part") }) { break }
        usleep(1000)
      }
      kill(process, signal)
    }
    #expect(run.code == 130, "\(run.errors)")
    #expect(run.errors == "imgtool: Stopped.\n")
    #expect(run.output.isEmpty)
    #expect(folder.names == ["in.png"])
  }
}
