// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolProbe
import ImgtoolRuntime

/// The frame to order: `--ratio` with `--res`, or `--size`.
struct FrameOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Aspect ratio, such as 21:9, 4:3 or 2.35:1.", valueName: "a:b"))
  var ratio: AspectRatio?

  @Option(name: [.customLong("res"), .customLong("resolution")], help: "Resolution tier: 1K, 2K or 4K.")
  var resolution: ResolutionTier?

  @Option(help: ArgumentHelp("An exact size instead of ratio and tier.", valueName: "WxH"))
  var size: PixelSize?

  /// The request, or nothing when no option was given.
  func request() throws -> FrameRequest? {
    if let size {
      guard ratio == nil, resolution == nil else { throw ValidationError("Give --size, or --ratio with --res.") }
      return .exactly(size)
    }
    switch (ratio, resolution) {
    case (nil, nil): return nil
    case (let ratio?, let resolution?): return .tier(ratio, resolution)
    case (nil, _): throw ValidationError("--res needs --ratio.")
    case (_, nil): throw ValidationError("--ratio needs --res.")
    }
  }

  func required() throws -> FrameRequest {
    guard let request = try request() else { throw ValidationError("Give --ratio with --res, or --size.") }
    return request
  }
}

/// What arguments name.
enum Arguments {
  /// The header of a file named on the command line.
  ///
  /// - Parameter name: what it is called, where that is not its path.
  /// - Throws: as `Probe.facts(ofFile:)`, with the name in front.
  static func facts(of path: String, named name: String? = nil) throws(ImgtoolError) -> ImageFacts {
    do {
      return try Probe.facts(ofFile: path)
    } catch {
      throw error.about(name ?? path)
    }
  }
}

/// Which files, and how the work is spread; for commands over many files.
struct BulkOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("Files and folders; - reads a list of paths from standard input.", valueName: "path"))
  var paths: [String] = []

  @Flag(name: .shortAndLong, help: "Walk folders into their subfolders.")
  var recursive = false

  @Flag(help: "In folders, take files of any name, not only image extensions.")
  var everyFile = false

  @Option(help: ArgumentHelp("Read paths from a file, one a line; - is standard input.", valueName: "file"))
  var filesFrom: String?

  @Flag(name: [.customLong("null"), .customShort("0")], help: "Paths in a list end in NUL instead of a line feed.")
  var nullSeparated = false

  @Option(help: ArgumentHelp("Pass over paths that have a record in the NDJSON of an earlier run.", valueName: "file"))
  var resumeFrom: String?

  @Option(help: ArgumentHelp("Files worked on at once; more than the cores helps on cold storage.", valueName: "n"))
  var jobs: Int?

  @Flag(help: "Print results as they are done instead of in the order of the input.")
  var unordered = false

  @Flag(help: "Print NDJSON: one record per input, schema version 1.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if paths.isEmpty, filesFrom == nil { throw ValidationError("Name files or folders, or give --files-from.") }
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs goes from 1 to 1024.") }
  }

  /// - Throws: `.input` or `.usage` for records to resume from that cannot be used.
  func files() throws(ImgtoolError) -> FileList {
    FileList(
      paths: paths, isRecursive: recursive, takesEveryName: everyFile, listFile: filesFrom,
      isNullSeparated: nullSeparated,
      done: try resumeFrom.map { path throws(ImgtoolError) in try DoneList(records: path) })
  }

  /// Whether more than one named file is meant.
  var isBatch: Bool {
    guard paths.count == 1, filesFrom == nil, paths != ["-"] else { return true }
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: paths[0], isDirectory: &isFolder) && isFolder.boolValue
  }

  var bulk: Bulk {
    Bulk(workers: jobs ?? ProcessInfo.processInfo.activeProcessorCount, isOrdered: !unordered)
  }
}

/// A policy by name or file.
struct PolicyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A policy: \(InputPolicy.shipped.map(\.name).joined(separator: ", ")), or a JSON file.", valueName: "name|file"))
  var policy: String?

  /// The policy named, or the one given.
  ///
  /// - Throws: `.usage` for a file that is no policy.
  func policy(orNamed fallback: String) throws -> InputPolicy {
    let name = policy ?? fallback
    if let shipped = InputPolicy.named(name) { return shipped }
    var found = stat()
    guard stat(name, &found) == 0, found.st_mode & S_IFMT == S_IFREG, found.st_size <= 1 << 20,
      let bytes = FileManager.default.contents(atPath: name)
    else {
      let known = InputPolicy.shipped.map(\.name).joined(separator: ", ")
      throw ImgtoolError(.usage, "\(name) is no policy (\(known)) and no readable JSON file.")
    }
    return try InputPolicy(json: bytes)
  }
}
