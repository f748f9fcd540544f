// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

/// A size for a test, spelled "4000x3000".
func size(_ text: String) throws -> PixelSize { try #require(PixelSize(text), "\(text) is no size") }

/// A ratio for a test, spelled "4:3".
func ratio(_ text: String) throws -> AspectRatio { try #require(AspectRatio(text), "\(text) is no ratio") }

/// An order for a test: a ratio at a tier.
func order(_ text: String, _ tier: ResolutionTier) throws -> FrameRequest { .tier(try ratio(text), tier) }

/// The rule ids of findings, in their order.
func rules(_ findings: [Finding]) -> [String] { findings.map(\.rule) }

/// Facts of an ordinary photograph: JPEG, 4000×3000, 3 MB, upright, with an sRGB profile.
func photograph() throws -> ImageFacts {
  ImageFacts(
    format: .jpeg, storedSize: try size("4000x3000"),
    icc: ICCFacts(bytes: ByteRange(offset: 200, length: 3144), description: "sRGB", colourSpace: "RGB"),
    coding: "baseline", fileBytes: ByteCount(3_000_000))
}
