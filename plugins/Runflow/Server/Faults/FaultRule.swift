// SPDX-License-Identifier: Apache-2.0

/// One fault to play: where, what, and how often.
///
/// As JSON: `{"on": "createRun", "do": "drop_after", "skip": 0, "times": 1}` and what the action takes. `on` is the
/// operation id of a route (see the OpenAPI document), `run` for the work, `callback` or `callbackSignature` for
/// deliveries, `*` for any route.
package struct FaultRule: Sendable, Hashable {
  package enum Action: String, Sendable, CaseIterable {
    // Before the request is handled.
    case dropBefore = "drop_before"
    case silentBefore = "silent_before"
    /// Answers `status` with the envelope (`code`, `message`) or `body`; `retry_after` sets that header.
    case status
    /// Waits `milliseconds`, then goes on.
    case delay
    // After it was handled: what was to be done is done.
    case dropAfter = "drop_after"
    case silentAfter = "silent_after"
    case statusAfter = "status_after"
    /// Announces the whole length, sends `bytes` of it (default half), closes.
    case cut
    /// The same, but keeps the connection open and says no more.
    case stall
    /// Sends `bytes` (default 1) at a time with a pause of `milliseconds`.
    case slow
    /// 200 with a page of HTML.
    case html
    /// Another body: `body` as text, or `fill` zero bytes; `content_type` where given.
    case body
    /// Another `content_type`.
    case contentType = "content_type"
    /// Members of `merge` put over the answer's: extra fields, unknown states, another spelling.
    case merge
    /// `status` (default 302) with `location`.
    case redirect
    /// URLs of this server in the answer are already past.
    case expiredURLs = "expired_urls"
    /// Lists forget their filter.
    case ignoreFilter = "ignore_filter"
    // The work of a run.
    /// Fails with `code`, `message`, `stage`.
    case fail
    /// Runs until it is cancelled.
    case hold
    /// Ends as partially succeeded.
    case partial
    // Callbacks.
    case duplicate, reorder, unsigned
    case wrongSignature = "wrong_signature"
  }

  package let on: String
  package let action: Action
  /// A text the path (for `run`: the model) must contain.
  package let match: String?
  /// Requests let through before the first fault.
  package var skip: Int
  /// Faults to play; nothing for no end.
  package var times: Int?
  package let status: Int?
  package let code: String?
  package let message: String?
  package let stage: String?
  package let retryAfter: String?
  package let body: String?
  package let fill: Int?
  package let contentType: String?
  package let location: String?
  package let bytes: Int?
  package let merge: JSON?
  package let milliseconds: Int

  /// The pause of `delay` and `slow`.
  package var pause: Duration { .milliseconds(milliseconds) }

  /// - Throws: 422 for an unknown action, a missing place, a member nobody reads, or one that is not what it should be:
  ///   a rule that did less than was meant would hide that nothing was tested.
  package init(_ json: JSON) throws(WireFailure) {
    try Self.check(json)
    guard let on = json["on"]?.text else {
      throw .invalid(["body", "on"], "an operation id is expected", type: "missing")
    }
    guard let action = json["do"]?.text.flatMap(Action.init) else {
      let known = Action.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalid(["body", "do"], "one of \(known) is expected", type: "enum")
    }
    self.on = on
    self.action = action
    match = json["match"]?.text
    skip = json["skip"]?.integer ?? 0
    times = if let times = json["times"] { times.integer } else { 1 }
    status = json["status"]?.integer
    code = json["code"]?.text
    message = json["message"]?.text
    stage = json["stage"]?.text
    retryAfter = json["retry_after"].map { $0.text ?? $0.compact }
    body = json["body"]?.text
    fill = json["fill"]?.integer.map { min(max(0, $0), 1 << 30) }
    contentType = json["content_type"]?.text
    location = json["location"]?.text
    bytes = json["bytes"]?.integer.map { max(0, $0) }
    merge = json["merge"]
    milliseconds = min(max(0, json["milliseconds"]?.integer ?? 0), 600_000)
  }

  /// What members there are, and what each takes.
  private static let members: [String: (expected: String, isGood: @Sendable (JSON) -> Bool)] = [
    "on": ("an operation id is expected", { $0.text != nil }), "do": ("an action is expected", { $0.text != nil }),
    "match": text, "skip": count, "times": ("a count or null is expected", { $0.isNull || count.isGood($0) }),
    "status": ("a status of 200 to 599 is expected", { (200...599).contains($0.integer ?? 0) }), "code": text,
    "message": text, "stage": text,
    "retry_after": ("a text or a number is expected", { $0.text != nil || $0.real != nil }),
    "body": text, "fill": count, "content_type": text, "location": text, "bytes": count,
    "merge": ("an object is expected", { $0.members != nil }), "milliseconds": count,
  ]
  private static let text: (expected: String, isGood: @Sendable (JSON) -> Bool) = (
    "a text is expected", { $0.text != nil }
  )
  private static let count: (expected: String, isGood: @Sendable (JSON) -> Bool) = (
    "a count is expected", { ($0.integer ?? -1) >= 0 }
  )

  private static func check(_ json: JSON) throws(WireFailure) {
    for member in json.members ?? [] {
      guard let known = members[member.name] else {
        throw .invalid(["body", member.name], "no rule has such a member", type: "unknown")
      }
      guard known.isGood(member.value) else { throw .invalid(["body", member.name], known.expected, type: "type") }
    }
  }

  /// The rule as it stands, for the desk's list.
  var json: JSON {
    ["on": .string(on), "do": .string(action.rawValue), "match": JSON(match), "skip": JSON(skip), "times": JSON(times)]
  }
}
