// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolProbe
import Testing

/// Verdicts over real pictures: the broken ones are known by name, all others are intact.
@Suite struct CorpusStructureTests {
  /// Files of the corpus that are broken, and how.
  static let broken: [String: [String]] = [
    "libvips/truncated.gif": [StructureRule.truncated],
    "libvips/invalid_multiframe.gif": [StructureRule.codes, StructureRule.malformed],
    "sharp/truncated.jpg": [StructureRule.truncated],
    "sharp/truncated.png": [StructureRule.truncated],
    "sharp/corrupt-header.jpg": [StructureRule.truncated],
  ]

  @Test(.enabled(if: Corpus.isPresent, "the shared corpus is absent"))
  func onlyTheBrokenOnesFail() throws {
    var checked = 0
    for name in Corpus.files {
      guard let report = try? Structure.check(file: Corpus.path(name)) else { continue }  // no image at all
      let failures = report.findings.failures.map(\.rule)
      #expect(failures == Self.broken[name] ?? [], "\(name): \(report.findings)")
      checked += 1
    }
    #expect(checked > 100)
  }

  @Test(
    .enabled(if: Corpus.isPresent, "the shared corpus is absent"),
    arguments: [
      "sharp/2569067123_aca715a2ee_o.jpg", "libvips/rotation/3.jpg", "sharp/alpha-layer-0-background.png",
      "sharp/4.webp",
      "sharp/rotating-squares.gif", "sharp/fogra-0-100-100-0.tif", "sharp/uncompressed_tiff.tiff", "sharp/pitm.avif",
      "sharp/relax.jp2",
    ])
  func cutsOfRealPicturesAreFound(name: String) throws {
    let bytes = try Corpus.bytes(name)
    // Some end before the file does.
    let end = try #require(try Structure.check(bytes).endOffset)
    for step in 1..<50 {
      let length = end * step / 50
      let report = try Structure.check(Array(bytes[0..<length]))
      let isTold = report.findings.contains { $0.rule == StructureRule.unterminated }
      #expect(!report.isIntact || isTold, "\(length) of \(bytes.count) bytes")
    }
  }
}
