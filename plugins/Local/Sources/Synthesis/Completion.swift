// SPDX-License-Identifier: Apache-2.0
import CKernels
package import ImgtoolCore

/// Completes a frame around a placed source from the source's own texture.
///
/// Two steps: `recipe` finds, on 8-bit sRGB, where every part of the margins is copied from; `render` copies, at any
/// depth. Both are deterministic: the same bytes for one thread and two, with and without AVX2.
package struct Completion: Sendable {
  package let source: Raster<UInt8>
  package let frame: PixelSize
  /// Where the source lies in the frame; its size is the source's.
  package let placement: PixelRect
  package let options: Options

  package struct Options: Sendable {
    /// Changes the layout where several are as good; 0 changes nothing.
    package var seed: UInt64 = 0
    /// Pixels of the whole frame at the working size; more is slower and rarely better.
    package var workingArea: Double = 250_000
    /// Rounds of exhaustive search at the coarsest size; fewer are quicker and settle less.
    package var rounds = 12
    /// Whether a risky side is softened; otherwise it is only reported.
    package var softensRisky = true
    package var gate = RiskGate()
    /// Refuses the AVX2 path, for comparing.
    package var usesBaselinePath = false
    package init() {}

    var path: ck_path { usesBaselinePath ? CK_BASELINE : ck_best_path() }
  }

  /// - Throws: `.usage` when the source is not three bands or the placement does not fit both of them.
  package init(source: Raster<UInt8>, frame: PixelSize, placement: PixelRect, options: Options = Options())
    throws(ImgtoolError)
  {
    guard source.bands == 3 else {
      throw ImgtoolError(.usage, "A completion needs three bands, not \(source.bands).")
    }
    guard placement.size == source.size, placement.isInside(frame) else {
      throw ImgtoolError(.usage, "A source of \(source.size) cannot lie at \(placement.x),\(placement.y) in \(frame).")
    }
    self.source = source
    self.frame = frame
    self.placement = placement
    self.options = options
  }

  /// The completed frame and what was done for it.
  ///
  /// The pixels inside `placement` are the source's, bit for bit.
  /// - Throws: `.cancelled`.
  package func run(study: SubjectStudy? = nil, workers: Workers = Workers())
    throws(ImgtoolError) -> (picture: Raster<UInt8>, recipe: CompletionRecipe, report: [SideReport])
  {
    var recipe = CompletionRecipe(source: source.size, options: options)
    var reports: [SideReport] = []
    var picture = source
    // Where both axes have margins the picture grows sideways first and then, as a whole, up and down.
    let axes = [false, true].filter { $0 ? placement.height < frame.height : placement.width < frame.width }
    for (number, isVertical) in axes.enumerated() {
      let inner = isVertical ? PixelRect(x: 0, y: placement.y, size: picture.size) : placement
      let limits = isVertical ? frame : PixelSize(clamping: frame.width, source.height)
      let start = isVertical ? inner : PixelRect(x: placement.x, y: 0, size: source.size)
      let axis = AxisCompletion(
        picture: picture, placement: start, frame: limits, isVertical: isVertical,
        study: study?.following(PixelRect(x: isVertical ? placement.x : 0, y: 0, size: source.size), in: picture.size),
        options: options,
        workers: workers.part(from: Double(number) / Double(axes.count), share: 1 / Double(axes.count)))
      let done = try axis.run()
      picture = done.picture
      recipe.steps += done.steps
      reports += done.reports
    }
    return (picture, recipe, reports)
  }
}
