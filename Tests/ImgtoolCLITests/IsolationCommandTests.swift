// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolTesting
import Testing

/// Decoding in processes of the tool's own, as a user asks for it.
@Suite struct IsolationCommandTests {
  @Test(arguments: ["process", "none"])
  func bothPlacesSayTheSame(place: String) async throws {
    let folder = try TestFolder()
    let whole = SamplePictures.marked(PixelSize(clamping: 160, 120)).png()
    try folder.write(whole, as: "good.png")
    try folder.write(Array(whole.prefix(whole.count / 2)), as: "cut.png")
    let run = try await Tool.run(
      ["check", "--depth", "pixels", "--isolate", place, "--policy", "permissive", "good.png", "cut.png", "--json"],
      in: folder)
    #expect(run.code == 65)
    #expect(run.outputLines.count == 2)
    #expect(run.outputLines.first?.contains("whole.decoded") == true)
    #expect(run.outputLines.last?.contains("structure.truncated") == true)
  }

  @Test func aLimitIsToldByItsRule() async throws {
    let folder = try TestFolder()
    try folder.write(SamplePictures.marked(PixelSize(clamping: 160, 120)).png(), as: "in.png")
    for (limit, code) in [("pixels=19200", Int32(0)), ("pixels=19199", 65)] {
      let run = try await Tool.run(
        ["check", "--depth", "pixels", "--policy", "permissive", "--limit", limit, "in.png"], in: folder)
      #expect(run.code == code, "\(limit)")
      #expect(run.output.contains("pixels.limit") == (code != 0))
    }
    let wrong = try await Tool.run(["check", "--limit", "colours=3", "in.png"], in: folder)
    #expect(wrong.code == 64)
    #expect(wrong.hasOneLineOfComplaint)
  }

  #if os(Linux)
    @Test func aDecoderWithoutOrdersEndsByItself() async throws {
      // Descriptor 3 is closed: it has no channel.
      let run = try await Tool.run(["decode-worker"], in: TestFolder(), prelude: "exec 3<&-;")
      #expect(run.code == 0 || run.code == 70)
    }
  #endif
}
