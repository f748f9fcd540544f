// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore

/// Writes JSON (RFC 8259) into a byte buffer, field by field, without a value per field.
///
/// A probe of a file takes some ten microseconds; JSONEncoder alone would take several times that.
package struct JSONLine {
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init() {}

  /// Empties the buffer and keeps its memory.
  package mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  package mutating func object(_ key: StaticString? = nil, _ fields: (inout JSONLine) -> Void) {
    open(key, "{")
    fields(&self)
    close("}")
  }

  package mutating func array<Values: Sequence>(
    _ key: StaticString, _ values: Values, _ field: (inout JSONLine, Values.Element) -> Void
  ) {
    open(key, "[")
    for value in values { field(&self, value) }
    close("]")
  }

  package mutating func field(_ key: StaticString?, _ text: String) {
    separate(key)
    quote(text)
  }

  package mutating func field(_ key: StaticString?, _ number: Int) {
    separate(key)
    append(number)
  }

  package mutating func field(_ key: StaticString?, _ flag: Bool) {
    separate(key)
    bytes.append(contentsOf: flag ? "true".utf8 : "false".utf8)
  }

  package mutating func field(_ key: StaticString?, _ number: Double) {
    separate(key)
    // JSON has no infinities.
    bytes.append(contentsOf: number.isFinite ? number.description.utf8 : "null".utf8)
  }

  /// A field whose name is data.
  package mutating func member(_ name: String, _ text: String) {
    separate(name)
    quote(text)
  }

  /// A field whose name is data.
  package mutating func member(_ name: String, _ number: Int) {
    separate(name)
    append(number)
  }

  /// A field whose name is data.
  package mutating func member(_ name: String, _ number: Double) {
    separate(name)
    bytes.append(contentsOf: number.isFinite ? number.description.utf8 : "null".utf8)
  }

  package mutating func null(_ key: StaticString?) {
    separate(key)
    bytes.append(contentsOf: "null".utf8)
  }

  package mutating func field(_ key: StaticString?, _ measure: Measure) {
    switch measure {
    case .count(let count): field(key, count)
    case .real(let real): field(key, real)
    case .text(let text): field(key, text)
    }
  }

  /// Ends one record of NDJSON.
  package mutating func endLine() {
    bytes.append(10)
    needsComma = false
  }

  private mutating func open(_ key: StaticString?, _ bracket: Unicode.Scalar) {
    separate(key)
    bytes.append(UInt8(ascii: bracket))
    needsComma = false
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(ascii: bracket))
    needsComma = true
  }

  private mutating func separate(_ key: StaticString?) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
    guard let key else { return }
    bytes.append(UInt8(ascii: "\""))
    key.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: ":")])
  }

  private mutating func separate(_ name: String) {
    separate(nil)
    quote(name)
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func append(_ number: Int) {
    if number >= 0, number < 10 {
      bytes.append(48 + UInt8(number))
    } else {
      bytes.append(contentsOf: number.description.utf8)
    }
  }

  /// RFC 8259 §7: quotes, backslashes and control characters are escaped, all else goes as UTF-8.
  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var copy = text
    copy.withUTF8 { utf8 in
      var start = 0
      for index in utf8.indices where utf8[index] < 0x20 || utf8[index] == 0x22 || utf8[index] == 0x5C {
        bytes.append(contentsOf: utf8[start..<index])
        escape(utf8[index])
        start = index + 1
      }
      bytes.append(contentsOf: utf8[start...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x22, 0x5C: bytes.append(byte)
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    default:
      let digits = Array("0123456789abcdef".utf8)
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(contentsOf: [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }
  }
}
