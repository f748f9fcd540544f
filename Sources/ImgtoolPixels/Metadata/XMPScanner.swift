// SPDX-License-Identifier: Apache-2.0

/// The elements and attributes of an XMP packet as ranges of its bytes (XML 1.0 §3, RDF/XML).
///
/// It reads the XML that XMP may hold — no document type, no entities of its own — and gives nothing for anything
/// else, so that an editor never changes what it did not understand.
package struct XMPScanner: Sendable {
  /// One attribute: `name="value"`.
  package struct Attribute: Sendable, Hashable {
    package let name: String
    /// The value between its quotes.
    package let value: Range<Int>
    /// The whole attribute with the white space before it.
    package let whole: Range<Int>
  }

  /// One element, from its start tag to its end tag.
  package struct Element: Sendable, Hashable {
    package let name: String
    package var attributes: [Attribute]
    /// What lies between the tags; empty for an empty element.
    package var content: Range<Int>
    package var whole: Range<Int>
    package var hasChildren: Bool
  }

  /// More elements or attributes than this are not read.
  package static let partLimit = 100_000
  /// Deeper nesting than this is not read.
  package static let depthLimit = 128

  /// In the order of their start tags.
  package private(set) var elements: [Element] = []

  private let bytes: [UInt8]
  private var position = 0
  private var open: [Int] = []
  private var parts = 0

  /// Reads a packet in UTF-8; nothing when it is not well-formed within the limits.
  package init?(_ packet: [UInt8]) {
    bytes = packet
    while let tag = bytes[position...].firstIndex(of: UInt8(ascii: "<")) {
      position = tag
      guard readMarkup() else { return nil }
    }
    guard open.isEmpty, !elements.isEmpty else { return nil }
  }

  private mutating func readMarkup() -> Bool {
    if follows("<!--") { return skip(past: "-->") }
    if follows("<?") { return skip(past: "?>") }
    if follows("<![CDATA[") { return !open.isEmpty && skip(past: "]]>") }
    if follows("<!") { return false }
    return follows("</") ? readEndTag() : readStartTag()
  }

  private mutating func readStartTag() -> Bool {
    let start = position
    position += 1
    parts += 1
    guard let name = readName(), open.count < Self.depthLimit, parts < Self.partLimit else { return false }
    var attributes: [Attribute] = []
    while true {
      let before = position
      skipSpace()
      if follows("/>") || follows(">") { break }
      guard position > before, let attribute = readAttribute(from: before) else { return false }
      attributes.append(attribute)
      parts += 1
      guard parts < Self.partLimit else { return false }
    }
    if let parent = open.last { elements[parent].hasChildren = true }
    let isEmpty = follows("/>")
    position += isEmpty ? 2 : 1
    if !isEmpty { open.append(elements.count) }
    elements.append(
      Element(
        name: name, attributes: attributes, content: position..<position, whole: start..<position, hasChildren: false))
    return true
  }

  private mutating func readEndTag() -> Bool {
    let start = position
    position += 2
    guard let name = readName(), let index = open.popLast(), elements[index].name == name else { return false }
    skipSpace()
    guard follows(">") else { return false }
    position += 1
    elements[index].content = elements[index].content.lowerBound..<start
    elements[index].whole = elements[index].whole.lowerBound..<position
    return true
  }

  private mutating func readAttribute(from start: Int) -> Attribute? {
    guard let name = readName() else { return nil }
    skipSpace()
    guard follows("=") else { return nil }
    position += 1
    skipSpace()
    guard position < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[position]) else { return nil }
    let quote = bytes[position]
    let begin = position + 1
    guard let end = bytes[begin...].firstIndex(where: { $0 == quote || $0 == UInt8(ascii: "<") }),
      bytes[end] == quote
    else { return nil }
    position = end + 1
    return Attribute(name: name, value: begin..<end, whole: start..<position)
  }

  /// A name with its prefix: anything up to white space or a delimiter, not empty, valid UTF-8.
  private mutating func readName() -> String? {
    let start = position
    while position < bytes.count, !Self.isSpace(bytes[position]), !"=/><\"'&".utf8.contains(bytes[position]) {
      position += 1
    }
    guard position > start, position - start <= 256 else { return nil }
    return String(validating: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipSpace() {
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
  }

  private mutating func skip(past text: String) -> Bool {
    let wanted = Array(text.utf8)
    while position + wanted.count <= bytes.count {
      if bytes[position] == wanted[0], bytes[position...].starts(with: wanted) {
        position += wanted.count
        return true
      }
      position += 1
    }
    return false
  }

  private func follows(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
