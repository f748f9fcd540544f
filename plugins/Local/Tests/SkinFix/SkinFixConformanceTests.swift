// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolProbe
import ImgtoolTesting
import LocalBackend
import Testing

/// What every operation of every backend has to hold, held by local.skin-fix.
@Suite struct SkinFixConformanceTests {
  /// Skin with freckles on a wall, which is all the operation needs of a face that is named.
  static let portrait = SamplePicture(PixelSize(clamping: 160, 160)) { x, y in
    let (dx, dy) = (x - 80, y - 80)
    guard dx * dx + dy * dy < 3600 else { return [90, 120, 150] }
    let freckle = (x * 7 + y * 13) % 97 == 0
    return freckle ? [150, 90, 70] : [UInt8(205 + x % 5), UInt8(160 + y % 5), 140]
  }

  @Test(arguments: [["strength": "0.5", "face": "20,20,120,120"], ["strength": "0", "face": "0,0,160,160"]])
  func holdsForAFile(_ parameters: [String: String]) async throws {
    let operation = try #require(
      LocalBackend.operations(pool: SmartResizeTest.pool).first { $0.name == "local.skin-fix" })
    let folder = try TestFolder()
    let path = try folder.write(Self.portrait.png(), as: "in.png")
    let input = PreparedImage(bytes: .file(path: path), facts: try Probe.facts(ofFile: path), isOriginal: true)
    let suite = OperationConformance(
      operation, input: input, parameters: parameters,
      contradictions: [["face": "1,2"], ["face": "a,b,c,d"], ["face": "150,150,100,100"], ["face": "0,0,0,0"]])
    let violations = await suite.violations()
    #expect(violations.isEmpty, "\(violations)")
    #expect(folder.names == ["in.png"])
  }
}
