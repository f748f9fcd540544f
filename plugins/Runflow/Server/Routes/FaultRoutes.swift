// SPDX-License-Identifier: Apache-2.0
import HTTPTypes

/// The fault desk: `PUT /_faults` replaces the rules, `POST` adds, `GET` shows, `DELETE` clears.
///
/// Only with `hasFaults`.
struct FaultRoutes: Sendable {
  let desk: FaultDesk

  /// All of them have the id "faults", which no rule can name, so that the desk is always in reach.
  var endpoints: [Endpoint] {
    [
      Endpoint("faults", .get, "/_faults", "Rules still to be played.", access: .open) { _ in .answer(Answer(desk.json))
      },
      Endpoint("faults", .put, "/_faults", "Replace the rules.", access: .open) { call in
        desk.set(try Self.rules(call))
        return .answer(Answer(desk.json))
      },
      Endpoint("faults", .post, "/_faults", "Add rules.", access: .open) { call in
        desk.add(try Self.rules(call))
        return .answer(Answer(desk.json))
      },
      Endpoint("faults", .delete, "/_faults", "Clear the rules.", access: .open) { _ in
        desk.set([])
        return .answer(Answer(status: 204))
      },
    ]
  }

  private static func rules(_ call: Call) throws -> [FaultRule] {
    // A page in a browser on this machine can post plain text anywhere unasked; JSON it has to ask for first, and is
    // never allowed (Fetch §4.8, CORS-preflight).
    guard call.method != .post || call.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
      throw WireFailure(415, "UNSUPPORTED_MEDIA_TYPE", "Send the rules as application/json.")
    }
    guard let json = try? JSONReader.read(call.body) else {  // said in the answer
      throw WireFailure(400, "BAD_REQUEST", "The body is no JSON.")
    }
    return try (json.items ?? [json]).map { try FaultRule($0) }
  }
}
