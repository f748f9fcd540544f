// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore
#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Walks a JPEG from segment to segment and through its scans to the end marker (ITU-T T.81 annex B).
///
/// A thumbnail inside a segment is stepped over with it, so its end marker is never taken for the picture's.
enum JPEGStructure {
  static func follow(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    var picture = JPEGPicture()
    walk.at = 2
    while true {
      try stepToMarker(&window, &walk)
      let code = try window.byte(at: walk.at + 1)
      switch code {
      case 0xD9:
        walk.at += 2
        walk.end = walk.at
        try picture.finish(&walk)
        return
      case 0x01:
        walk.at += 2
        continue
      case 0xD0...0xD7: throw .malformed("a restart marker stands outside a scan")
      case 0xD8: throw .malformed("another picture begins before the end of this one")
      case 0x02...0xBF, 0xF0...0xFD: throw .malformed("a marker 0xFF\(String(code, radix: 16)) does not exist")
      default: break
      }
      let size = try window.big16(at: walk.at + 2)
      guard size >= 2 else { throw .malformed("a segment states a length of \(size)") }
      let next = walk.at + 2 + size
      guard next <= window.length else { throw .truncated(atLeast: next) }
      try picture.take(code, at: walk.at + 4, size - 2, &window)
      if (0xE0...0xEF).contains(code) || code == 0xFE {
        try walk.takeMetadata(size - 2, isColour: isColour(code, at: walk.at + 4, size - 2, &window))
      }
      if code == 0xDD { walk.takeSurplus(size - 4) }
      if code == 0xDA { try walk.takeScan() }
      walk.at = next
      if code == 0xDA { try followScan(&picture, &window, &walk) }
    }
  }

  /// Whether an application segment is JFIF's without a thumbnail, an ICC profile's or Adobe's.
  private static func isColour(
    _ code: Int, at body: Int, _ length: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> Bool {
    guard length >= 12 else { return false }
    let start = try window.bytes(at: body, 12)
    return switch code {
    case 0xE0: length == 14 && start.matches("JFIF\0")
    case 0xE2: length > 14 && start.matches("ICC_PROFILE\0")
    case 0xEE: length == 12 && start.matches("Adobe")
    default: false
    }
  }

  /// Steps over fill bytes, and over garbage, which is worth a warning.
  private static func stepToMarker(_ window: inout ByteWindow, _ walk: inout StructureWalk) throws(HeaderFault) {
    let start = walk.at
    var garbage = 0
    while true {
      guard walk.at <= window.length - 2 else { throw .truncated(atLeast: window.length + 2) }
      let pair = try window.bytes(at: walk.at, 2)
      if pair.byte(0) == 0xFF, pair.byte(1) != 0xFF, pair.byte(1) != 0 { break }
      if pair.byte(0) != 0xFF || pair.byte(1) == 0 { garbage += 1 }
      walk.at += 1
    }
    if garbage > 0 {
      walk.takeSurplus(garbage)
      walk.add(
        Finding(
          StructureRule.garbage, .warn, "\(garbage) bytes at byte \(start) belong to no segment.",
          measured: .count(garbage)))
    }
  }

  /// Steps through entropy-coded data up to the marker that ends it (T.81 §B.1.1.5).
  private static func followScan(
    _ picture: inout JPEGPicture, _ window: inout ByteWindow, _ walk: inout StructureWalk
  ) throws(HeaderFault) {
    let start = walk.at
    var restarts = 0
    var isInOrder = true
    scan: while true {
      guard walk.at < window.length else { throw .truncated(atLeast: window.length + 2) }
      let run = try window.run(at: walk.at)
      guard let base = run.baseAddress else { break }
      var place = 0
      while place < run.count, let hit = memchr(base + place, 0xFF, run.count - place) {
        place = UnsafeRawPointer(hit) - base
        // The byte after it is in the next run.
        guard place + 1 < run.count else { break }
        let code = base.byte(place + 1)
        if code == 0 {
          place += 2
        } else if code == 0xFF {
          place += 1
        } else if code & 0xF8 == 0xD0 {
          if code & 7 != restarts & 7 { isInOrder = false }
          restarts += 1
          place += 2
        } else {
          walk.at += place
          break scan
        }
      }
      if place + 1 == run.count, base.byte(place) == 0xFF {
        walk.at += place
        guard walk.at <= window.length - 2 else { throw .truncated(atLeast: window.length + 1) }
        // Moves the window on, so that the pair is in one run.
        _ = try window.bytes(at: walk.at, 2)
      } else {
        walk.at += run.count
      }
    }
    if walk.at == start { throw .malformed("a scan has no data") }
    picture.endScan(restarts: restarts, isInOrder: isInOrder, from: start, &walk)
    if walk.limits != nil { try picture.checkLength(walk.at - start, fileBytes: window.length) }
  }
}

/// What decides how many restart markers a scan has, and whether there was a picture at all.
private struct JPEGPicture {
  private struct Component {
    let id: Int
    let across: Int
    let down: Int
  }

  private var components: [Component] = []
  private var size: (width: Int, height: Int) = (0, 0)
  private var isBlockCoded = false
  /// Whether entropy is coded by Huffman's method, where every block has a code of its own.
  private var isHuffmanCoded = false
  private var isProgressive = false
  /// Whether the scan at hand begins with the mean of each block, and goes on from it.
  private var scansMeans = false
  private var scansWholeBlocks = false
  private var interval = 0
  private var scanComponents: [Int] = []
  private var scans = 0

  mutating func take(_ code: Int, at body: Int, _ length: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    switch code {
    case 0xC4, 0xC8, 0xCC: break
    case 0xC0...0xCF: try takeFrame(code, at: body, length, &window)
    case 0xDD where length >= 2: interval = try window.big16(at: body)
    case 0xDA: try takeScan(at: body, length, &window)
    default: break
    }
  }

  private mutating func takeFrame(
    _ code: Int, at body: Int, _ length: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) {
    // Hierarchical files have a frame header for each step; the first one gives the grid, which is not checked there.
    guard components.isEmpty else { return }
    guard length >= 6 else { throw .malformed("its frame header is too short") }
    let frame = try window.bytes(at: body, length)
    let count = frame.byte(5)
    guard count >= 1, length >= 6 + 3 * count else { throw .malformed("its frame header is too short") }
    size = ((frame + 3).big16, (frame + 1).big16)
    isHuffmanCoded = (0xC0...0xC2).contains(code)
    isProgressive = code == 0xC2
    isBlockCoded = [0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(code)
    for index in 0..<count {
      let factors = frame.byte(7 + 3 * index)
      let (across, down) = (factors >> 4, factors & 15)
      guard (1...4).contains(across), (1...4).contains(down) else {
        throw .malformed("its frame header states a sampling of \(across)×\(down)")
      }
      components.append(Component(id: frame.byte(6 + 3 * index), across: across, down: down))
    }
  }

  private mutating func takeScan(at body: Int, _ length: Int, _ window: inout ByteWindow) throws(HeaderFault) {
    guard !components.isEmpty else { throw .malformed("a scan begins before a frame header") }
    let count = try window.byte(at: body)
    guard (1...4).contains(count), length >= 4 + 2 * count else { throw .malformed("a scan header is too short") }
    scanComponents = []
    for index in 0..<count { scanComponents.append(try window.byte(at: body + 1 + 2 * index)) }
    scans += 1
    let spectrum = try window.bytes(at: body + 1 + 2 * count, 2)
    scansMeans = spectrum.byte(0) == 0
    scansWholeBlocks = !isProgressive
  }

  /// Compares the restart markers of a scan with those its grid asks for (T.81 §B.2.4.4, §A.2).
  func endScan(restarts: Int, isInOrder: Bool, from start: Int, _ walk: inout StructureWalk) {
    guard isInOrder else {
      walk.fail(StructureRule.restart, "the restart markers of the scan at byte \(start) are out of order")
      return
    }
    guard let expected = expectedRestarts, restarts != expected else { return }
    walk.fail(
      StructureRule.restart, "the scan at byte \(start) has \(restarts) restart markers of \(expected)",
      measured: .count(restarts), allowed: .count(expected))
  }

  /// Units of the grid over the interval, less the one that needs no marker; nothing where the grid is not known.
  private var expectedRestarts: Int? {
    guard isBlockCoded, size.height > 0, size.width > 0 else { return nil }
    guard interval > 0 else { return 0 }
    return gridUnits.map { (max($0, 1) - 1) / interval }
  }

  /// Units of the grid in the scan at hand: blocks of one component, or of all as they are sampled.
  private var gridUnits: Int? {
    let across = components.map(\.across).max() ?? 1
    let down = components.map(\.down).max() ?? 1
    if scanComponents.count == 1 {
      guard let one = components.first(where: { $0.id == scanComponents[0] }) else { return nil }
      let width = (size.width * one.across + across - 1) / across
      let height = (size.height * one.down + down - 1) / down
      return ((width + 7) / 8) * ((height + 7) / 8)
    } else {
      return ((size.width + 8 * across - 1) / (8 * across)) * ((size.height + 8 * down - 1) / (8 * down))
    }
  }

  /// Refuses a scan that is shorter than the shortest codes of its blocks: it states a size its data cannot fill.
  ///
  /// A block needs one code for its mean and, where nothing else codes it, one for the rest, of a bit each (T.81 §F.1.2).
  func checkLength(_ bytes: Int, fileBytes: Int) throws(HeaderFault) {
    guard isHuffmanCoded, scansMeans, size.height > 0, size.width > 0, let units = gridUnits else { return }
    var blocks = 0
    if scanComponents.count == 1 {
      blocks = units
    } else {
      for id in scanComponents {
        guard let component = components.first(where: { $0.id == id }) else { return }
        blocks += units * component.across * component.down
      }
    }
    let (bits, isTooMany) = blocks.multipliedReportingOverflow(by: scansWholeBlocks ? 2 : 1)
    guard isTooMany || bits / 8 > bytes else { return }
    throw .truncated(atLeast: isTooMany ? .max : fileBytes + bits / 8 - bytes)
  }

  func finish(_ walk: inout StructureWalk) throws(HeaderFault) {
    guard scans > 0 else { throw .malformed("it has no scan") }
    walk.frameCount = 1
  }
}
