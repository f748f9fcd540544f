// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore

/// Writes JSON (RFC 8259) into a byte buffer, field by field, without a value per field.
///
/// A probe of a file takes some ten microseconds; JSONEncoder alone would take several times that.
package struct JSONLine {
  /// Larger than what is written, so that a field is one look at the room left, not one for each part of it.
  private var storage: [UInt8] = []
  private var count = 0
  private var needsComma = false

  package init() {}

  /// What is written so far.
  package var bytes: [UInt8] { Array(storage[..<count]) }

  /// Empties the buffer and keeps its memory.
  package mutating func reset() {
    count = 0
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
    write(key, .most(text)) { $0.quote(text) }
  }

  package mutating func field(_ key: StaticString?, _ number: Int) {
    write(key, .number) { $0.put(number) }
  }

  package mutating func field(_ key: StaticString?, _ flag: Bool) {
    write(key, .number) { $0.put(flag ? "true" : "false") }
  }

  package mutating func field(_ key: StaticString?, _ number: Double) {
    write(key, .number) { $0.put(number) }
  }

  package mutating func null(_ key: StaticString?) {
    write(key, .number) { $0.put("null") }
  }

  package mutating func field(_ key: StaticString?, _ measure: Measure) {
    switch measure {
    case .count(let count): field(key, count)
    case .real(let real): field(key, real)
    case .text(let text): field(key, text)
    }
  }

  /// A field whose name is data.
  package mutating func member(_ name: String, _ text: String) {
    write(name, .most(text)) { $0.quote(text) }
  }

  /// A field whose name is data.
  package mutating func member(_ name: String, _ number: Int) {
    write(name, .number) { $0.put(number) }
  }

  /// A field whose name is data.
  package mutating func member(_ name: String, _ number: Double) {
    write(name, .number) { $0.put(number) }
  }

  /// Ends one record of NDJSON.
  package mutating func endLine() {
    put(10)
    needsComma = false
  }

  private mutating func open(_ key: StaticString?, _ bracket: Unicode.Scalar) {
    write(key, .number) { $0.put(UInt8(ascii: bracket)) }
    needsComma = false
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    put(UInt8(ascii: bracket))
    needsComma = true
  }

  private mutating func put(_ byte: UInt8) {
    write(most: 1) { $0.put(byte) }
  }

  @inline(__always)
  private mutating func write(_ key: StaticString?, _ room: Room, _ value: (inout Pen) -> Void) {
    let hasComma = needsComma
    needsComma = true
    write(most: (key?.utf8CodeUnitCount ?? 0) + 4 + room.bytes) { pen in
      if hasComma { pen.put(UInt8(ascii: ",")) }
      if let key { pen.put(key: key) }
      value(&pen)
    }
  }

  private mutating func write(_ name: String, _ room: Room, _ value: (inout Pen) -> Void) {
    let hasComma = needsComma
    needsComma = true
    write(most: Room.most(name).bytes + 2 + room.bytes) { pen in
      if hasComma { pen.put(UInt8(ascii: ",")) }
      pen.quote(name)
      pen.put(UInt8(ascii: ":"))
      value(&pen)
    }
  }

  /// Lends a place with room for `most` bytes.
  @inline(__always)
  private mutating func write(most: Int, _ body: (inout Pen) -> Void) {
    if storage.count - count < most { grow(by: most) }
    let start = count
    count = storage.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return start }
      var pen = Pen(at: base + start)
      body(&pen)
      return pen.at - base
    }
  }

  @inline(never)
  private mutating func grow(by more: Int) {
    storage.append(contentsOf: repeatElement(0, count: max(more, storage.count, 1024)))
  }
}

/// The most bytes a value can take.
private struct Room {
  let bytes: Int

  /// Of a number, a truth value or a bracket: the longest is a Double of 24 characters.
  static let number = Room(bytes: 32)

  /// Of a text: every byte escaped, and its quotes.
  @inline(__always)
  static func most(_ text: String) -> Room { Room(bytes: text.utf8.count * 6 + 2) }
}

/// A place in the buffer that moves on by writing; whoever lends it has made room.
private struct Pen {
  var at: UnsafeMutablePointer<UInt8>

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    at.pointee = byte
    at += 1
  }

  @inline(__always)
  mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress else { return }
    at.update(from: base, count: bytes.count)
    at += bytes.count
  }

  @inline(__always)
  mutating func put(_ text: StaticString) {
    text.withUTF8Buffer { put($0) }
  }

  @inline(__always)
  mutating func put(key: StaticString) {
    put(UInt8(ascii: "\""))
    put(key)
    put(UInt8(ascii: "\""))
    put(UInt8(ascii: ":"))
  }

  mutating func put(_ number: Int) {
    if number < 0 { put(UInt8(ascii: "-")) }
    var rest = number.magnitude
    var digits = 1
    var limit: UInt = 10
    while digits < 20, rest >= limit {
      digits += 1
      limit = digits < 20 ? limit * 10 : limit
    }
    for place in stride(from: digits - 1, through: 0, by: -1) {
      at[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    at += digits
  }

  mutating func put(_ number: Double) {
    // JSON has no infinities.
    guard number.isFinite else { return put("null") }
    for byte in number.description.utf8 { put(byte) }
  }

  /// RFC 8259 §7: quotes, backslashes and control characters are escaped, all else goes as UTF-8.
  @inline(__always)
  mutating func quote(_ text: String) {
    put(UInt8(ascii: "\""))
    var copy = text
    copy.withUTF8 { utf8 in
      guard !utf8.isPlainJSON else { return put(utf8) }
      for byte in utf8 {
        if byte >= 0x20, byte != 0x22, byte != 0x5C { put(byte) } else { escape(byte) }
      }
    }
    put(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    put(UInt8(ascii: "\\"))
    switch byte {
    case 0x22, 0x5C: put(byte)
    case 0x0A: put(UInt8(ascii: "n"))
    case 0x0D: put(UInt8(ascii: "r"))
    case 0x09: put(UInt8(ascii: "t"))
    default:
      put("u00")
      for digit in [byte >> 4, byte & 15] { put(digit < 10 ? 48 + digit : 87 + digit) }
    }
  }
}
