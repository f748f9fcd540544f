// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A zip of pictures at the command line, against `imgtool serve`.
@Suite struct ZipCommandTests {
  private static let order = [
    "resize", "--backend", "runflow", "--ratio", "21:9", "--res", "1K", "--journal", "journal",
  ]

  private func served(_ options: [String] = []) throws -> ServedTool {
    let folder = try TestFolder()
    try folder.write(
      SampleZip([
        "b.png": SamplePictures.marked(PixelSize(clamping: 1024, 439)).png(),
        "sub/a.png": SamplePictures.marked(PixelSize(clamping: 1024, 440)).png(),
      ]).bytes, as: "photos.zip")
    // Pictures that have the frame already may be given back as they are.
    return try ServedTool(in: folder, ["--echo"] + options)
  }

  private func objects(_ run: Tool.Run) throws -> [[String: Any]] {
    try run.outputLines.compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
  }

  @Test func aZipGivesAFileAndALineForEachPicture() async throws {
    let tool = try served()
    let dry = try await tool.run(Self.order + ["--dry-run", "photos.zip"])
    #expect(dry.code == 0 && dry.output.contains("2 pictures, $1.10 at most, $0.00 spent"), "\(dry.errors)")
    #expect(!tool.folder.names.contains { $0.hasPrefix("photos-") })

    let cheap = try await tool.run(Self.order + ["--max-cost", "1", "photos.zip"])
    #expect(cheap.code == 78 && cheap.hasOneLineOfComplaint && cheap.errors.contains("$1.10"), "\(cheap.errors)")

    let run = try await tool.run(Self.order + ["--json", "photos.zip"])
    #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(
      tool.folder.names.filter { $0.hasPrefix("photos-21x9-1K/") } == ["photos-21x9-1K/a.png", "photos-21x9-1K/b.png"])
    let lines = try objects(run)
    #expect(lines.map { $0["state"] as? String } == ["done", "done"])
    let inputs = lines.compactMap { ($0["input"] as? [String: Any])?["path"] as? String }
    #expect(inputs == ["photos.zip/b.png", "photos.zip/sub/a.png"])
    let costs = lines.compactMap { ($0["cost"] as? String).flatMap(Money.init) }
    #expect(costs.reduce(.zero, +) == .cents(55))
    for line in lines {
      let outputs = line["outputs"] as? [[String: Any]]
      #expect(outputs?.count == 1 && outputs?.first?["width"] as? Int == 1024)
    }

    // The results are given again for nothing, in another folder and format; those there are not replaced.
    let taken = try await tool.run(Self.order + ["photos.zip"])
    #expect(taken.code == 73 && taken.hasOneLineOfComplaint, "\(taken.errors)")
    let again = try await tool.run(Self.order + ["--format", "webp", "-o", "web", "photos.zip"])
    #expect(again.code == 0 && again.output.contains("$0.00 spent"), "\(again.errors)\(again.output)")
    let remote = try #require(lines.first?["remoteId"] as? String)
    #expect(again.output.contains("run      \(remote)"))
    #expect(tool.folder.names.filter { $0.hasPrefix("web/") } == ["web/a.webp", "web/b.webp"])
    let jobs = try await tool.jobs()
    #expect(jobs.count == 1)
    let id = try #require(jobs.first?["id"] as? String)
    let resumed = try await tool.run(["jobs", "resume", id, "-o", "third", "--json", "--journal", "journal"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(tool.folder.names.filter { $0.hasPrefix("third/") } == ["third/a.png", "third/b.png"])
  }

  @Test func aFolderThatCannotBeMadeIsFoundBeforeTheResultsAreWaitedFor() async throws {
    let tool = try served(["--faults"])
    var request = URLRequest(url: try #require(URL(string: tool.base + "/_faults")))
    request.httpMethod = "PUT"
    // A key that is refused while the run is read leaves the job where it is.
    request.httpBody = Data(#"[{"on":"getRun","do":"status","status":401,"times":null}]"#.utf8)
    _ = try await URLSession.shared.data(for: request)
    #expect(try await tool.run(Self.order + ["--quiet", "photos.zip"]).code == 77)
    let id = try #require(try await tool.jobs().first?["id"] as? String)
    let words = ["jobs", "resume", id, "--journal", "journal", "-o"]
    for folder in ["photos.zip/out", "absent/out", "photos.zip"] {
      let run = try await tool.run(words + [folder])
      #expect(run.code == 73 && run.hasOneLineOfComplaint && run.errors.contains(folder), "\(run.code) \(run.errors)")
    }
    #expect(try await tool.run(words + ["out"]).code == 77 && !tool.folder.names.contains("out"))
  }

  @Test func aBadZipEndsInOneLine() async throws {
    let tool = try served()
    let small = SamplePictures.marked(PixelSize(clamping: 120, 90)).png()
    let bad: [(String, [UInt8], Int32)] = [
      ("empty.zip", SampleZip().bytes, 65), ("text.zip", SampleZip(["a.txt": Array("no picture".utf8)]).bytes, 65),
      ("cut.zip", SampleZip(["a.png": small, "b.png": Array(small.dropLast(300))]).bytes, 67),
    ]
    for (name, bytes, code) in bad {
      try tool.folder.write(bytes, as: name)
      let run = try await tool.run(Self.order + ["--quiet", name])
      #expect(run.code == code && run.hasOneLineOfComplaint && run.errors.contains(name), "\(run.code) \(run.errors)")
    }
    let local = try await tool.run(["resize", "--ratio", "4:3", "--res", "1K", "photos.zip"])
    #expect(local.code == 69 && local.hasOneLineOfComplaint, "\(local.errors)")
    let page = try await tool.run(Self.order + ["--report", "page.html", "photos.zip"])
    #expect(page.code == 64 && page.hasOneLineOfComplaint, "\(page.errors)")
    #expect(try await tool.jobs().isEmpty)
  }

  @Test func aMaskIsGivenAsAFile() async throws {
    let tool = try served()
    try tool.folder.write(SamplePictures.scene(PixelSize(clamping: 160, 120)).png(), as: "photo.png")
    let white = SamplePictures.plain(PixelSize(clamping: 160, 120), [255, 255, 255])
    try tool.folder.write(white.png(), as: "mask.png")
    try tool.folder.write(SamplePictures.plain(PixelSize(clamping: 80, 60), [255, 255, 255]).png(), as: "small.png")
    let words = ["run", "runflow.object-removal", "photo.png", "--journal", "journal", "--param"]
    let dry = try await tool.run(words + ["mask_url=@mask.png", "--dry-run"])
    #expect(dry.code == 0 && dry.output.contains("mask_url mask.png  160×120 png"), "\(dry.errors)\(dry.output)")
    let small = try await tool.run(words + ["mask_url=@small.png", "--quiet"])
    #expect(small.code == 67 && small.hasOneLineOfComplaint && small.errors.contains("mask.size"), "\(small.errors)")
    let absent = try await tool.run(words + ["mask_url=@absent.png"])
    #expect(
      absent.code == 65 && absent.hasOneLineOfComplaint && absent.errors.contains("absent.png"), "\(absent.errors)")
    #expect(try await tool.jobs().isEmpty)
  }
}
