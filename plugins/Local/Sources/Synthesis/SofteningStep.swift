// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Blurs margins of a grown picture more and more outwards from where the source lies.
struct SofteningStep: Sendable {
  /// Where the source, grown along the other axis if that came before, lies in the picture.
  let placement: PixelRect
  let fills: [Side: SideFill]

  /// The blur of a soft margin at d pixels from the border has a deviation of this times d.
  private static let softness = 0.1
  /// The same for a mirrored margin, whose repetition must go sooner.
  private static let mirrorSoftness = 0.2

  func apply<Sample: RasterSample>(
    to picture: inout Raster<Sample>, _ options: Completion.Options, _ workers: Workers
  ) throws(ImgtoolError) {
    let size = picture.size
    let bands = picture.bands
    try picture.paintMargins { base in
      Side.allCases.compactMap { side -> SofteningPainting<Sample>? in
        guard let fill = fills[side], fill != .synthesised else { return nil }
        return SofteningPainting(
          frame: SharedFrame(
            samples: base, bands: bands, view: SideView(side, of: placement, rowLength: size.width)),
          pixels: side.margin(of: placement, in: size), rate: fill == .soft ? Self.softness : Self.mirrorSoftness,
          seed: options.seed &+ (side == .left || side == .top ? 3 : 4), workers: workers)
      }
    }
  }
}

private struct SofteningPainting<Sample: RasterSample>: MarginPainting {
  let frame: SharedFrame<Sample>
  let pixels: Int
  let rate: Double
  let seed: UInt64
  let workers: Workers

  func paint() throws(ImgtoolError) {
    // Beyond six levels noise is no longer grain, and a blurred ground would carry it alone.
    let grain = min(6, Grain(frame: frame, margin: pixels, seed: seed).ofSource())
    try SoftFill(frame: frame, margin: pixels, rate: rate, seed: seed).run(grain: grain, workers)
  }
}
