// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What is left of a value after it was written as JSON and read again.
func rewritten<Value: Codable>(_ value: Value) throws -> Value {
  // In an array, because a bare string or number at the top is not JSON for every reader.
  let bytes = try JSONEncoder().encode([value])
  return try JSONDecoder().decode([Value].self, from: bytes)[0]
}

/// A value read from JSON text.
func read<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
  try JSONDecoder().decode([Value].self, from: Data("[\(json)]".utf8))[0]
}

/// A value as JSON text, keys sorted.
func written(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode([value]).dropFirst().dropLast(), as: UTF8.self)
}
