// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore
import ImgtoolProbe

/// An image that has passed the gate: the only thing a loader takes.
///
/// Made by `Gate` alone, or in a decoder's process for an image that passed the gate of the process that sent it. Keeps
/// the file open that was looked at, so that what is decoded is what was admitted.
package final class AdmittedImage: Sendable {
  package let facts: ImageFacts
  /// What decoding it may take.
  package let limits: DecodeLimits
  let source: PictureSource
  /// The file behind `source`, where it belongs to this image.
  private let file: OpenFile?

  init(admitted source: PictureSource, keeping file: consuming OpenFile?, _ facts: ImageFacts, _ limits: DecodeLimits) {
    self.source = source
    self.file = file
    self.facts = facts
    self.limits = limits
  }

  /// What makes a decoder give up, as the limits and the caller say.
  func strictness(_ asked: OpenOptions.Strictness) -> OpenOptions.Strictness {
    facts.format == .jpeg && limits.acceptsJPEGWarnings && asked == .warning ? .error : asked
  }

  /// Holds what a loader found against the limits once more, before a pixel is computed.
  ///
  /// - Throws: `.limit` with the rule in its context.
  func check(_ opened: borrowing Picture) throws(ImgtoolError) {
    let frames = max(1, opened.height / max(1, opened.frameHeight))
    let frame = PixelSize(clamping: opened.width, opened.frameHeight)
    let (wide, isTooWide) = frame.area.multipliedReportingOverflow(by: max(1, (opened.bands + 3) / 4))
    let findings = limits.refusals(of: frame, frames: frames, isAnimation: true)
    guard findings.isEmpty, !isTooWide, wide <= limits.maximumPixels else {
      throw ImgtoolError(
        .limit, "What the decoder found in the file is larger than what may be decoded: \(opened.size).",
        context: ["rule": findings.first?.rule ?? PreflightRule.pixelsLimit.rawValue])
    }
  }
}
