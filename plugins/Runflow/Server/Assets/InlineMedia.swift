// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Takes base64 data URIs (RFC 2397) out of a request: each becomes an asset, and the request keeps its reference.
struct InlineMedia: Sendable {
  /// One image that came inline.
  struct Item: Sendable {
    let id: String
    let mediaType: String
    let bytes: [UInt8]
  }

  private(set) var items: [Item] = []
  private let newID: @Sendable () -> String

  init(newID: @escaping @Sendable () -> String) { self.newID = newID }

  /// The value with references in the place of its data URIs; what is no valid data URI stays as it is.
  mutating func taking(from json: JSON) -> JSON {
    switch json {
    case .string(let text):
      guard let (mediaType, bytes) = Self.decode(text) else { return json }
      let item = Item(id: newID(), mediaType: mediaType, bytes: bytes)
      items.append(item)
      return .string(AssetReference(id: item.id).text)
    case .array(let values):
      var kept: [JSON] = []
      for value in values { kept.append(taking(from: value)) }
      return .array(kept)
    case .object(let members):
      var kept: [JSON.Member] = []
      for member in members { kept.append(JSON.Member(member.name, taking(from: member.value))) }
      return .object(kept)
    default: return json
    }
  }

  private static func decode(_ text: String) -> (mediaType: String, bytes: [UInt8])? {
    guard text.hasPrefix("data:"), let comma = text.firstIndex(of: ",") else { return nil }
    let head = text[..<comma].dropFirst(5)
    guard head.lowercased().hasSuffix(";base64"),
      let data = Data(base64Encoded: String(text[text.index(after: comma)...])),
      !data.isEmpty
    else { return nil }
    let type = head.prefix { $0 != ";" }.lowercased()
    return (type.isEmpty ? "application/octet-stream" : type, Array(data))
  }

  /// The rows of the assets.
  func rows(organisation: String, now: Timestamp) -> [AssetRow] {
    items.map { item in
      AssetRow(
        id: item.id, organisation: organisation, name: "inline", mediaType: item.mediaType, bytes: item.bytes.count,
        isConfirmed: true, folderID: nil, createdAt: now.microseconds, updatedAt: now.microseconds, deletedAt: nil)
    }
  }
}
