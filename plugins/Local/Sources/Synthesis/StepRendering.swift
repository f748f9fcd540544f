// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore

/// Paints the margins of one step at full size, two sides at a time.
struct StepRendering {
  let step: CompletionStep
  let options: Completion.Options
  let workers: Workers

  /// The frame with the source in it untouched, and how visible each border is.
  ///
  /// - Throws: `.cancelled`.
  func run<Sample: RasterSample>(_ source: Raster<Sample>) throws(ImgtoolError) -> (picture: Raster<Sample>, seams: [Double]) {
    var picture = Raster<Sample>(size: step.frame, bands: source.bands, filledWith: 0)
    let rowLength = source.width * source.bands
    var failure: ImgtoolError?
    var seams: [Double] = []
    picture.samples.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      source.samples.withUnsafeBufferPointer { samples in
        guard let from = samples.baseAddress else { return }
        for y in 0..<source.height {
          let start = ((step.placement.y + y) * step.frame.width + step.placement.x) * source.bands
          (base + start).update(from: from + y * rowLength, count: rowLength)
        }
      }
      let work = min(1, (options.workingArea / Double(step.frame.area)).squareRoot())
      let tasks = step.margins.map { margin in
        MarginPainting(
          margin: margin,
          frame: SharedFrame(
            samples: base, bands: source.bands,
            view: SideView(margin.side, of: step.placement, rowLength: step.frame.width)),
          path: options.path, seed: options.seed, magnification: 1 / work, workers: workers)
      }
      do throws(ImgtoolError) {
        seams = try MarginPainting.run(tasks)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return (picture, seams)
  }
}

/// The painting of one margin.
private struct MarginPainting<Sample: RasterSample>: Sendable {
  let margin: FilledMargin
  let frame: SharedFrame<Sample>
  let path: ck_path
  let seed: UInt64
  let magnification: Double
  let workers: Workers

  /// The blur of a soft margin at d pixels from the border has a deviation of this times d.
  static var softness: Double { 0.1 }
  /// The same for a mirrored margin, whose repetition must go sooner.
  static var mirrorSoftness: Double { 0.2 }

  static func run(_ tasks: [MarginPainting]) throws(ImgtoolError) -> [Double] {
    if tasks.count == 2 {
      let (first, second) = (tasks[0], tasks[1])
      let both = try first.workers.both(first.run, second.run)
      return [both.0, both.1]
    }
    var seams: [Double] = []
    for task in tasks { seams.append(try task.run()) }
    return seams
  }

  /// Paints and measures the step over the border.
  @Sendable func run() throws(ImgtoolError) -> Double {
    let grain = Grain(frame: frame, margin: margin.pixels, seed: seed &+ UInt64(margin.side == .left || margin.side == .top ? 1 : 2))
    if let mapping = margin.mapping {
      let recomposition = Recomposition(mapping, into: frame)
      try recomposition.paint(workers)
      try SeamClosing(recomposition: recomposition, path: path, magnification: magnification).run(workers)
    } else {
      try EdgeFill(frame: frame, margin: margin.pixels).run(workers)
    }
    if margin.fill == .synthesised {
      // A filter that sees nine pixels finds less noise than there is; a ninth brings the sum to what was wanted.
      let sigma = Float(grain.missing() / 0.9)
      if sigma > 0.3 { grain.add { _ in sigma } }
    } else {
      let rate = margin.fill == .soft ? Self.softness : Self.mirrorSoftness
      try SoftFill(frame: frame, margin: margin.pixels, rate: rate, seed: grain.seed)
        .run(grain: min(6, grain.ofSource()), workers)
    }
    return seam()
  }

  /// The mean step over the border relative to the mean step in the columns beside it, at least half a level.
  private func seam() -> Double {
    let width = frame.view.width
    let beside = [width - 3, width - 2, width - 1, width + 1, width + 2].filter { $0 > 0 && $0 < width + margin.pixels }
    let usual = beside.reduce(0.0) { $0 + stepInto($1) } / Double(max(1, beside.count))
    return stepInto(width) / max(0.5, usual)
  }

  /// The mean difference of a column to the one before it, in levels.
  private func stepInto(_ column: Int) -> Double {
    var sum: Float = 0
    for y in 0..<frame.view.height {
      let a = frame.samples + frame.view.index(column &- 1, y) &* frame.bands
      let b = frame.samples + frame.view.index(column, y) &* frame.bands
      var difference: Float = 0
      for band in 0..<frame.bands { difference += Float(b[band]) - Float(a[band]) }
      sum += abs(difference)
    }
    return Double(sum / (Float(frame.bands) * Sample.stepsPerLevel)) / Double(frame.view.height)
  }
}
