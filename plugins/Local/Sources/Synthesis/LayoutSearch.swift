// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore

/// The first, coarsest level: a greedy fill from the border, then rounds of voting and exhaustive search.
struct LayoutSearch: ~Copyable {
  let canvas: LevelCanvas
  private let search: SideSearch
  private let penalty: SourcePenalty
  private let level: SidePlan.Level

  init(canvas: consuming LevelCanvas, search: SideSearch) {
    level = canvas.level
    self.canvas = canvas
    self.search = search
    penalty = SourcePenalty(
      level, side: search.plan.side, subjects: search.subjects, weights: search.weights, shift: 0,
      reach: search.plan.reach,
      seed: search.seed)
  }

  var field: ck_field { canvas.field(penalty, search.path) }

  /// - Throws: `.cancelled`.
  func run(into map: borrowing PatchMap) throws(ImgtoolError) {
    try fillGreedily()
    map.startAtBorder()
    try exhaust(map)
    let vote = Vote(level)
    for _ in 0..<search.plan.rounds {
      vote.cast(
        map, canvas.field(penalty, search.path), weighing: Double(max(64, map.cost(below: 0.75))))
      penalty.addWear(of: map, canvas.courses)
      try exhaust(map)
    }
  }

  private func exhaust(_ map: borrowing PatchMap) throws(ImgtoolError) {
    for row in stride(from: 0, to: map.rows, by: 16) {
      try search.workers.check()
      withUnsafePointer(to: canvas.field(penalty, search.path)) { field in
        withUnsafePointer(to: map.kernel) {
          ck_exhaust(field, $0, Int32(row), Int32(min(row + 16, map.rows)))
        }
      }
    }
  }

  /// Completes the margin patch by patch, always the one of which most is known, though at most four fifths.
  private func fillGreedily() throws(ImgtoolError) {
    let width = canvas.targetWidth
    let known = Grid<UInt8>(width: width, height: level.height, filledWith: 0)
    for y in 0..<level.height { for x in 0..<level.context { known[x, y] = 255 } }
    var front = KnownCounts(known, columns: (level.context - 7)..<(width - 7), rows: 0..<(level.height - 7))
    var mask = [UInt8](repeating: 0, count: 64)
    while let place = front.next() {
      try search.workers.check()
      for i in 0..<64 { mask[i] = known[place.x + i % 8, place.y + i / 8] }
      var qx: Int32 = Int32(level.width - 8)
      var qy: Int32 = Int32(place.y)
      withUnsafePointer(to: canvas.field(penalty, search.path)) {
        ck_exhaust_partly($0, Int32(place.x), Int32(place.y), mask, &qx, &qy)
      }
      for i in 0..<64 where mask[i] == 0 {
        let x = i % 8
        let y = i / 8
        let from = canvas.source.texels.cells + (Int(qy) + y) * canvas.source.stride + (Int(qx) + x) * 4
        (canvas.target.cells + ((place.y + y) * width + place.x + x) * 4).update(from: from, count: 4)
        known[place.x + x, place.y + y] = 255
      }
      front.patchBecameKnown(at: place, known)
    }
  }
}

/// How many pixels are known of every patch that may still be chosen.
private struct KnownCounts {
  private let columns: Range<Int>
  private let rows: Range<Int>
  private var counts: [Int]
  /// Of each row the column of the fullest patch that may be filled now, and of the one with most to fill, or −1.
  private var fullest: [Int]
  private var emptiest: [Int]
  /// Above this a patch waits until its neighbours have brought something new into it.
  private let most = 51

  init(_ known: borrowing Grid<UInt8>, columns: Range<Int>, rows: Range<Int>) {
    self.columns = columns
    self.rows = rows
    counts = [Int](repeating: 0, count: columns.count * rows.count)
    fullest = [Int](repeating: -1, count: rows.count)
    emptiest = fullest
    for y in rows {
      for x in columns { recount(x, y, known) }
      rank(y)
    }
  }

  /// The patch to fill next: of those at most four fifths known the fullest, else the one with most to fill.
  func next() -> (x: Int, y: Int)? {
    var best: (row: Int, count: Int)?
    var fallback: (row: Int, count: Int)?
    for row in 0..<rows.count {
      if fullest[row] >= 0 {
        let count = counts[row * columns.count + fullest[row]]
        if count > best?.count ?? 0 { best = (row, count) }
      }
      if emptiest[row] >= 0 {
        let count = counts[row * columns.count + emptiest[row]]
        if count < fallback?.count ?? .max { fallback = (row, count) }
      }
    }
    if let best { return (columns.lowerBound + fullest[best.row], rows.lowerBound + best.row) }
    return fallback.map { (columns.lowerBound + emptiest[$0.row], rows.lowerBound + $0.row) }
  }

  mutating func patchBecameKnown(at place: (x: Int, y: Int), _ known: borrowing Grid<UInt8>) {
    for y in max(rows.lowerBound, place.y - 7)..<min(rows.upperBound, place.y + 8) {
      for x in max(columns.lowerBound, place.x - 7)..<min(columns.upperBound, place.x + 8) { recount(x, y, known) }
      rank(y)
    }
  }

  private mutating func rank(_ y: Int) {
    let row = y - rows.lowerBound
    var (best, fallback) = (-1, -1)
    for (column, count) in counts[row * columns.count..<(row + 1) * columns.count].enumerated() where count < 64 {
      if count <= most, count > 0, best < 0 || count > counts[row * columns.count + best] { best = column }
      if fallback < 0 || count < counts[row * columns.count + fallback] { fallback = column }
    }
    (fullest[row], emptiest[row]) = (best, fallback)
  }

  private mutating func recount(_ x: Int, _ y: Int, _ known: borrowing Grid<UInt8>) {
    var count = 0
    for dy in 0..<8 { for dx in 0..<8 where known[x + dx, y + dy] != 0 { count += 1 } }
    counts[(y - rows.lowerBound) * columns.count + x - columns.lowerBound] = count
  }
}
