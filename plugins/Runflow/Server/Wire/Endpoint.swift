// SPDX-License-Identifier: Apache-2.0
package import GRDB
package import HTTPTypes

/// One route of the server: what it matches, who may call it, and what it does.
package struct Endpoint: Sendable {
  package enum Access: Sendable {
    /// No key is asked for.
    case open
    /// An organisation's key.
    case key
    /// A service key.
    case service
    /// A signed URL, which is its own proof.
    case signed
  }

  /// What a handler wants done.
  package enum Effect: Sendable {
    case answer(Answer)
    /// A change: runs in one transaction together with the idempotency record, then `after` once that is durable.
    case change(@Sendable (Database) throws -> Answer, after: @Sendable () async -> Void = {})
  }

  package typealias Handler = @Sendable (Call) async throws -> Effect

  /// The operation id of the OpenAPI document; faults are steered by it.
  package let id: String
  package let method: HTTPRequest.Method
  /// "/v1/runs/{id}"; a part written `{model+}` takes one or more segments.
  package let path: String
  package let summary: String
  package let access: Access
  package let success: Int
  /// Names of the schemas of body and answer in the OpenAPI document.
  package let takes: String?
  package let gives: String?
  /// Names of query parameters.
  package let query: [String]
  package let streams: Bool
  package let handle: Handler

  package init(
    _ id: String, _ method: HTTPRequest.Method, _ path: String, _ summary: String, access: Access = .key,
    success: Int = 200, takes: String? = nil, gives: String? = nil, query: [String] = [], streams: Bool = false,
    handle: @escaping Handler
  ) {
    self.id = id
    self.method = method
    self.path = path
    self.summary = summary
    self.access = access
    self.success = success
    self.takes = takes
    self.gives = gives
    self.query = query
    self.streams = streams
    self.handle = handle
  }

  /// The named parts of a path that this endpoint matches; nothing for another path.
  package func match(_ segments: [String]) -> [String: String]? {
    let pattern = path.split(separator: "/").map(String.init)
    var parts: [String: String] = [:]
    guard let greedy = pattern.firstIndex(where: { $0.hasSuffix("+}") }) else {
      return Self.match(pattern[...], segments[...], into: &parts) ? parts : nil
    }
    let tail = pattern.count - greedy - 1
    let taken = segments.count - greedy - tail
    guard taken >= 1, Self.match(pattern[..<greedy], segments[..<greedy], into: &parts),
      Self.match(pattern[(greedy + 1)...], segments[(greedy + taken)...], into: &parts)
    else { return nil }
    parts[String(pattern[greedy].dropFirst().dropLast(2))] = segments[greedy..<greedy + taken].joined(separator: "/")
    return parts
  }

  private static func match(
    _ pattern: ArraySlice<String>, _ segments: ArraySlice<String>, into parts: inout [String: String]
  ) -> Bool {
    guard pattern.count == segments.count else { return false }
    for (expected, segment) in zip(pattern, segments) {
      if expected.hasPrefix("{") {
        parts[String(expected.dropFirst().dropLast())] = segment
      } else if expected != segment {
        return false
      }
    }
    return true
  }
}
