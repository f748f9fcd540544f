// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolRuntime
import Synchronization

struct Normalize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Store pixels upright: orientation 1 in EXIF and XMP, losslessly where JPEG allows.",
    discussion: """
      Example: imgtool normalize --in-place --strip private --recursive photos/

      A file that is upright already is copied byte for byte, or left alone in place.
      """)

  @OptionGroup var options: BulkOptions

  @OptionGroup(title: "Decoding") var decoding: DecodingOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write, for one input.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("The folder to write into, under the same names.", valueName: "folder"))
  var outputDir: String?

  @Flag(help: "Replace each file by its upright form, atomically, keeping mode and times.")
  var inPlace = false

  @Option(help: "JPEG without re-encoding: require, prefer, never.")
  var lossless: NormaliseOptions.Lossless = .prefer

  @Option(help: "Metadata to remove: none; private (location, serial numbers, owner, thumbnails, maker notes); all.")
  var strip: MetadataStrip = .none

  @Option(name: [.customLong("quality"), .customShort("Q")], help: "Quality where pixels are encoded again, 1 to 100.")
  var quality = 95

  @Flag(name: .shortAndLong, help: "Replace outputs that exist.")
  var force = false

  func validate() throws {
    guard (1...100).contains(quality) else { throw ValidationError("--quality goes from 1 to 100.") }
  }

  /// What could be the fault of a misspelt option is looked at once those have been told.
  private func checkDestination() throws {
    guard [output != nil, outputDir != nil, inPlace].count(where: { $0 }) == 1 else {
      throw ValidationError("Give one of -o, --output-dir and --in-place.")
    }
    guard output != Pipes.name else {
      throw ValidationError("normalize writes no picture to standard output: give -o a file.")
    }
    if output != nil, options.paths.count != 1 || options.filesFrom != nil || options.paths == ["-"] {
      throw ValidationError("-o takes one input; use --output-dir or --in-place for more.")
    }
  }

  func run() throws {
    try checkDestination()
    try decoding.arrange(isExposed: options.isBatch)
    let job = NormaliseJob(
      NormaliseOptions(lossless: lossless, strip: strip, quality: quality), to: destination, replaces: force,
      pool: Backends.pool)
    let failures = Mutex<[ImgtoolError.Kind]>([])
    let count = Atomic<Int>(0)
    let progress = ProgressLine(isQuiet: options.quiet || Console.isOutputTerminal)
    let (isJSON, isQuiet) = (options.json, options.quiet)
    var bulk = options.bulk
    bulk.batchSize = 1
    bulk.run(over: try options.files().makeWalk(stop: Interruption.flag), stop: Interruption.flag) { paths in
      paths.map { path in
        NormaliseRecord(path: path, result: Result { () throws(ImgtoolError) in try job.run(path) })
      }
    } emit: { records, share in
      for record in records {
        if case .failure(let error) = record.result { failures.withLock { $0.append(error.kind) } }
        Self.show(record, isJSON: isJSON, isQuiet: isQuiet)
      }
      let done = count.add(records.count, ordering: .relaxed).newValue
      progress.show(count: done, share: share, failed: failures.withLock { $0.count })
      return true
    }
    progress.end()
    if Interruption.flag.isSet {
      throw ImgtoolError(.cancelled, "Stopped after \(count.load(ordering: .relaxed)) files.")
    }
    let kinds = failures.withLock { $0 }
    // One kind has its own exit code; a mixture is a fault of the inputs.
    if let first = kinds.first { Foundation.exit((Set(kinds).count == 1 ? first : .input).exitCode) }
    if count.load(ordering: .relaxed) == 0 { throw ImgtoolError(.input, "There are no images to normalise.") }
  }

  private var destination: NormaliseJob.Destination {
    if let output { return .file(output) }
    if let outputDir { return .folder(outputDir) }
    return .inPlace
  }

  private static func show(_ record: NormaliseRecord, isJSON: Bool, isQuiet: Bool) {
    if isJSON {
      var line = JSONLine()
      record.write(to: &line)
      Console.write(line.bytes)
      return
    }
    switch record.result {
    case .failure(let error): Console.complain("\(record.path): \(error)")
    case .success(let (output, outcome)):
      guard !isQuiet else { return }
      Console.say("\(output.escaped)  \(outcome.size)  \(outcome.summary)")
      for finding in outcome.findings { Console.say("    " + RecordTable.row(of: finding)) }
    }
  }
}
