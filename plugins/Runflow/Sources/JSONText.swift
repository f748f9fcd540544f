// SPDX-License-Identifier: Apache-2.0

internal import ImgtoolCore

/// Reads and writes JSON text (RFC 8259) in one pass over its bytes.
///
/// A list of runs has hundreds of records; JSONDecoder, which has to be asked for each type in turn, takes ten times
/// as long and keeps a map of the text besides.
struct JSONText {
  /// The deepest nesting that is read.
  static let deepest = 128

  private struct Malformed: Error {}

  private let bytes: [UInt8]
  private var at = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value of one document; nothing for what is no JSON.
  static func value(_ bytes: [UInt8]) -> JSONValue? {
    var text = JSONText(bytes)
    guard let value = try? text.value(0), text.next == nil else { return nil }  // why it is none is of no use
    return value
  }

  /// The next byte that is no white space.
  private var next: UInt8? {
    mutating get {
      while at < bytes.count {
        let byte = bytes[at]
        guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
        at += 1
      }
      return nil
    }
  }

  private mutating func value(_ depth: Int) throws(Malformed) -> JSONValue {
    guard depth < Self.deepest else { throw Malformed() }
    switch next {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Malformed) -> JSONValue {
    let end = at + word.utf8CodeUnitCount
    guard end <= bytes.count,
      word.withUTF8Buffer({ bytes[at..<end].elementsEqual($0) })
    else { throw Malformed() }
    at = end
    return value
  }

  /// Of members with one name the last counts.
  private mutating func object(_ depth: Int) throws(Malformed) -> JSONValue {
    // Most have some fields; growing from one to eight would move them three times.
    var fields = [String: JSONValue](minimumCapacity: 8)
    at += 1
    guard next != UInt8(ascii: "}") else {
      at += 1
      return .object(fields)
    }
    repeat {
      guard next == UInt8(ascii: "\"") else { throw Malformed() }
      let name = try string()
      guard next == UInt8(ascii: ":") else { throw Malformed() }
      at += 1
      fields[name] = try value(depth + 1)
    } while try isFollowed(UInt8(ascii: "}"))
    return .object(fields)
  }

  private mutating func array(_ depth: Int) throws(Malformed) -> JSONValue {
    var values: [JSONValue] = []
    at += 1
    guard next != UInt8(ascii: "]") else {
      at += 1
      return .array(values)
    }
    repeat { values.append(try value(depth + 1)) } while try isFollowed(UInt8(ascii: "]"))
    return .array(values)
  }

  /// Whether a comma and no closing bracket comes next; either is taken.
  private mutating func isFollowed(_ close: UInt8) throws(Malformed) -> Bool {
    let sign = next
    guard sign == close || sign == UInt8(ascii: ",") else { throw Malformed() }
    at += 1
    return sign != close
  }

  private mutating func string() throws(Malformed) -> String {
    at += 1
    let start = at
    while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\") {
      guard bytes[at] >= 0x20 else { throw Malformed() }
      at += 1
    }
    var text = bytes[start..<at]
    while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
      if bytes[at] == UInt8(ascii: "\\") {
        text.append(contentsOf: String(try escape()).utf8)
      } else {
        guard bytes[at] >= 0x20 else { throw Malformed() }
        text.append(bytes[at])
        at += 1
      }
    }
    at += 1
    guard at <= bytes.count, let string = String(validating: text, as: UTF8.self) else { throw Malformed() }
    return string
  }

  private mutating func escape() throws(Malformed) -> Unicode.Scalar {
    guard at + 1 < bytes.count else { throw Malformed() }
    at += 2
    switch bytes[at - 1] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = try fourDigits()
      if (0xd800..<0xdc00).contains(code), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
        bytes[at + 1] == UInt8(ascii: "u")
      {
        at += 2
        let low = try fourDigits()
        guard (0xdc00..<0xe000).contains(low) else { throw Malformed() }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      // Half of a pair is no character.
      guard let scalar = Unicode.Scalar(code) else { throw Malformed() }
      return scalar
    default: throw Malformed()
    }
  }

  private mutating func fourDigits() throws(Malformed) -> UInt32 {
    guard at + 4 <= bytes.count else { throw Malformed() }
    var code: UInt32 = 0
    for byte in bytes[at..<at + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { throw Malformed() }
      code = code << 4 | UInt32(digit)
    }
    at += 4
    return code
  }

  private mutating func number() throws(Malformed) -> JSONValue {
    let start = at
    if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
    let first = at
    try digits()
    guard bytes[first] != UInt8(ascii: "0") || at == first + 1 else { throw Malformed() }
    var isWhole = true
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      isWhole = false
      at += 1
      try digits()
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      at += 1
      if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isWhole, let number = Int(text) { return .integer(number) }
    // Beyond the numbers of a computer is beyond all uses of one here.
    guard let number = Double(text), number.isFinite else { throw Malformed() }
    return Int(exactly: number).map { .integer($0) } ?? .real(number)
  }

  private mutating func digits() throws(Malformed) {
    let start = at
    while at < bytes.count, (0x30...0x39).contains(bytes[at]) { at += 1 }
    guard at > start else { throw Malformed() }
  }

  // MARK: writing

  /// Appends a value, the fields of objects in the order of their names' bytes.
  static func write(_ value: JSONValue, to text: inout [UInt8]) {
    switch value {
    case .null: text.append(contentsOf: "null".utf8)
    case .bool(let bool): text.append(contentsOf: (bool ? "true" : "false").utf8)
    case .integer(let number): text.append(contentsOf: String(number).utf8)
    case .real(let number): text.append(contentsOf: "\(number)".utf8)
    case .text(let string): quote(string, to: &text)
    case .array(let values):
      text.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        write(value, to: &text)
      }
      text.append(UInt8(ascii: "]"))
    case .object(let fields):
      text.append(UInt8(ascii: "{"))
      let sorted = fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, field) in sorted.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        quote(field.key, to: &text)
        text.append(UInt8(ascii: ":"))
        write(field.value, to: &text)
      }
      text.append(UInt8(ascii: "}"))
    }
  }

  private static func quote(_ string: String, to text: inout [UInt8]) {
    var string = string
    text.append(UInt8(ascii: "\""))
    string.withUTF8 { bytes in
      guard !bytes.isPlainJSON else { return text.append(contentsOf: bytes) }
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(contentsOf: [UInt8(ascii: "\\"), byte])
        case 0..<0x20:
          let digits = String(byte, radix: 16)
          text.append(contentsOf: "\\u\(byte < 16 ? "000" : "00")\(digits)".utf8)
        default: text.append(byte)
        }
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
