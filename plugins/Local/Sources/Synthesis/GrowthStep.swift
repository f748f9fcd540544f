// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore

/// Growth along one axis: a picture placed in a frame that is larger only to two of its sides.
struct GrowthStep: Sendable {
  let frame: PixelSize
  let placement: PixelRect
  /// The share of the usual search that it takes.
  var effort = 1.0
  /// Whether a blur will hide its seams and its grain, so that nothing has to be done about them.
  var isBlurredLater = false
  /// One per side that has a margin, once searched.
  var margins: [GrownMargin] = []

  /// One margin and where it is copied from; without a mapping the picture is mirrored into it.
  struct GrownMargin: Sendable {
    let side: Side
    let mapping: SideMapping?
  }

  /// The sides with a margin, at most two.
  var sides: [Side] { Side.allCases.filter { $0.margin(of: placement, in: frame) > 0 } }

  /// How one of its sides is searched; nothing where texture cannot complete it.
  func plan(_ side: Side, _ options: Completion.Options) -> SidePlan? {
    SidePlan(
      side: side, source: placement.size, margin: side.margin(of: placement, in: frame), frame: frame,
      workingArea: options.workingArea, rounds: options.rounds, effort: effort)
  }

  /// The work of all of its sides, in comparisons of two patches.
  func work(_ options: Completion.Options) -> Double {
    sides.reduce(0) { $0 + (plan($1, options)?.work ?? 0) }
  }

  /// The steps along one axis from a placed picture to a frame: each grows a side by what can be completed at once.
  ///
  /// Tiny pictures, which texture cannot be cut from, grow in one step.
  static func steps(from placement: PixelRect, to frame: PixelSize, vertical: Bool) -> [GrowthStep] {
    let limit = vertical ? frame.height : frame.width
    var start = vertical ? placement.y : placement.x
    var end = start + (vertical ? placement.height : placement.width)
    var steps: [GrowthStep] = []
    while start > 0 || end < limit {
      let room = placement.size.shortSide < SidePlan.smallestSource ? limit : SidePlan.farthest * (end - start)
      let before = min(start, room)
      let after = min(limit - end, room)
      let length = end - start + before + after
      let inner = end - start
      steps.append(
        vertical
          ? GrowthStep(
            frame: PixelSize(clamping: placement.width, length),
            placement: PixelRect(x: 0, y: before, size: PixelSize(clamping: placement.width, inner)))
          : GrowthStep(
            frame: PixelSize(clamping: length, placement.height),
            placement: PixelRect(x: before, y: 0, size: PixelSize(clamping: inner, placement.height))))
      start -= before
      end += after
    }
    return steps
  }

  /// The grown picture; the picture's own pixels in it are untouched.
  ///
  /// - Throws: `.cancelled`.
  func render<Sample: RasterSample>(_ source: Raster<Sample>, _ options: Completion.Options, _ workers: Workers)
    throws(ImgtoolError) -> Raster<Sample>
  {
    var picture = source.placed(placement, in: frame)
    try paint(margins, on: &picture, options, workers)
    return picture
  }

  /// Paints some margins anew.
  func paint<Sample: RasterSample>(
    _ margins: [GrownMargin], on picture: inout Raster<Sample>, _ options: Completion.Options, _ workers: Workers
  ) throws(ImgtoolError) {
    let bands = picture.bands
    let work = min(1, (options.workingArea * effort / Double(frame.area)).squareRoot())
    try picture.paintMargins { base in
      margins.map { margin in
        GrowthPainting(
          frame: SharedFrame(
            samples: base, bands: bands, view: SideView(margin.side, of: placement, rowLength: frame.width)),
          pixels: margin.side.margin(of: placement, in: frame), mapping: margin.mapping, path: options.path,
          seed: options.seed &+ (margin.side == .left || margin.side == .top ? 1 : 2), magnification: 1 / work,
          isBlurredLater: isBlurredLater, workers: workers)
      }
    }
  }
}

/// The painting of one grown margin.
private struct GrowthPainting<Sample: RasterSample>: MarginPainting {
  let frame: SharedFrame<Sample>
  let pixels: Int
  let mapping: SideMapping?
  let path: ck_path
  let seed: UInt64
  let magnification: Double
  let isBlurredLater: Bool
  let workers: Workers

  func paint() throws(ImgtoolError) {
    guard let mapping else { return try EdgeFill(frame: frame, margin: pixels).run(workers) }
    let recomposition = Recomposition(mapping, into: frame)
    try recomposition.paint(workers)
    if isBlurredLater { return }
    try SeamClosing(recomposition: recomposition, path: path, magnification: magnification).run(workers)
    let grain = Grain(frame: frame, margin: pixels, seed: seed)
    // A filter that sees nine pixels finds a little less noise than there is.
    let sigma = Float(grain.missing() / 0.9)
    if sigma > 0.3 { grain.add(sigma) }
  }
}
