// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolProbe
import ImgtoolTesting
import Testing

/// What every operation of every backend has to hold, held by local.smart-resize.
@Suite struct SmartResizeConformanceTests {
  static let contradictions: [[String: String]] = [
    [:], ["aspect_ratio": "1:1"], ["resolution": "1K"], ["size": "64x64", "resolution": "1K"],
    ["size": "64x64", "aspect_ratio": "1:1"], ["size": "64x64", "aspect_ratio": "1:1", "resolution": "1K"],
    ["size": "64x64", "fill": "nonsense"], ["size": "64x64", "fill": "color=#12345"],
    ["size": "64x64", "fill": "color=#gggggg"], ["size": "64x64", "fill": ""],
  ]

  @Test(arguments: [
    ["aspect_ratio": "21:9", "resolution": "1K", "fill": "mirror"], ["size": "160x90"],
    ["size": "50x70", "fill": "blur", "gravity": "south"],
  ])
  func holdsForBytesInMemory(_ parameters: [String: String]) async throws {
    let bytes = SamplePictures.scene(size(120, 90)).png()
    let input = PreparedImage(bytes: .memory(bytes), facts: try Probe.facts(of: bytes), isOriginal: true)
    let suite = OperationConformance(
      try SmartResizeTest.operation(), input: input, parameters: parameters, contradictions: Self.contradictions)
    let violations = await suite.violations()
    #expect(violations.isEmpty, "\(violations)")
  }

  @Test(arguments: [ImageFormat.jpeg, .webp, .tiff])
  func holdsForAFile(_ format: ImageFormat) async throws {
    let folder = try TestFolder()
    let bytes = try await SmartResizeTest.file(SamplePictures.scene(size(120, 90)), EncodeOptions(format: format))
    let path = try folder.write(bytes, as: "in")
    let input = PreparedImage(bytes: .file(path: path), facts: try Probe.facts(ofFile: path), isOriginal: true)
    let suite = OperationConformance(
      try SmartResizeTest.operation(), input: input, parameters: ["size": "140x140", "fill": "edge"],
      contradictions: Self.contradictions, encoding: EncodeOptions(format: format))
    let violations = await suite.violations()
    #expect(violations.isEmpty, "\(violations)")
    #expect(folder.names == ["in"])
  }
}
