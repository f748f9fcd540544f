// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels

/// Margins from the picture's own texture: one upright source, placed and completed, on one thread of the pool.
struct SmartSynthesis: Sendable {
  /// What happens where the gate finds a side risky.
  enum OnRisk: String, CaseIterable {
    /// The side is blurred more and more outwards.
    case soft
    /// The side is kept sharp and the risk is reported.
    case keep
    /// The job fails.
    case fail
  }

  let target: PixelSize
  let gravity: Gravity
  let seed: UInt64
  let onRisk: OnRisk
  let faces: Faces
  let progress: @Sendable (Double) -> Void

  /// The encoded frame, how it was made, and what there is to say about each side.
  struct Made: Sendable {
    let bytes: [UInt8]
    let placement: PixelRect
    let findings: [Finding]
    let details: [String: String]
  }

  /// - `upright`: the whole source at its own size.
  /// - Throws: `.postflight` where a side is risky and `onRisk` says so; what computing throws.
  func make(
    _ upright: borrowing Picture, _ encoding: EncodeOptions, on thread: borrowing VipsThread
  ) throws(ImgtoolError) -> Made {
    let size = Placement(of: upright.size, in: target, snap: FramePolicy.exact.snapMargin).rect.size
    let scaled = try upright.inEngineColours().resized(to: size).copiedToMemory()
    if scaled.hasAlpha, try !scaled.isOpaque() {
      let rect = try gravity.place(size, in: target)
      let bytes = try scaled.placed(in: target, at: rect, fill: .colour(.transparent)).encoded(encoding)
      let note = Finding("fill.transparent", .note, "The source is transparent, so its margins are.")
      return Made(bytes: bytes, placement: rect, findings: [note], details: [:])
    }
    let opaque = scaled.hasAlpha ? try scaled.flattened(onGrey: 0.5) : try scaled.shared()
    let source = try SourcePixels(opaque)
    let workers = Workers.pair(isCancelled: thread.isWithdrawn, progress: progress)
    let people = try stoppable(thread) { () throws(ImgtoolError) in
      try faces.found(in: source.view, workers: workers.silent)
    }
    let study = SubjectStudy(
      source: source.view, faces: people, forbidden: SkinArea.map(of: source.view, faces: people))
    let rect = try gravity.place(size, in: target, study: study)
    var options = Completion.Options()
    options.seed = seed
    options.softensRisky = onRisk == .soft
    let completion = try Completion(source: source.view, frame: target, placement: rect, options: options)
    let (picture, sides) = try stoppable(thread) { () throws(ImgtoolError) in
      let done = try completion.run(study: study, workers: workers)
      return (try native(source, done.picture, done.recipe), done.report)
    }
    if onRisk == .fail, let worst = sides.filter(\.isRisky).max(by: { $0.risk < $1.risk }) {
      throw ImgtoolError(.postflight, worst.sentence)
    }
    let bytes = try Picture.made(of: picture, like: opaque, on: thread).encoded(encoding)
    let details = Dictionary(uniqueKeysWithValues: sides.map { ($0.side.rawValue, $0.summary) })
    return Made(bytes: bytes, placement: rect, findings: sides.compactMap(\.finding), details: details)
  }

  /// The frame at the source's own depth and bands.
  private func native(
    _ source: SourcePixels, _ picture: Raster<UInt8>, _ recipe: CompletionRecipe
  ) throws(ImgtoolError) -> SourcePixels.Samples {
    switch source.samples {
    case .eight(let raster): .eight(raster.bands == 3 ? picture : try recipe.render(raster))
    case .sixteen(let raster): .sixteen(try recipe.render(raster))
    }
  }

  /// Says `.timeout` where the engine, which knows no deadlines, said `.cancelled`.
  private func stoppable<Success>(
    _ thread: borrowing VipsThread, _ work: () throws(ImgtoolError) -> Success
  ) throws(ImgtoolError) -> Success {
    do {
      return try work()
    } catch {
      try thread.check()
      throw error
    }
  }
}

extension Picture {
  /// Whether the alpha band is at its maximum everywhere.
  fileprivate func isOpaque() throws(ImgtoolError) -> Bool {
    guard let alpha = try statistics().last else { return true }
    return alpha.minimum >= (sample == .u16 ? 65_535 : 255)
  }
}

extension SideReport {
  /// "384 px synthesised, risk 0.42".
  var summary: String { "\(margin) px \(fill.rawValue), risk \((risk * 100).rounded() / 100)" }

  /// Why the side is doubtful, in a sentence.
  var sentence: String {
    let words = reasons.map { reason in
      switch reason {
      case .cutObject: "it cuts an object"
      case .poorMatch: "nothing in the picture continues it well"
      case .visibleSeam: "the border would show"
      case .person: "a person would have to be continued"
      case .farExtension: "it grows more than the picture is wide"
      case .tinySource: "the picture is too small to take texture from"
      }
    }
    return "The \(side.rawValue) side is hard to continue: \(words.joined(separator: ", "))."
  }

  /// A warning for a risky side; nothing for others.
  var finding: Finding? {
    guard isRisky else { return nil }
    let softened = fill == .synthesised ? "" : " It was softened."
    return Finding(
      "fill.risk", .warn, sentence + softened, measured: .real((risk * 100).rounded() / 100), allowed: .real(1))
  }
}
