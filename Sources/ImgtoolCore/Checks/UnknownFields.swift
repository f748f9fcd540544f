// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Refuses fields nobody knows, so that a slip of the pen in a policy never goes unnoticed.
  ///
  /// - Throws: `DecodingError.dataCorrupted` naming the first such field.
  func refuseFields(besides known: [String], of what: String) throws {
    for key in try container(keyedBy: AnyField.self).allKeys where !known.contains(key.stringValue) {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath, debugDescription: "\"\(key.stringValue)\" is no field of \(what)"))
    }
  }
}

/// The name of any field.
private struct AnyField: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
