// SPDX-License-Identifier: Apache-2.0

/// Writes a value as JSON (RFC 8259) straight into a buffer, fields in the order in which they come.
///
/// A job is written six times on its way; JSONEncoder, which builds a tree of the value and sorts it, takes several
/// times as long. Containers are written one after the other, as code made by the compiler does it.
struct RecordEncoder: Encoder {
  /// The text so far, and the containers that are open in it.
  final class Text {
    fileprivate var bytes: [UInt8] = []
    /// The closing bracket of each open container, the outermost first.
    private var open: [UInt8] = []
    private var needsComma = false

    fileprivate func begin(_ bracket: Unicode.Scalar, _ close: Unicode.Scalar) -> Int {
      bytes.append(UInt8(ascii: bracket))
      open.append(UInt8(ascii: close))
      needsComma = false
      return open.count
    }

    /// Makes room for the next element of the container at a depth, which ends all that are open inside of it.
    fileprivate func next(_ depth: Int, _ key: (any CodingKey)? = nil) {
      precondition(open.count >= depth, "the container is closed already")
      close(to: depth)
      if needsComma { bytes.append(UInt8(ascii: ",")) }
      needsComma = true
      guard let key else { return }
      put(key.stringValue)
      bytes.append(UInt8(ascii: ":"))
    }

    private func close(to depth: Int) {
      while open.count > depth {
        bytes.append(open.removeLast())
        needsComma = true
      }
    }

    fileprivate func write(_ word: String) { bytes.append(contentsOf: word.utf8) }

    fileprivate func put(_ text: String) {
      bytes.append(UInt8(ascii: "\""))
      defer { bytes.append(UInt8(ascii: "\"")) }
      var text = text
      let isPlain = text.withUTF8 { utf8 in
        // Nearly all texts are plain, and then one copy of all their bytes does.
        let isPlain = utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        if isPlain { bytes.append(contentsOf: utf8) }
        return isPlain
      }
      if isPlain { return }
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
          bytes.append(UInt8(ascii: "\\"))
          bytes.append(byte)
        case 0..<0x20: write("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))")
        default: bytes.append(byte)
        }
      }
    }

    fileprivate func put(_ flag: Bool) { write(flag ? "true" : "false") }

    fileprivate func put(_ number: Double) throws {
      guard number.isFinite else {
        throw EncodingError.invalidValue(number, .init(codingPath: [], debugDescription: "it is no finite number"))
      }
      write(number.description)
    }

    fileprivate func put(_ value: some Encodable) throws {
      let (depth, length) = (open.count, bytes.count)
      try value.encode(to: RecordEncoder(text: self))
      // A value that writes nothing is an empty object, as for JSONEncoder.
      if bytes.count == length { write("{}") }
      close(to: depth)
      needsComma = true
    }
  }

  private let text: Text
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  /// - Throws: `EncodingError` for a number that is not finite.
  static func bytes(of value: some Encodable) throws -> [UInt8] {
    let text = Text()
    text.bytes.reserveCapacity(2048)
    try text.put(value)
    return text.bytes
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(Fields(text: text, depth: text.begin("{", "}")))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer { Items(text: text, depth: text.begin("[", "]")) }
  func singleValueContainer() -> any SingleValueEncodingContainer { One(text: text) }

  private enum Super: String, CodingKey { case `super` }

  private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let text: Text
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    private func at(_ key: any CodingKey) -> Text {
      text.next(depth, key)
      return text
    }

    func encodeNil(forKey key: Key) { at(key).write("null") }
    func encode(_ value: String, forKey key: Key) { at(key).put(value) }
    func encode(_ value: Bool, forKey key: Key) { at(key).put(value) }
    func encode(_ value: Float, forKey key: Key) throws { try at(key).put(Double(value)) }
    func encode(_ value: Double, forKey key: Key) throws { try at(key).put(value) }
    func encode<Number: FixedWidthInteger & Encodable>(_ value: Number, forKey key: Key) {
      at(key).write(value.description)
    }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try at(key).put(value) }
    func nestedContainer<Name: CodingKey>(keyedBy type: Name.Type, forKey key: Key) -> KeyedEncodingContainer<Name> {
      RecordEncoder(text: at(key)).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      RecordEncoder(text: at(key)).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { RecordEncoder(text: at(Super.super)) }
    func superEncoder(forKey key: Key) -> any Encoder { RecordEncoder(text: at(key)) }
  }

  private struct Items: UnkeyedEncodingContainer {
    let text: Text
    let depth: Int
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(text: Text, depth: Int) { (self.text, self.depth) = (text, depth) }

    private mutating func next() -> Text {
      count += 1
      text.next(depth)
      return text
    }

    mutating func encodeNil() { next().write("null") }
    mutating func encode(_ value: String) { next().put(value) }
    mutating func encode(_ value: Bool) { next().put(value) }
    mutating func encode(_ value: Float) throws { try next().put(Double(value)) }
    mutating func encode(_ value: Double) throws { try next().put(value) }
    mutating func encode<Number: FixedWidthInteger & Encodable>(_ value: Number) { next().write(value.description) }
    mutating func encode<Value: Encodable>(_ value: Value) throws { try next().put(value) }
    mutating func nestedContainer<Name: CodingKey>(keyedBy type: Name.Type) -> KeyedEncodingContainer<Name> {
      RecordEncoder(text: next()).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      RecordEncoder(text: next()).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { RecordEncoder(text: next()) }
  }

  private struct One: SingleValueEncodingContainer {
    let text: Text
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { text.write("null") }
    func encode(_ value: String) { text.put(value) }
    func encode(_ value: Bool) { text.put(value) }
    func encode(_ value: Float) throws { try text.put(Double(value)) }
    func encode(_ value: Double) throws { try text.put(value) }
    func encode<Number: FixedWidthInteger & Encodable>(_ value: Number) { text.write(value.description) }
    func encode<Value: Encodable>(_ value: Value) throws { try text.put(value) }
  }
}
