// SPDX-License-Identifier: Apache-2.0
package import HTTPTypes
import Hummingbird
import NIOCore

/// One request as a handler sees it: routed, authenticated, its body still to be read.
package struct Call: Sendable {
  /// Whose request this is.
  package struct Caller: Sendable, Hashable {
    package let organisation: String
    /// Whether the key is a service key, which may call the admin routes and nothing else.
    package let isService: Bool
  }

  package let method: HTTPRequest.Method
  /// The path with its percent-encoding, without the query.
  package let path: String
  package let headers: HTTPFields
  /// The decoded parts of the path by the names of the pattern.
  package let parts: [String: String]
  package let query: [String: String]
  package let caller: Caller
  /// The body of a request that is read whole; empty for uploads, which stream.
  package let body: [UInt8]
  /// The body of an upload.
  let stream: RequestBody
  package let requestID: String

  package var organisation: String { caller.organisation }

  package func part(_ name: String) -> String { parts[name] ?? "" }

  /// The body as a JSON object; an absent body counts as an empty one.
  ///
  /// - Throws: 400 for anything that is no JSON object.
  package func object() throws(WireFailure) -> JSON {
    if body.isEmpty { return .object([]) }
    let json: JSON
    do {
      json = try JSONReader.read(body)
    } catch {
      throw WireFailure(400, "BAD_REQUEST", "The body is no JSON: \(error.message) at byte \(error.offset).")
    }
    guard json.members != nil else { throw WireFailure(400, "BAD_REQUEST", "The body must be a JSON object.") }
    return json
  }
}
