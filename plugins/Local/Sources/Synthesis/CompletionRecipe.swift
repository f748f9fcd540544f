// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Everything needed to complete another copy of the same source: another depth, other bands, the same geometry.
package struct CompletionRecipe: Sendable {
  /// The size a source must have.
  package let source: PixelSize
  var steps: [CompletionStep]
  let options: Completion.Options

  /// Completes an 8-bit copy of the source.
  ///
  /// - Throws: `.usage` when its size is not `source`; `.cancelled`.
  package func render(_ native: Raster<UInt8>, workers: Workers = Workers()) throws(ImgtoolError) -> Raster<UInt8> {
    try rendered(native, workers)
  }

  /// Completes a 16-bit copy of the source, of any number of bands.
  ///
  /// - Throws: `.usage` when its size is not `source`; `.cancelled`.
  package func render(_ native: Raster<UInt16>, workers: Workers = Workers()) throws(ImgtoolError) -> Raster<UInt16> {
    try rendered(native, workers)
  }

  // Both depths are named above so that this is compiled for each of them and not for any type at all.
  private func rendered<Sample: RasterSample>(_ native: Raster<Sample>, _ workers: Workers)
    throws(ImgtoolError) -> Raster<Sample>
  {
    guard native.size == source else {
      throw ImgtoolError(.usage, "This completion is for a source of \(source), not \(native.size).")
    }
    var picture = native
    for step in steps { picture = try StepRendering(step: step, options: options, workers: workers).run(picture).picture }
    return picture
  }
}

/// Growth along one axis: a picture placed in a frame that is larger only to two of its sides.
struct CompletionStep: Sendable {
  let frame: PixelSize
  let placement: PixelRect
  let margins: [FilledMargin]

  /// The steps from a placed source to its frame: none, one or two.
  static func steps(from placement: PixelRect, to frame: PixelSize) -> [CompletionStep] {
    var steps: [CompletionStep] = []
    if placement.width < frame.width {
      steps.append(
        CompletionStep(
          frame: PixelSize(clamping: frame.width, placement.height),
          placement: PixelRect(x: placement.x, y: 0, size: placement.size), margins: []))
    }
    if placement.height < frame.height {
      let wide = PixelSize(clamping: frame.width, placement.height)
      steps.append(CompletionStep(frame: frame, placement: PixelRect(x: 0, y: placement.y, size: wide), margins: []))
    }
    return steps
  }

  /// The sides with a margin, at most two.
  var sides: [Side] { Side.allCases.filter { $0.margin(of: placement, in: frame) > 0 } }

  func filled(_ margins: [FilledMargin]) -> CompletionStep {
    CompletionStep(frame: frame, placement: placement, margins: margins)
  }
}

/// One margin and how it is filled.
struct FilledMargin: Sendable {
  let side: Side
  let pixels: Int
  let fill: SideFill
  /// Where it is copied from; nothing for `.blurredMirror`.
  let mapping: SideMapping?
}
