// SPDX-License-Identifier: Apache-2.0
package import GRDB

/// The members that a request for a run or a batch has besides its input, checked.
package struct RunRequest: Sendable {
  package let metadata: JSON?
  package let callbackURL: String?
  package let clientRef: String?

  /// The longest `client_ref` in characters.
  package static let maximumReference = 255

  /// Reads the members of a body; what is wrong is added to `details`.
  package init(_ body: JSON, gate: NetworkGate, details: inout [WireFailure.Detail]) {
    metadata = body["metadata"].flatMap { $0.isNull ? nil : $0 }
    if let metadata, metadata.members == nil {
      details.append(WireFailure.Detail(["body", "metadata"], "an object or null is expected", type: "type"))
    }
    callbackURL = body["callback_url"]?.text
    if let value = body["callback_url"], !value.isNull {
      if let url = value.text {
        if let (message, type) = gate.objection(to: url) {
          details.append(WireFailure.Detail(["body", "callback_url"], message, type: type))
        }
      } else {
        details.append(WireFailure.Detail(["body", "callback_url"], "a string or null is expected", type: "type"))
      }
    }
    clientRef = Self.reference(body, at: ["body"], details: &details)
  }

  /// The `client_ref` of a body or a batch item.
  package static func reference(
    _ body: JSON, at place: [String], details: inout [WireFailure.Detail]
  ) -> String? {
    guard let value = body["client_ref"], !value.isNull else { return nil }
    guard let text = value.text else {
      details.append(WireFailure.Detail(place + ["client_ref"], "a string or null is expected", type: "type"))
      return nil
    }
    if text.unicodeScalars.count > maximumReference {
      details.append(
        WireFailure.Detail(
          place + ["client_ref"], "at most \(maximumReference) characters are allowed", type: "too_long"))
    }
    return text
  }
}

/// Asset references inside an input.
package enum AssetReferences {
  /// Every reference in a value, with the way to it.
  package static func all(in json: JSON, at place: [String]) -> [(place: [String], reference: AssetReference)] {
    switch json {
    case .string(let text): AssetReference(text).map { [(place, $0)] } ?? []
    case .array(let items):
      items.enumerated().flatMap { index, item in all(in: item, at: place + [String(index)]) }
    case .object(let members): members.flatMap { all(in: $0.value, at: place + [$0.name]) }
    default: []
    }
  }

  /// - Throws: 422 for every reference that is unknown, deleted, unconfirmed, or another organisation's.
  package static func demand(_ json: JSON, at place: [String], of organisation: String, in db: Database) throws {
    let missing = try all(in: json, at: place).filter { _, reference in
      try AssetRow.fetchOne(
        db, sql: "SELECT * FROM asset WHERE id = ? AND organisation = ? AND isConfirmed AND deletedAt IS NULL",
        arguments: [reference.id, organisation]) == nil
    }
    guard missing.isEmpty else {
      throw WireFailure.invalid(
        missing.map { WireFailure.Detail($0.place, "there is no asset \($0.reference.text)", type: "asset_not_found") })
    }
  }
}
