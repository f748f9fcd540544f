// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolProbe
import Testing

/// Facts against libvips' own reading of the same files, through the command vipsheader.
@Suite struct VipsOracleTests {
  /// Where the two answers may differ, and why.
  static let exceptions: [String: String] = [
    "libvips/small.bmp": "ImageMagick reads bitmaps for libvips and always adds an alpha band",
    "libvips/truncated.gif": "libvips adds alpha for the rows that are missing",
    "libvips/world.jp2": "libvips counts the resolutions of a JPEG 2000 picture as pages",
    "sharp/relax.jp2": "libvips counts the resolutions of a JPEG 2000 picture as pages",
    "sharp/vfile.v": "libvips' own format, which nobody sends to be looked at",
    "sharp/relax_tileparts.jp2": "libvips counts the resolutions of a JPEG 2000 picture as pages",
  ]

  @Test(.enabled(if: Corpus.isPresent && VipsHeader.isPresent, "the shared corpus or vipsheader is absent"))
  func everyFileOfTheCorpusGivesTheSameFacts() throws {
    #expect(try compare(Corpus.files, in: Corpus.folder) > 100)
  }

  @Test(.enabled(if: Corpus.wild != nil && VipsHeader.isPresent, "IMGTOOL_WILD or vipsheader is absent"))
  func everyFileOfTheWildGivesTheSameFacts() throws {
    let folder = try #require(Corpus.wild)
    let files = Corpus.files(of: folder)
    for start in Swift.stride(from: 0, to: files.count, by: 500) {
      _ = try compare(Array(files[start..<min(start + 500, files.count)]), in: folder)
    }
  }

  /// Compares the facts of all files that libvips opens; answers how many there are.
  private func compare(_ names: [String], in folder: URL) throws -> Int {
    let answers = try VipsHeader.answers(for: names, in: folder)
    var compared = 0
    for (name, answer) in answers.sorted(by: { $0.key < $1.key }) where Self.exceptions[name] == nil {
      guard let width = answer["width"].flatMap(Int.init), let height = answer["height"].flatMap(Int.init),
        let loader = answer["vips-loader"], loader != "svgload"
      else { continue }
      let facts = try Probe.facts(ofFile: folder.appendingPathComponent(name).path)
      let tagged = answer["orientation"].flatMap(Int.init) ?? 1
      let orientation = Orientation(rawValue: tagged) ?? .up
      // libheif turns while loading, so its size is the one for display and its orientation is 1.
      let isTurned = facts.orientationSource == .itemProperties
      let size = PixelSize(width: width, height: height)
      #expect((isTurned ? facts.displaySize : facts.storedSize) == size, "\(name)")
      #expect((isTurned ? .up : facts.orientation) == orientation, "\(name)")
      #expect(facts.frameCount == answer["n-pages"].flatMap(Int.init) ?? 1, "\(name)")
      #expect((facts.icc != nil) == (answer["icc-profile-data"] != nil), "\(name)")
      if let alpha = VipsHeader.hasAlpha(answer) { #expect(facts.hasAlpha == alpha, "\(name)") }
      if facts.isAnimated, let loop = answer["loop"].flatMap(Int.init) { #expect(facts.loopCount == loop, "\(name)") }
      compared += 1
    }
    return compared
  }
}

/// The command vipsheader, asked about many files at once.
enum VipsHeader {
  static let command = "/usr/bin/vipsheader"
  static var isPresent: Bool { FileManager.default.isExecutableFile(atPath: command) }

  /// What it says of each file it can open, as names and values.
  static func answers(for names: [String], in folder: URL) throws -> [String: [String: String]] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command)
    process.currentDirectoryURL = folder
    process.arguments = ["-a"] + names
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let known = Set(names)
    var answers: [String: [String: String]] = [:]
    for line in text.split(separator: "\n") {
      // Asked about several files, it says "a.jpg: width: 40".
      let parts = line.split(separator: ": ", maxSplits: 2).map(String.init)
      guard parts.count == 3, known.contains(parts[0]) else { continue }
      answers[parts[0], default: [:]][parts[1]] = parts[2]
    }
    return answers
  }

  /// Whether there are more bands than the interpretation has colours; nothing where it does not say.
  static func hasAlpha(_ answer: [String: String]) -> Bool? {
    let colours = ["b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3, "lab": 3, "labs": 3, "cmyk": 4]
    guard let bands = answer["bands"].flatMap(Int.init), let name = answer["interpretation"], let own = colours[name]
    else { return nil }
    return bands > own
  }
}
