// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Everything needed to complete another copy of the same source: another depth, other bands, the same geometry.
package struct CompletionRecipe: Sendable {
  /// The size a source must have.
  package let source: PixelSize
  var steps: [Step] = []
  let options: Completion.Options

  enum Step: Sendable {
    /// Makes the picture larger.
    case grow(GrowthStep)
    /// Blurs margins that are there already.
    case soften(SofteningStep)
  }

  init(source: PixelSize, options: Completion.Options) {
    self.source = source
    self.options = options
  }

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
    for step in steps {
      switch step {
      case .grow(let growth): picture = try growth.render(picture, options, workers)
      case .soften(let softening): try softening.apply(to: &picture, options, workers)
      }
    }
    return picture
  }
}
