// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// The item tables of a `meta` box, asked by scanning: nothing is copied, whatever a file declares.
struct HEIFItems {
  private(set) var primary = 0
  private var information: Box?
  private(set) var references: Box?
  private(set) var containers: Box?
  private(set) var associations: Box?
  private(set) var locations: Box?
  private(set) var data: Box?

  init(in meta: Box, _ window: inout ByteWindow, _ budget: inout StepBudget) throws(HeaderFault) {
    var properties: Box?
    var primaryBox: Box?
    var tables = (information: Box?.none, references: Box?.none, locations: Box?.none, data: Box?.none)
    try meta.eachChild(from: meta.body + 4, &window, &budget) { (box, _, _) throws(HeaderFault) in
      switch box.type {
      case fourCC("pitm"): primaryBox = box
      case fourCC("iinf"): tables.information = box
      case fourCC("iref"): tables.references = box
      case fourCC("iprp"): properties = box
      case fourCC("iloc"): tables.locations = box
      case fourCC("idat"): tables.data = box
      default: break
      }
      return true
    }
    (information, references, locations, data) = tables
    guard let primaryBox else { throw .malformed("it names no primary picture") }
    let isWide = try window.byte(at: primaryBox.body) > 0
    primary = try isWide ? window.big32(at: primaryBox.body + 4) : window.big16(at: primaryBox.body + 4)
    guard let properties else { throw .malformed("its pictures have no properties") }
    containers = try properties.child("ipco", from: properties.body, &window, &budget)
    associations = try properties.child("ipma", from: properties.body, &window, &budget)
  }

  /// Fills in what the tables say of the primary picture and of those beside it.
  func describe(
    _ facts: inout ImageFacts, _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) {
    var look = HEIFLook()
    try eachProperty(of: primary, &window, &budget) { (box, window, _) throws(HeaderFault) in
      try look.take(box, &window)
    }
    facts.storedSize = try look.size()
    facts.orientation = look.orientation
    facts.orientationSource = look.turns ? .itemProperties : .none
    if let profile = look.profile { try ICCReader.read(at: profile.offset, profile.length, &window, into: &facts) }
    let census = try census(&window, &budget)
    if look.coding == nil, let tile = try firstReference("dimg", from: primary, &window, &budget) {
      try eachProperty(of: tile, &window, &budget) { (box, window, _) throws(HeaderFault) in
        try look.takeCoding(box, &window)
      }
    }
    facts.coding = look.coding ?? census.primaryCoding ?? "unknown"
    if facts.coding == "av1" { facts.format = .avif }
    if facts.coding == "hevc" { facts.format = .heif }
    facts.isDecodable = facts.coding == "av1" || facts.coding == "hevc"
    facts.bitsPerSample = look.bits
    facts.hasAlpha = try hasAlpha(&window, &budget)
    facts.colourModel = look.isGrey ? .grey : .rgb
    facts.channels = (look.isGrey ? 1 : 3) + (facts.hasAlpha ? 1 : 0)
    facts.frameCount = max(1, census.pictures)
    try census.readMetadata(from: self, &facts, &window, &budget)
    if let end = try endOfItem(primary, &window, &budget), end > window.length,
      !facts.notes.contains(where: { $0.rule == ProbeRule.truncated })
    {
      facts.noteTruncation(at: window.length, of: end)
    }
  }

  // MARK: Items

  /// What the item information box says (ISO/IEC 14496-12 §8.11.6).
  struct Census {
    var primaryCoding: String?
    /// Pictures a viewer would list: not hidden, no thumbnail, no auxiliary plane.
    var pictures = 0
    var exif: Int?
    var xmp: Int?
  }

  private func census(
    _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) -> Census {
    var census = Census()
    guard let information else { return census }
    let head = try window.byte(at: information.body) == 0 ? 6 : 8
    try information.eachChild(from: information.body + head, &window, &budget) {
      (box, window, budget) throws(HeaderFault) in
      guard box.type == fourCC("infe"), box.length >= 12 else { return true }
      let flags = try window.big32(at: box.body)
      let version = flags >> 24
      guard version >= 2 else { return true }
      let isWide = version >= 3
      let item = try isWide ? window.big32(at: box.body + 4) : window.big16(at: box.body + 4)
      let type = box.body + (isWide ? 10 : 8)
      let kind = try window.big32(at: type)
      switch kind {
      case fourCC("Exif"): if census.exif == nil { census.exif = item }
      case fourCC("mime"): if census.xmp == nil, try isXMP(box, from: type + 4, &window) { census.xmp = item }
      case fourCC("av01"), fourCC("hvc1"), fourCC("grid"), fourCC("iden"), fourCC("iovl"), fourCC("jpeg"),
        fourCC("avc1"), fourCC("vvc1"), fourCC("unci"), fourCC("j2k1"):
        if item == primary { census.primaryCoding = Self.coding(ofItemType: kind) }
        guard flags & 1 == 0 else { return true }
        let isListed = try item == primary ? true : isListed(item, &window, &budget)
        if isListed { census.pictures += 1 }
      default: break
      }
      return true
    }
    return census
  }

  private static func coding(ofItemType type: Int) -> String? {
    switch type {
    case fourCC("av01"): "av1"
    case fourCC("hvc1"): "hevc"
    case fourCC("avc1"): "avc"
    case fourCC("jpeg"): "jpeg"
    case fourCC("vvc1"): "vvc"
    case fourCC("unci"): "uncompressed"
    case fourCC("j2k1"): "j2k"
    default: nil
    }
  }

  /// Whether an item's name and content type, two texts ended by NUL, say XMP.
  private func isXMP(_ box: Box, from start: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Bool {
    var at = start
    while at < box.end, try window.byte(at: at) != 0 { at += 1 }
    guard box.end - at > 20 else { return false }
    return try window.bytes(at: at + 1, 19).matches("application/rdf+xml")
  }

  /// Whether a picture is neither a thumbnail nor an auxiliary plane of another one.
  private func isListed(
    _ item: Int, _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) -> Bool {
    var isListed = true
    try eachReference(&window, &budget) { (type, from, _, _, _) throws(HeaderFault) in
      if from == item, type == fourCC("thmb") || type == fourCC("auxl") { isListed = false }
      return isListed
    }
    return isListed
  }

  /// Whether an auxiliary item of the primary one is its alpha plane.
  private func hasAlpha(_ window: inout ByteWindow, _ budget: inout StepBudget) throws(HeaderFault) -> Bool {
    var found = false
    try eachReference(&window, &budget) { (type, from, targets, window, budget) throws(HeaderFault) in
      guard type == fourCC("auxl") else { return true }
      var isOfPrimary = false
      for index in 0..<targets.count {
        try budget.spend()
        if try targets.item(index, &window) == primary { isOfPrimary = true }
      }
      guard isOfPrimary else { return true }
      try eachProperty(of: from, &window, &budget) { (box, window, _) throws(HeaderFault) in
        guard box.type == fourCC("auxC"), box.length > 4 else { return }
        if try Self.isAlphaName(box, &window) { found = true }
      }
      return !found
    }
    return found
  }

  /// The names of alpha planes: ISO/IEC 23000-22 §7.3.5.2 and the HEVC one of ISO/IEC 23008-12.
  private static func isAlphaName(_ box: Box, _ window: inout ByteWindow) throws(HeaderFault) -> Bool {
    let names: [StaticString] = ["urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1"]
    for name in names where box.length - 4 >= name.utf8CodeUnitCount {
      if try window.bytes(at: box.body + 4, name.utf8CodeUnitCount).matches(name) { return true }
    }
    return false
  }
}

extension HEIFItems.Census {
  /// Reads the EXIF and XMP items; the orientation of EXIF does not count here (ISO/IEC 23008-12 annex A.2.1).
  func readMetadata(
    from items: HEIFItems, _ facts: inout ImageFacts, _ window: inout ByteWindow, _ budget: inout StepBudget
  ) throws(HeaderFault) {
    if let exif, let place = try items.firstExtent(of: exif, &window, &budget), place.length > 4 {
      let skipped = try window.big32(at: place.offset)
      if skipped <= place.length - 4 {
        try ExifReader.read(
          at: place.offset + 4 + skipped, place.length - 4 - skipped, &window, into: &facts, orients: false)
      } else {
        facts.note(ProbeRule.exifMalformed, "the EXIF item states an offset past its end")
      }
    }
    if let xmp, let place = try items.firstExtent(of: xmp, &window, &budget) {
      try XMPReader.read(at: place.offset, place.length, &window, into: &facts)
    }
  }
}
