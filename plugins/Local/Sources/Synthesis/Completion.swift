// SPDX-License-Identifier: Apache-2.0
import CKernels
package import ImgtoolCore

/// Completes a frame around a placed source from the source's own texture.
///
/// Two steps: `mappings` finds, on 8-bit sRGB, where every part of the margins is copied from; `render` copies, at any
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
      throw ImgtoolError(.usage, "A source of \(source.size) cannot lie at \(placement) in \(frame).")
    }
    self.source = source
    self.frame = frame
    self.placement = placement
    self.options = options
  }

  /// Finds the mapping of every side that texture can complete; others are missing from the result.
  ///
  /// - Throws: `.cancelled`.
  package func mappings(subjects: [Side: SubjectMap] = [:], workers: Workers = Workers())
    throws(ImgtoolError) -> [SideMapping]
  {
    let plans = Side.allCases.compactMap { side in
      SidePlan(
        side: side, source: source.size, margin: side.margin(of: placement, in: frame), frame: frame,
        workingArea: options.workingArea)
    }
    let tally = Tally(total: plans.reduce(0) { $0 + SideSearch.work($1) }, report: workers.progress)
    let pyramid = SourcePyramid(source, for: plans)
    let searches = plans.map {
      SideSearch(
        plan: $0, pyramid: pyramid, subjects: subjects[$0.side], seed: options.seed, path: options.path,
        workers: workers, tally: tally)
    }
    var found: [SideMapping] = []
    for pair in stride(from: 0, to: searches.count, by: 2) {
      let first = searches[pair]
      if pair + 1 < searches.count {
        let second = searches[pair + 1]
        let (a, b) = try workers.both(first.run, second.run)
        found += [a, b]
      } else {
        found.append(try first.run())
      }
    }
    return found
  }

  /// Copies a source of this size, at any depth, through mappings found before.
  package func render<Sample: RasterSample>(
    _ native: Raster<Sample>, through mappings: [SideMapping], workers: Workers = Workers()
  ) throws(ImgtoolError) -> Raster<Sample> {
    var result = Raster<Sample>(size: frame, bands: native.bands, filledWith: 0)
    let rowLength = native.width * native.bands
    for y in 0..<native.height {
      let to = ((placement.y + y) * frame.width + placement.x) * native.bands
      result.samples.replaceSubrange(to..<(to + rowLength), with: native.samples[(y * rowLength)..<((y + 1) * rowLength)])
    }
    let work = min(1, (options.workingArea / Double(frame.area)).squareRoot())
    let failure = result.samples.withUnsafeMutableBufferPointer { buffer -> ImgtoolError? in
      guard let base = buffer.baseAddress else { return nil }
      let tasks = mappings.map { mapping in
        MarginTask(
          mapping: mapping,
          frame: SharedFrame(
            samples: base, bands: native.bands,
            view: SideView(mapping.side, of: placement, rowLength: frame.width)),
          path: options.path, magnification: 1 / work, workers: workers)
      }
      do throws(ImgtoolError) {
        try MarginTask.run(tasks)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
    return result
  }
}

/// What is left to do for one margin once its mapping is known.
private struct MarginTask<Sample: RasterSample>: Sendable {
  let mapping: SideMapping
  let frame: SharedFrame<Sample>
  let path: ck_path
  let magnification: Double
  let workers: Workers

  /// Paints the margins two at a time.
  static func run(_ tasks: [MarginTask]) throws(ImgtoolError) {
    for pair in stride(from: 0, to: tasks.count, by: 2) {
      let first = tasks[pair]
      if pair + 1 < tasks.count {
        let second = tasks[pair + 1]
        _ = try first.workers.both(first.run, second.run)
      } else {
        _ = try first.run()
      }
    }
  }

  @Sendable private func run() throws(ImgtoolError) -> Side {
    let recomposition = Recomposition(mapping, into: frame)
    try recomposition.paint(workers)
    try SeamClosing(recomposition: recomposition, path: path, magnification: magnification).run(workers)
    return mapping.side
  }
}
