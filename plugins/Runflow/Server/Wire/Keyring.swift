// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import ImgtoolDigest

/// Tells callers by their keys.
///
/// Keys are kept and compared as digests.
struct Keyring: Sendable {
  private let organisations: [String: String]?

  init(_ keys: ServerConfiguration.Keys) {
    organisations =
      switch keys {
      case .any: nil
      case .listed(let tokens):
        Dictionary(tokens.map { (Self.digest($0), $1) }) { first, _ in first }
      }
  }

  /// The id of an organisation known by name.
  static func organisation(named name: String) -> String { Identifier.named("organisation/" + name) }

  /// Who calls.
  ///
  /// - Throws: 401 without a good key, 403 for another organisation's `X-Organization-Id`.
  func caller(_ headers: HTTPFields) throws(WireFailure) -> Call.Caller {
    guard let header = headers[.authorization], header.lowercased().hasPrefix("bearer "),
      let caller = caller(token: header.dropFirst(7).drop { $0 == " " })
    else { throw WireFailure(401, "UNAUTHORIZED", "Token missing or not recognised.") }
    if let name = HTTPField.Name("X-Organization-Id"), let wanted = headers[name], !wanted.isEmpty,
      wanted.lowercased() != caller.organisation
    {
      throw WireFailure(403, "ORGANIZATION_MEMBERSHIP_REQUIRED", "The key does not belong to that organisation.")
    }
    return caller
  }

  private func caller(token: Substring) -> Call.Caller? {
    let isService = token.hasPrefix("rf_svc_")
    guard isService || token.hasPrefix("rf_live_"), (9...512).contains(token.utf8.count),
      token.utf8.allSatisfy({ byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
      })
    else { return nil }
    guard let organisations else {
      return Call.Caller(organisation: Self.organisation(named: "default"), isService: isService)
    }
    guard let name = organisations[Self.digest(String(token))] else { return nil }
    return Call.Caller(organisation: Self.organisation(named: name), isService: isService)
  }

  private static func digest(_ token: String) -> String { Hex.text(SHA256.hash(token.utf8)) }
}
