// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// The scans through the tables of items: references, properties, locations.
extension HEIFItems {
  // MARK: References (ISO/IEC 14496-12 §8.11.12)

  /// The items a reference points to.
  struct Targets {
    let start: Int
    let count: Int
    let isWide: Bool

    func item(_ index: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Int {
      try isWide ? window.big32(at: start + 4 * index) : window.big16(at: start + 2 * index)
    }
  }

  /// Hands over every reference until `visit` answers false: its type, the item it comes from, the items it leads to.
  func eachReference(
    _ window: inout ByteWindow, _ budget: inout StepBudget,
    _ visit: (Int, Int, Targets, inout ByteWindow, inout StepBudget) throws(HeaderFault) -> Bool
  ) throws(HeaderFault) {
    guard let references else { return }
    let isWide = try window.byte(at: references.body) > 0
    let width = isWide ? 4 : 2
    try references.eachChild(from: references.body + 4, &window, &budget) {
      (box, window, budget) throws(HeaderFault) in
      guard box.length >= width + 2 else { return true }
      let from = try isWide ? window.big32(at: box.body) : window.big16(at: box.body)
      let count = min(try window.big16(at: box.body + width), (box.length - width - 2) / width)
      let targets = Targets(start: box.body + width + 2, count: count, isWide: isWide)
      return try visit(box.type, from, targets, &window, &budget)
    }
  }

  /// The first item that a reference of that type leads to.
  func firstReference(
    _ type: StaticString, from item: Int, _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) -> Int? {
    let wanted = fourCC(type)
    var found: Int?
    try eachReference(&window, &budget) { (type, from, targets, window, _) throws(HeaderFault) in
      if type == wanted, from == item, targets.count > 0 { found = try targets.item(0, &window) }
      return found == nil
    }
    return found
  }

  // MARK: Properties (ISO/IEC 23008-12 §9.3)

  /// Hands over the properties of an item in the order of their association, which is the order they apply in.
  func eachProperty(
    of item: Int, _ window: inout ByteWindow, _ budget: inout StepBudget,
    _ visit: (Box, inout ByteWindow, inout StepBudget) throws(HeaderFault) -> Void
  ) throws(HeaderFault) {
    guard let associations, let containers else { return }
    let flags = try window.big32(at: associations.body)
    let itemBytes = flags >> 24 == 0 ? 2 : 4
    let indexBytes = flags & 1 == 0 ? 1 : 2
    let entries = try window.big32(at: associations.body + 4)
    var at = associations.body + 8
    for _ in 0..<entries {
      try budget.spend()
      guard at <= associations.end - itemBytes - 1 else { return }
      let owner = try itemBytes == 2 ? window.big16(at: at) : window.big32(at: at)
      let count = try window.byte(at: at + itemBytes)
      at += itemBytes + 1
      if owner == item {
        for index in 0..<count where at + (index + 1) * indexBytes <= associations.end {
          let place = at + index * indexBytes
          // The highest bit says whether the property is essential.
          let number = try indexBytes == 1 ? window.byte(at: place) & 0x7F : window.big16(at: place) & 0x7FFF
          if let box = try property(number, containers, &window, &budget) { try visit(box, &window, &budget) }
        }
      }
      at += count * indexBytes
    }
  }

  /// The property of that number, counted from 1; 0 stands for none.
  private func property(
    _ number: Int, _ containers: Box, _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) -> Box? {
    var left = number
    var found: Box?
    try containers.eachChild(from: containers.body, &window, &budget) { (box, _, _) throws(HeaderFault) in
      left -= 1
      if left == 0 { found = box }
      return left > 0
    }
    return found
  }

  // MARK: Locations (ISO/IEC 14496-12 §8.11.3)

  /// Hands over the extents of an item as absolute ranges.
  func eachExtent(
    of wanted: Int?, _ window: inout ByteWindow, _ budget: inout StepBudget,
    _ visit: (Int, ByteRange) throws(HeaderFault) -> Void
  ) throws(HeaderFault) {
    guard let locations else { return }
    let version = try window.byte(at: locations.body)
    let sizes = try window.big16(at: locations.body + 4)
    let (offsetBytes, lengthBytes) = (sizes >> 12, (sizes >> 8) & 15)
    let (baseBytes, indexBytes) = ((sizes >> 4) & 15, version >= 1 ? sizes & 15 : 0)
    let itemBytes = version >= 2 ? 4 : 2
    let count = try number(at: locations.body + 6, itemBytes, &window)
    var at = locations.body + 6 + itemBytes
    for _ in 0..<count {
      try budget.spend()
      let item = try number(at: at, itemBytes, &window)
      at += itemBytes
      let method = version >= 1 ? try window.big16(at: at) & 15 : 0
      at += (version >= 1 ? 2 : 0) + 2
      let base = try number(at: at, baseBytes, &window)
      at += baseBytes
      let extents = try window.big16(at: at)
      at += 2
      for _ in 0..<extents {
        try budget.spend()
        guard at <= locations.end else { return }
        let offset = try number(at: at + indexBytes, offsetBytes, &window)
        let length = try number(at: at + indexBytes + offsetBytes, lengthBytes, &window)
        at += indexBytes + offsetBytes + lengthBytes
        guard wanted == nil || wanted == item, method <= 1 else { continue }
        let origin = method == 1 ? data?.body ?? Int.max : 0
        let (start, first) = base.addingReportingOverflow(offset)
        let (place, second) = start.addingReportingOverflow(origin)
        guard !first, !second else { throw .malformed("a part of a picture lies past the end of any file") }
        // A length of 0 stands for the rest of the file.
        try visit(item, ByteRange(offset: place, length: length))
      }
    }
  }

  private func number(
    at offset: Int, _ bytes: Int, _ window: inout ByteWindow
  ) throws(HeaderFault) -> Int {
    switch bytes {
    case 0: 0
    case 2: try window.big16(at: offset)
    case 4: try window.big32(at: offset)
    case 8: try window.big64(at: offset)
    default: throw .malformed("its item locations have numbers of \(bytes) bytes")
    }
  }

  /// The offset behind the last byte of an item.
  func endOfItem(
    _ item: Int, _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) -> Int? {
    var end: Int?
    try eachExtent(of: item, &window, &budget) { (_, range) throws(HeaderFault) in
      let (stop, overflow) = range.offset.addingReportingOverflow(range.length)
      end = max(end ?? 0, overflow ? Int.max : stop)
    }
    return end
  }

  /// The first extent of an item, where it lies inside the file.
  func firstExtent(
    of item: Int, _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) -> ByteRange? {
    var found: ByteRange?
    try eachExtent(of: item, &window, &budget) { (_, range) throws(HeaderFault) in
      if found == nil { found = range }
    }
    guard let found, found.offset < window.length else { return nil }
    let room = window.length - found.offset
    guard found.length <= room else { return nil }
    return ByteRange(offset: found.offset, length: found.length == 0 ? room : found.length)
  }
}
