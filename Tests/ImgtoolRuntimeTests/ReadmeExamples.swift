// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime
import ImgtoolTesting
import LocalBackend
import Testing

/// The examples of README.md, word for word; `readmeShowsTheseExamples` holds them together.
enum ReadmeExamples {
  // example: preflight
  static func refusal(ofFile path: String) throws -> String? {
    let facts = try Probe.facts(ofFile: path)
    guard let policy = InputPolicy.named("runflow-smart-resize"), let ratio = AspectRatio("16:9") else { return nil }
    let findings = Preflight(policy).judge(facts, name: path, request: .tier(ratio, .k2))
    return findings.failures.first.map { "\($0.rule): \($0.message)" }
  }
  // end

  // example: pipeline
  static func recompose(_ input: String, into output: String) async throws -> JobReport {
    let pool = SharedPool()
    let catalog = try OperationCatalog(LocalBackend.operations(pool: pool))
    let operation = try catalog.operation(named: "local.smart-resize")
    let order = try Parameters(
      ["aspect_ratio": "21:9", "resolution": "4K", "fill": "mirror"], for: operation.parameters)
    let plan = Plan(
      operation: operation.name, parameters: order, input: input, output: output,
      encoding: EncodeOptions(format: .jpeg))
    return try await Runner(catalog: catalog, pool: pool).run(plan)
  }
  // end
}

struct ReadmeTests {
  /// The package's root, from where this file lies.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func readmeShowsTheseExamples() throws {
    let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
    let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let marker = ["  //", "example: "].joined(separator: " ")
    let parts = source.components(separatedBy: marker).dropFirst()
    #expect(parts.count == 2)
    for part in parts {
      let lines = part.components(separatedBy: "\n").dropFirst().prefix { $0 != "  // end" }
      let example = lines.map { $0.dropFirst(2).replacing("static func", with: "func") }.joined(separator: "\n")
      #expect(readme.contains(example), "README.md lacks:\n\(example)")
    }
  }

  @Test func theEmbeddedPipelineDeliversTheFrameThatWasOrdered() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "imgtool-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let input = "\(folder)/in.png"
    try await Self.drawPicture(at: input)
    let report = try await ReadmeExamples.recompose(input, into: "\(folder)/out.jpg")
    #expect(report.state == .done)
    #expect(report.outputs.first?.facts?.displaySize == PixelSize(width: 4096, height: 1755))
    #expect(try ReadmeExamples.refusal(ofFile: input) == nil)
  }

  private static func drawPicture(at path: String) async throws {
    let size = try #require(PixelSize(width: 240, height: 180))
    let samples = (0..<size.area * 3).map { UInt8(truncatingIfNeeded: $0 / 3 % 240 + $0 / 720 * 3 + $0 % 3 * 40) }
    let bytes = try await SharedPool().pool().run(cost: .mebibytes(1)) { thread in
      try Picture(samples: samples, size: size, bands: 3, on: thread).encoded(EncodeOptions(format: .png))
    }
    #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
  }
}
