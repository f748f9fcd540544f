// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore
package import ImgtoolPixels
import ImgtoolProbe

/// Many pictures on one, each reduced into a cell with its caption.
///
/// Pictures are read a few at a time, and of each only its cell is kept. One that cannot be read gets a marked cell.
package struct ContactSheet: Sendable {
  /// What stands below each picture.
  package enum Caption: String, Sendable, Hashable, CaseIterable {
    /// The name, and below it size, format and bytes; for pairs the verdict.
    case full
    case name
    case none

    var lines: Int { self == .full ? 2 : self == .name ? 1 : 0 }
  }

  /// One cell: one picture, or what was sent and what came back.
  package struct Item: Sendable, Hashable {
    package var paths: [String]

    package init(_ paths: [String]) { self.paths = paths }
  }

  /// A sheet and what could not be shown on it.
  package struct Result: Sendable {
    package let bytes: [UInt8]
    package let size: PixelSize
    package let failures: [(path: String, error: ImgtoolError)]
  }

  private let pool: SharedPool
  private let skin: SkinFinder?
  private let caption: Caption

  /// - `skin`: for the verdicts of pairs.
  package init(pool: SharedPool, skin: SkinFinder? = nil, caption: Caption = .full) {
    (self.pool, self.skin, self.caption) = (pool, skin, caption)
  }

  /// Draws the sheet.
  ///
  /// - Throws: `.timeout`, `.cancelled`, and what encoding throws; a picture that cannot be read is in the result.
  package func draw(
    _ items: [Item], layout: SheetLayout, encoding: EncodeOptions,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> Result {
    var canvas = SheetCanvas(layout.size)
    var failures: [(path: String, error: ImgtoolError)] = []
    let pool = try pool.pool()
    try await withThrowingTaskGroup(of: (Int, Cell).self) { group in
      var waiting = items.enumerated().makeIterator()
      func start(_ next: (offset: Int, element: Item)) {
        group.addTask { (next.offset, try await cell(next.element, layout)) }
      }
      // One more than threads, so that none waits for the drawing.
      for _ in 0...pool.limits.threads { if let next = waiting.next() { start(next) } }
      var (done, broken) = (0, [Int: [(path: String, error: ImgtoolError)]]())
      while let (number, cell) = try await group.next() {
        put(cell, number, layout, &canvas)
        broken[number] = cell.failures
        done += 1
        progress(done)
        if let next = waiting.next() { start(next) }
      }
      failures = broken.sorted { $0.key < $1.key }.flatMap(\.value)
    }
    let drawn = canvas
    let bytes = try await pool.run(cost: ByteCount(layout.size.area * 6)) { thread in
      try Picture(samples: drawn.samples, size: drawn.size, bands: 3, on: thread).encoded(encoding)
    }
    return Result(bytes: bytes, size: layout.size, failures: failures)
  }

  /// What goes into one cell.
  private struct Cell: Sendable {
    /// A picture, or the room that one would have taken.
    var pictures: [(picture: SmallPicture?, size: PixelSize)] = []
    var lines: [Line] = []
    var failures: [(path: String, error: ImgtoolError)] = []
  }

  private struct Line: Sendable {
    let mask: TextMask
    let severity: Finding.Severity?
  }

  private func cell(_ item: Item, _ layout: SheetLayout) async throws -> Cell {
    var cell = Cell()
    var facts: [ImageFacts?] = []
    for path in item.paths {
      do {
        facts.append(try Probe.facts(ofFile: path))
      } catch {
        facts.append(nil)
        cell.failures.append((path, error))
      }
    }
    let unknown = PixelSize(clamping: layout.cell.width, layout.cell.height)
    let sizes = layout.sizes(of: facts.map { $0?.displaySize ?? unknown })
    for (number, path) in item.paths.enumerated() {
      var picture: SmallPicture?
      if let facts = facts[number] {
        do {
          picture = try await thumbnail(path, facts, sizes[number])
        } catch let error as ImgtoolError where error.kind != .cancelled && error.kind != .timeout {
          cell.failures.append((path, error))
        }
      }
      cell.pictures.append((picture, sizes[number]))
    }
    cell.lines = try await lines(item, facts, cell.failures, layout)
    return cell
  }

  private func thumbnail(_ path: String, _ facts: ImageFacts, _ size: PixelSize) async throws -> SmallPicture {
    let isUpright = facts.format == .heif || facts.format == .avif
    return try await pool.pool().run(
      cost: PixelCost.estimate(facts: facts, holdsPixels: facts.orientation != .up)
    ) { thread in
      var options = OpenOptions()
      if facts.format == .jpeg {
        // An eighth, a quarter or half decodes several times faster and is still larger than the cell.
        let spare = facts.displaySize.longSide / max(1, size.longSide)
        options.jpegShrink = spare >= 16 ? 8 : spare >= 8 ? 4 : spare >= 4 ? 2 : 1
      }
      let file = try OpenFile(path)
      let small = try Picture(
        opening: thread.gate.look(at: .descriptor(file.descriptor)).admitted(), options, on: thread
      )
      .upright(from: isUpright ? .up : facts.orientation).inSRGB().flattened(onGrey: 0.5).resized(to: size)
      guard let picture = SmallPicture(size: size, samples: try small.samples8()) else {
        throw ImgtoolError(.unsupported, "The picture has no colours that could be shown.")
      }
      return picture
    }
  }

  private func lines(
    _ item: Item, _ facts: [ImageFacts?], _ failures: [(path: String, error: ImgtoolError)], _ layout: SheetLayout
  ) async throws -> [Line] {
    guard caption != .none, let name = item.paths.last.map(OutputName.lastComponent(of:)) else { return [] }
    var texts: [(String, Finding.Severity?)] = [(name, nil)]
    if caption == .full {
      if let failure = failures.first {
        texts.append(("\(failure.error.kind.rawValue): \(failure.error.message)", .fail))
      } else if item.paths.count == 2, let source = facts[0], let result = facts[1] {
        texts.append(try await verdict(item.paths, source, result))
      } else if let facts = facts.last ?? nil {
        texts.append((PageTables.summary(facts), nil))
      }
    }
    // Letters of 13 pixels are about 7 wide; what is still too long is cut off at the cell's edge.
    let most = max(4, layout.cell.width / 7)
    let shown = texts.map { ($0.0.escaped.shortened(to: most), $0.1) }
    return try await pool.pool().run(cost: .mebibytes(4)) { thread in
      try shown.map { Line(mask: try TextMask($0.0, font: "sans 13", on: thread), severity: $0.1) }
    }
  }

  /// What postflight says of a pair: the rules that are not in order, or that all is.
  private func verdict(
    _ paths: [String], _ source: ImageFacts, _ result: ImageFacts
  ) async throws -> (String, Finding.Severity?) {
    let isSame = source.displaySize == result.displaySize
    let expects = Expectation(frame: isSame ? .sameAsInput : .request(.exactly(result.displaySize)))
    do {
      let verification = try await Verifier(pool: pool, skin: skin)
        .verify(paths[1], name: nil, against: expects, input: source, source: paths[0])
      let worst = verification.findings.worst
      let rules = verification.findings.filter { $0.severity == worst }.map(\.rule)
      return (worst >= .warn ? "\(worst.rawValue): \(rules.joined(separator: " "))" : "as ordered", worst)
    } catch let error as ImgtoolError where error.kind != .cancelled && error.kind != .timeout {
      return ("\(error.kind.rawValue): \(error.message)", .fail)
    }
  }

  private func put(_ cell: Cell, _ number: Int, _ layout: SheetLayout, _ canvas: inout SheetCanvas) {
    let (left, top) = layout.origin(number)
    let spacing = layout.gap / 2
    let width = cell.pictures.reduce((cell.pictures.count - 1) * spacing) { $0 + $1.size.width }
    var x = left + max(0, layout.cell.width - width) / 2
    for (picture, size) in cell.pictures {
      let y = top + (layout.cell.height - size.height) / 2
      if let picture { canvas.put(picture, x: x, y: y) } else { canvas.cross(out: PixelRect(x: x, y: y, size: size)) }
      x += size.width + spacing
    }
    for (place, line) in cell.lines.enumerated() {
      let colour =
        switch line.severity {
        case .fail: SheetCanvas.bad
        case .warn: SheetCanvas.doubtful
        case .pass, .note: SheetCanvas.good
        case nil: place == 0 ? SheetCanvas.ink : SheetCanvas.soft
        }
      let spare = max(0, layout.cell.width - line.mask.size.width) / 2
      canvas.lay(
        line.mask, x: left + spare, y: top + layout.cell.height + 6 + place * SheetLayout.lineHeight,
        width: layout.cell.width, colour)
    }
  }
}

extension String {
  /// The text with its middle left out where it is longer than so many characters.
  fileprivate func shortened(to count: Int) -> String {
    guard self.count > count else { return self }
    return "\(prefix(count / 2))…\(suffix(max(1, count - count / 2 - 1)))"
  }
}
