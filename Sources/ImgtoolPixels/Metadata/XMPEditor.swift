// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Edits single values of an XMP packet in place; everything else stays byte for byte (ISO 16684-1).
package struct XMPEditor: Sendable {
  package private(set) var packet: [UInt8]
  private var changes: [(range: Range<Int>, text: [UInt8])] = []
  private let scan: XMPScanner
  /// The namespace each prefix of the packet stands for.
  private let namespaces: [String: Set<String>]

  /// Reads a packet for editing.
  ///
  /// - Throws: `.input` when it is not well-formed UTF-8 XML as XMP allows it.
  package init(_ packet: [UInt8]) throws(ImgtoolError) {
    guard let scan = XMPScanner(packet) else {
      throw ImgtoolError(.input, "The XMP packet is not well-formed.")
    }
    self.packet = packet
    self.scan = scan
    var namespaces: [String: Set<String>] = [:]
    for attribute in scan.elements.flatMap(\.attributes) where attribute.name.hasPrefix("xmlns:") {
      let uri = String(decoding: packet[attribute.value], as: UTF8.self)
      namespaces[String(attribute.name.dropFirst(6)), default: []].insert(uri)
    }
    self.namespaces = namespaces
  }

  static let tiff = "http://ns.adobe.com/tiff/1.0/"
  static let exif = "http://ns.adobe.com/exif/1.0/"

  /// The number a property states, as attribute or as element.
  package func number(_ name: String, in namespace: String) -> Int? {
    values(name, in: namespace).lazy.compactMap { Int(strict: String(decoding: packet[$0], as: UTF8.self)) }.first
  }

  /// Writes a number over a property wherever the packet states it.
  package mutating func set(_ name: String, in namespace: String, to number: Int) {
    let text = Array(String(number).utf8)
    for range in values(name, in: namespace) where !packet[range].elementsEqual(text) {
      changes.append((range, text))
    }
  }

  /// Takes out every property whose local name is one of the private ones, with all it contains.
  package mutating func removePrivate() {
    var removed: [Range<Int>] = []
    for element in scan.elements {
      if let last = removed.last, last.contains(element.whole.lowerBound) { continue }
      if XMPPrivacy.isPrivate(element.name) {
        removed.append(element.whole)
      } else {
        changes += element.attributes.filter { XMPPrivacy.isPrivate($0.name) }.map { ($0.whole, []) }
      }
    }
    // A change inside something removed begins after it, and `edited()` passes over it.
    changes += removed.map { ($0, []) }
  }

  /// The packet with the changes made; as long as before where its padding allows (ISO 16684-1 §7.3.2).
  package func edited() -> [UInt8] {
    guard !changes.isEmpty else { return packet }
    var result: [UInt8] = []
    var position = 0
    for change in changes.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      guard change.range.lowerBound >= position else { continue }
      result += packet[position..<change.range.lowerBound]
      result += change.text
      position = change.range.upperBound
    }
    result += packet[position...]
    return Self.padded(result, to: packet.count)
  }

  /// Where the values of a property stand, white space around them left out.
  private func values(_ name: String, in namespace: String) -> [Range<Int>] {
    let names = Set(namespaces.filter { $0.value.contains(namespace) }.map { "\($0.key):\(name)" })
    return scan.elements.flatMap { element in
      let attributes = element.attributes.filter { names.contains($0.name) }.map(\.value)
      let isWanted = names.contains(element.name) && !element.hasChildren && !element.content.isEmpty
      return attributes + (isWanted ? [trimmed(element.content)] : [])
    }
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    let text = packet[range]
    guard let first = text.firstIndex(where: { $0 > 0x20 }), let last = text.lastIndex(where: { $0 > 0x20 }) else {
      return range
    }
    return first..<last + 1
  }

  /// Makes up a difference in length in the white space before the packet's end mark.
  private static func padded(_ edited: [UInt8], to count: Int) -> [UInt8] {
    let mark = Array("<?xpacket end=".utf8)
    guard edited.count != count, edited.count >= mark.count,
      let end = (0...edited.count - mark.count).last(where: { edited[$0...].starts(with: mark) })
    else { return edited }
    var result = edited
    if edited.count < count {
      result.insert(contentsOf: repeatElement(0x20, count: count - edited.count), at: end)
    } else {
      let spare = edited[..<end].reversed().prefix { $0 == 0x20 }.count
      let excess = edited.count - count
      guard spare >= excess else { return edited }
      result.removeSubrange(end - excess..<end)
    }
    return result
  }
}
