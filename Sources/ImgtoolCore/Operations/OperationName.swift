// SPDX-License-Identifier: Apache-2.0

/// The name of an operation: backend and verb, "local.smart-resize".
public struct OperationName: Sendable, Hashable {
  public let backend: String
  public let verb: String

  /// A name, or nothing unless both parts are 1–64 of `a–z 0–9 -`, starting with a letter.
  public init?(backend: String, verb: String) {
    guard Self.isWord(backend), Self.isWord(verb) else { return nil }
    self.backend = backend
    self.verb = verb
  }

  /// Reads "backend.verb".
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { return nil }
    self.init(backend: parts[0], verb: parts[1])
  }

  private static func isWord(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (1...64).contains(bytes.count), let first = bytes.first, (97...122).contains(first) else { return false }
    return bytes.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
  }
}

extension OperationName: CustomStringConvertible {
  public var description: String { "\(backend).\(verb)" }
}

extension OperationName: ExpressibleByStringLiteral {
  /// For names written in source; a malformed literal is a bug and traps.
  public init(stringLiteral text: String) {
    guard let name = OperationName(text) else { preconditionFailure("\"\(text)\" is not backend.verb") }
    self = name
  }
}

extension OperationName: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let name = OperationName(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\"\(text)\" is not backend.verb"))
    }
    self = name
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(description)
  }
}
