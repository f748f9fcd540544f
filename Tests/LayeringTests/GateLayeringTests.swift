// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// There is one way to a decoder: nothing reaches a loader but what has passed the gate.
@Suite(.enabled(if: SourceTree.root != nil, "the package's sources are not at hand"))
struct GateLayeringTests {
  private static let rooms = ["Sources", "plugins"]

  private static func uses(of pattern: String, in kinds: Set<String>) throws -> Set<String> {
    let expression = try Regex(pattern)
    return Set(
      try rooms.flatMap { try SourceTree.files(in: $0, kinds: kinds) }
        .filter { !$0.path.contains("Tests/") }
        .filter { $0.text.contains(expression) }
        .filter { $0.lines.contains { SourceFile.code(of: $0).contains(expression) } }.map(\.path))
  }

  /// Each way to a C library that reads pictures, and the files that may go it.
  @Test(arguments: [
    ("\\bcvips_load_", ["Sources/ImgtoolPixels/Vips/PictureOpening.swift"]),
    ("\\bcvips_source_of_", ["Sources/ImgtoolPixels/Vips/PictureOpening.swift"]),
    (
      "\\btjDecompress",
      ["Sources/ImgtoolPixels/Content/StrictJPEG.swift", "Sources/ImgtoolPixels/Normalise/TurboJPEG.swift"]
    ),
    ("\\btjTransform\\(", ["Sources/ImgtoolPixels/Normalise/TurboJPEG.swift"]),
    ("\\bexif_data_load", ["Sources/ImgtoolPixels/Metadata/ExifSummary.swift"]),
    (
      "\\bTurboJPEG\\.(transformed|decoded)\\(",
      [
        "Sources/ImgtoolPixels/Normalise/LosslessTurn.swift", "Sources/ImgtoolPixels/Metadata/ExifThumbnail.swift",
      ]
    ),
    (
      "\\bStrictJPEG\\(",
      ["Sources/ImgtoolPixels/Content/StrictJPEG.swift", "Sources/ImgtoolPixels/Content/ReducedDecode.swift"]
    ),
    (
      "\\bNormaliseWork\\(",
      [
        "Sources/ImgtoolPixels/Normalise/Normaliser.swift", "Sources/ImgtoolPixels/Guard/DecodeWorker.swift",
      ]
    ),
    // The only thing a loader takes is made by the gate, and by a decoder's process for what passed it elsewhere.
    (
      "\\bAdmittedImage\\(",
      [
        "Sources/ImgtoolPixels/Guard/Gate.swift", "Sources/ImgtoolPixels/Guard/DecodeWorker.swift",
      ]
    ),
  ])
  func onlyTheseFilesReach(_ pattern: String, files: [String]) throws {
    let found = try Self.uses(of: pattern, in: ["swift"])
    #expect(found == Set(files))
  }

  /// Entry points of libvips that look for a loader by themselves, read names, or count pages wrongly.
  @Test(arguments: [
    "vips_image_new_from_file", "vips_image_new_from_buffer", "vips_image_new_from_source", "vips_image_get_n_pages",
    "vips_thumbnail", "vips_foreign_find_load", "vips_[a-z0-9]+load\\b",
    "vips_(?!magick)[a-z0-9]+load_buffer", "vips_source_new_from_file",
  ])
  func noSourceNames(_ pattern: String) throws {
    #expect(try Self.uses(of: "\\b\(pattern)", in: ["swift", "h", "c"]).isEmpty)
  }

  /// One explicit source loader for each format, all in one header.
  @Test func everyLoaderIsInOneHeader() throws {
    #expect(
      try Self.uses(of: "CVIPS\\(vips_[a-z0-9]+load_(source|buffer)\\)", in: ["h", "c"])
        == ["Sources/CVips/loading.h"])
  }
}
