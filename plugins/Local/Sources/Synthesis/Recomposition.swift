// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// A frame that two sides may write at once, each into its own margin, while both read the source in it.
///
/// - Note: The margins do not overlap and the source is never written, which the compiler cannot see.
struct SharedFrame<Sample: RasterSample>: @unchecked Sendable {
  let samples: UnsafeMutablePointer<Sample>
  let bands: Int
  let view: SideView
}

/// Copies one margin at full size through a mapping; works at any depth and number of bands.
struct Recomposition<Sample: RasterSample> {
  let frame: SharedFrame<Sample>
  let mapping: SideMapping
  private let columns: AnchorAxis
  private let lines: AnchorAxis
  let columnCells: [Range<Int>]
  let lineCells: [Range<Int>]
  /// Whether a cell and all around it are one unbroken copy, so that nothing is left to close in it.
  private(set) var isPlain: [Bool]

  init(_ mapping: SideMapping, into frame: SharedFrame<Sample>) {
    self.frame = frame
    self.mapping = mapping
    columns = AnchorAxis(centres: mapping.centresOutward, pixels: mapping.margin)
    lines = AnchorAxis(centres: mapping.centresAlong, pixels: mapping.height)
    columnCells = columns.cells(mapping.strips)
    lineCells = lines.cells(mapping.rows)
    isPlain = []
    isPlain = (0..<(mapping.rows * mapping.strips)).map {
      isPlain(strip: $0 % mapping.strips, row: $0 / mapping.strips)
    }
  }

  /// Writes every pixel of the margin.
  func paint(_ workers: Workers) throws(ImgtoolError) {
    if mapping.side.isVertical {
      for strip in 0..<mapping.strips {
        if strip % 16 == 0 { try workers.check() }
        for row in 0..<mapping.rows { paint(strip, row) }
      }
    } else {
      for row in 0..<mapping.rows {
        if row % 16 == 0 { try workers.check() }
        for strip in 0..<mapping.strips { paint(strip, row) }
      }
    }
  }

  private func paint(_ strip: Int, _ row: Int) {
    if isPlain[row * mapping.strips + strip] {
      copy(strip, row)
    } else {
      for y in lineCells[row] { for x in columnCells[strip] { blend(x, y) } }
    }
  }

  /// Whether the anchor's 3×3 neighbours all continue it and its patch lies well inside the source.
  private func isPlain(strip: Int, row: Int) -> Bool {
    let index = row * mapping.strips + strip
    let (dx, dy) = (mapping.dx[index], mapping.dy[index])
    for r in max(0, row - 1)...min(mapping.rows - 1, row + 1) {
      for s in max(0, strip - 1)...min(mapping.strips - 1, strip + 1) {
        let other = r * mapping.strips + s
        if mapping.dx[other] != dx || mapping.dy[other] != dy { return false }
      }
    }
    let x = mapping.width + Int(dx)
    let columns = columnCells[strip]
    let rows = lineCells[row]
    return columns.lowerBound + x >= 1 && columns.upperBound + x < mapping.width
      && rows.lowerBound + Int(dy) >= 1 && rows.upperBound + Int(dy) < mapping.height
  }

  private func copy(_ strip: Int, _ row: Int) {
    let index = row * mapping.strips + strip
    let step =
      (Int(mapping.dx[index]) &* frame.view.outward &+ Int(mapping.dy[index]) &* frame.view.along) &* frame.bands
    for y in lineCells[row] {
      for x in columnCells[strip] {
        let to = frame.samples + frame.view.index(mapping.width &+ x, y) &* frame.bands
        for band in 0..<frame.bands { to[band] = to[band &+ step] }
      }
    }
  }

  /// Mixes what all anchors within reach say of one pixel.
  private func blend(_ x: Int, _ y: Int) {
    var sums = SIMD4<Float>(repeating: 0)
    var total: Float = 0
    for j in 0..<lines.count[y] {
      let row = lines.first[y] &+ j
      for i in 0..<columns.count[x] {
        let weight = columns.weights[x &* 8 &+ i] * lines.weights[y &* 8 &+ j]
        let from = source(x, y, row &* mapping.strips &+ columns.first[x] &+ i)
        for band in 0..<frame.bands { sums[band] += weight * Float(from[band]) }
        total += weight
      }
    }
    let to = frame.samples + frame.view.index(mapping.width &+ x, y) &* frame.bands
    for band in 0..<frame.bands {
      to[band] = Sample(truncatingIfNeeded: Int32(min(Float(Sample.max), sums[band] / total + 0.5)))
    }
  }

  /// The source pixel an anchor names for a margin pixel, held inside the source.
  @inline(__always) private func source(_ x: Int, _ y: Int, _ anchor: Int) -> UnsafeMutablePointer<Sample> {
    let qx = min(max(0, mapping.width &+ x &+ Int(mapping.dx[anchor])), mapping.width &- 1)
    let qy = min(max(0, y &+ Int(mapping.dy[anchor])), mapping.height &- 1)
    return frame.samples + frame.view.index(qx, qy) &* frame.bands
  }

  /// The pixel that stands for (x, y) in the eyes of the anchor nearest to (atX, atY); columns count from the border.
  @inline(__always) func wanted(_ x: Int, _ y: Int, nearestTo atX: Int, _ atY: Int) -> UnsafeMutablePointer<Sample> {
    source(x, y, lines.nearest[atY] &* mapping.strips &+ columns.nearest[atX])
  }
}
