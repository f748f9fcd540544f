// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolRuntime

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check that a returned image is whole and what was ordered.",
    discussion: """
      Example: imgtool verify out.jpg --ratio 21:9 --res 4K --source photo.jpg

      Without a frame, --source alone asks for the size of the source, as skin-fix must return it.
      """)

  @Argument(help: ArgumentHelp("The returned image.", valueName: "image"))
  var image: String

  @OptionGroup(title: "Frame") var frame: FrameOptions
  @OptionGroup(title: "Decoding") var decoding: DecodingOptions

  @Option(help: ArgumentHelp("The picture that was sent.", valueName: "image"))
  var source: String?

  @Option(help: "The backend it came from: local sizes are exact, others may follow a size table.")
  var backend: String?

  @Option(help: ArgumentHelp("Write a page to look at: before and after, findings.", valueName: "file.html"))
  var report: String?

  @Flag(name: .shortAndLong, help: "Replace the page if it exists.")
  var force = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func run() async throws {
    let request = try frame.request()
    try decoding.arrange(isExposed: false)
    let input = try source.map { (path) throws(ImgtoolError) in try Arguments.facts(of: path) }
    let policy = backend == Backends.standard ? FramePolicy.exact : FramePolicy()
    let expectation = Expectation(
      frame: request.map { .request($0) } ?? (input == nil ? .any : .sameAsInput), frames: policy)
    let (path, sourcePath) = (image, source)
    let page = try report.map { (path) throws(ImgtoolError) in try PageFile(path, replaces: force) }
    let verification = try await Interruption.cancelling {
      try await Verifier(pool: Backends.pool, skin: Backends.skinFinder)
        .verify(path, name: path, against: expectation, input: input, source: sourcePath)
    }
    if let page {
      let sent = sourcePath.flatMap { path in input.map { (path, $0) } }
      let bytes = try await ReportPage(pool: Backends.pool).html(
        of: verification, path: path, source: sent, request: request)
      try page.write(bytes)
    }
    show(verification)
    let failures = verification.findings.failures
    guard failures.isEmpty else {
      let reasons = failures.map(\.reason).joined(separator: " ")
      throw ImgtoolError(.postflight, "\(image) is not what was ordered: \(reasons)")
    }
  }

  private func show(_ verification: Verification) {
    if json {
      var line = JSONLine()
      verification.write(to: &line, path: image)
      Console.write(line.bytes)
    } else if !quiet {
      let facts = verification.facts
      Console.say("\(image.escaped)  \(facts.displaySize) \(facts.format.rawValue), \(facts.fileBytes)")
      for finding in verification.findings { Console.say("    " + RecordTable.row(of: finding)) }
    }
  }
}
