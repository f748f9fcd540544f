// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore

/// Finds, for one side, where in the source every part of the margin is copied from.
///
/// A small copy of the picture is completed exhaustively, then its mapping is refined from level to level: a sweep from
/// the border outwards keeps lines going, votes and coherence settle the rest. Works on one thread.
struct SideSearch: Sendable {
  let plan: SidePlan
  let pyramid: SourcePyramid
  /// What leaves the source straight over this border.
  let lines: BorderLines
  let subjects: SubjectMap?
  let weights: SearchWeights
  let seed: UInt64
  let path: ck_path
  let workers: Workers
  let tally: Tally

  /// - Throws: `.cancelled`.
  @Sendable func run() throws(ImgtoolError) -> SideMapping {
    let map = PatchMap(plan.search[0])
    let layout = LayoutSearch(canvas: LevelCanvas(map.level, pyramid, plan.side, lines: lines), search: self)
    try layout.run(into: map)
    tally.add(plan.work(ofSearch: 0))
    let energy = plan.search.count == 1 ? energy(map, layout.field, layout.canvas.source) : nil
    return try refine(map, number: 1, energy: energy)
  }

  private func refine(_ coarse: consuming PatchMap, number: Int, energy known: Double?) throws(ImgtoolError)
    -> SideMapping
  {
    if number == plan.search.count { return try finish(coarse, energy: known) }
    let level = plan.search[number]
    let anchors = AnchorGrid(level)
    hint(anchors, from: coarse)
    let canvas = LevelCanvas(level, pyramid, plan.side, lines: lines)
    let penalty = SourcePenalty(
      level, side: plan.side, subjects: subjects, weights: weights, shift: 0, reach: .max, seed: 0)
    let map = PatchMap(level)
    map.fill(from: anchors)
    let vote = Vote(level)
    map.cost.fill(with: 0)
    vote.cast(map, canvas.field(penalty, path), weighing: 64)
    try sweep(anchors, canvas, penalty, guideWeight: 38)
    map.fill(from: anchors)
    let rounds = plan.iterations(number)
    for round in 0..<rounds {
      try workers.check()
      penalty.addWear(of: map, canvas.courses)
      settle(map, canvas.field(penalty, path), passes: round == 0 ? 4 : 2)
      let spread = Double(max(64, map.cost(below: 0.75)))
      vote.cast(map, canvas.field(penalty, path), weighing: round == rounds - 1 ? spread / 2 : spread)
    }
    tally.add(plan.work(ofSearch: number))
    let isLast = number == plan.search.count - 1
    let measured = isLast ? energy(map, canvas.field(penalty, path), canvas.source) : nil
    return try refine(map, number: number + 1, energy: measured)
  }

  /// Carries the last level's mapping up to full size by sweeps alone.
  private func finish(_ map: consuming PatchMap, energy: Double?) throws(ImgtoolError) -> SideMapping {
    var anchors = AnchorGrid(plan.fine[0])
    hint(anchors, from: map)
    for (number, level) in plan.fine.enumerated() {
      if number > 0 {
        let next = AnchorGrid(level)
        hint(next, from: anchors)
        anchors = next
      }
      let canvas = LevelCanvas(level, pyramid, plan.side, lines: lines)
      let penalty = SourcePenalty(
        level, side: plan.side, subjects: subjects, weights: weights, shift: 4, reach: .max, seed: 0)
      try sweep(anchors, canvas, penalty, guideWeight: 0)
      tally.add(plan.work(ofFine: number))
    }
    return SideMapping(plan.side, anchors, energy: energy)
  }

  /// The median difference of a margin's patches to their sources in squared levels per byte, relative to the median
  /// variance of the 35 % of the source next to the side plus 6; nothing where the source is flat there.
  private func energy(_ map: borrowing PatchMap, _ field: ck_field, _ source: borrowing TexelPlane) -> Double? {
    let variance = source.medianVariance(columns: (map.level.width * 65 / 100)..<map.level.width)
    guard variance >= 2 else { return nil }
    let differences = PatchMap(map.level)
    differences.x.cells.update(from: map.x.cells, count: map.x.count)
    differences.y.cells.update(from: map.y.cells, count: map.y.count)
    var bare = field
    let nothing = Grid<Int32>(width: max(map.level.width, map.level.height), height: 1, filledWith: 0)
    // With a shift that leaves one cell, neither place nor wear costs anything.
    (bare.penalty, bare.penalty_shift, bare.drift, bare.near_count, bare.line) = (
      UnsafePointer(nothing.cells), 30, UnsafePointer(nothing.cells), 0, nil
    )
    withUnsafePointer(to: bare) { bare in
      withUnsafePointer(to: differences.kernel) { ck_measure(bare, $0) }
    }
    return Double(differences.cost(below: 0.5)) / SourcePenalty.unit / (variance + 6)
  }

  private func settle(_ map: borrowing PatchMap, _ field: ck_field, passes: Int) {
    withUnsafePointer(to: field) { field in
      withUnsafePointer(to: map.kernel) { kernel in
        ck_measure(field, kernel)
        for pass in 0..<passes { ck_propagate(field, kernel, pass % 2 == 0 ? 1 : 0) }
      }
    }
  }

  private func sweep(
    _ anchors: borrowing AnchorGrid, _ canvas: borrowing LevelCanvas, _ penalty: borrowing SourcePenalty,
    guideWeight: Int
  ) throws(ImgtoolError) {
    let level = anchors.level
    let use = Grid<UInt32>(width: (level.width >> 4) + 1, height: (level.height >> 4) + 1, filledWith: 0)
    let expected = max(1, 2 * Double(anchors.x.count) / (penalty.allowedShare * Double(use.count)))
    let kernel = ck_sweep(
      x: anchors.x.cells, y: anchors.y.cells, strips: Int32(anchors.strips), rows: Int32(anchors.rows),
      guide_weight: Int32(guideWeight), use: use.cells, use_stride: Int32(use.width),
      use_step: Int32(1920 / expected), use_free: 1920, reach: 2)
    for strip in 0..<anchors.strips {
      try workers.check()
      withUnsafePointer(to: canvas.field(penalty, path)) { field in
        withUnsafePointer(to: kernel) { ck_sweep_strip(field, $0, Int32(strip)) }
      }
    }
  }

  /// Gives every anchor of a finer level the choice of the nearest patch of a coarser one.
  private func hint(_ anchors: borrowing AnchorGrid, from coarse: borrowing PatchMap) {
    let scaling = LevelScaling(from: coarse.level, to: anchors.level)
    for strip in 0..<anchors.strips {
      for row in 0..<anchors.rows {
        let place = scaling.source(targetX: anchors.column(strip), y: anchors.line(row)) { tx, ty in
          let column = min(max(0, tx - coarse.firstX), coarse.columns - 1)
          let line = min(max(0, ty), coarse.rows - 1)
          return (Int(coarse.x[column, line]) - coarse.firstX - column, Int(coarse.y[column, line]) - line)
        }
        anchors.x[row, strip] = place.x
        anchors.y[row, strip] = place.y
      }
    }
  }

  private func hint(_ anchors: borrowing AnchorGrid, from coarse: borrowing AnchorGrid) {
    let scaling = LevelScaling(from: coarse.level, to: anchors.level)
    for strip in 0..<anchors.strips {
      for row in 0..<anchors.rows {
        let place = scaling.source(targetX: anchors.column(strip), y: anchors.line(row)) { tx, ty in
          let otherStrip = min(max(0, (tx - (coarse.level.context - 4) + 2) / 4), coarse.strips - 1)
          let otherRow = min(max(0, (ty + 2) / 4), coarse.rows - 1)
          return (
            Int(coarse.x[otherRow, otherStrip]) - coarse.column(otherStrip),
            Int(coarse.y[otherRow, otherStrip]) - coarse.line(otherRow)
          )
        }
        anchors.x[row, strip] = place.x
        anchors.y[row, strip] = place.y
      }
    }
  }
}

/// Carries a choice from a level to the next finer one.
private struct LevelScaling {
  let coarse: SidePlan.Level
  let fine: SidePlan.Level
  let ratio: Double

  init(from coarse: SidePlan.Level, to fine: SidePlan.Level) {
    self.coarse = coarse
    self.fine = fine
    ratio = fine.scale / coarse.scale
  }

  /// The source patch for a fine target patch.
  ///
  /// `offset` answers for a coarse target patch how far its source patch lies from it, in target coordinates.
  func source(targetX tx: Int, y ty: Int, offset: (Int, Int) -> (Int, Int)) -> (x: Int32, y: Int32) {
    let centreX = Double(tx + 4 - fine.context) / ratio + Double(coarse.context)
    let centreY = Double(ty + 4) / ratio
    let (dx, dy) = offset(Int((centreX - 4).rounded()), Int((centreY - 4).rounded()))
    // Offsets are from target to source columns; in the source's own columns the border lies at `width`.
    let away = Double(dx - (coarse.width - coarse.context)) * ratio
    let qx = fine.width - fine.context + tx + Int(away.rounded())
    let qy = ty + Int((Double(dy) * ratio).rounded())
    return (Int32(min(max(0, qx), fine.width - 8)), Int32(min(max(0, qy), fine.height - 8)))
  }
}
