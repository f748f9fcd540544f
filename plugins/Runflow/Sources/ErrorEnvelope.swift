// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import ImgtoolCore

/// What an answer that is no success says, in any of the shapes seen.
struct ErrorEnvelope: Sendable, Hashable {
  let status: Int
  /// Upper snake case from the service, or "HTTP_<status>".
  let code: String
  let message: String
  /// One line for each field that was objected to.
  let fields: [String]

  init(_ answer: TransportAnswer) {
    status = answer.status.code
    let body = JSONValue(bytes: answer.body)
    let nested = body?["error"]
    code = Self.clean(body?["code"]?.text ?? nested?["code"]?.text ?? "HTTP_\(answer.status.code)")
    message = Self.clean(
      body?["message"]?.text ?? nested?["message"]?.text ?? nested?.text ?? body?["detail"]?.text
        ?? "HTTP status \(answer.status.code)")
    let details = body?["errors"]?.array ?? body?["detail"]?.array ?? []
    fields = details.prefix(20).map { item in
      let place = (item["loc"]?.array ?? []).map(\.plain).filter { $0 != "body" }.joined(separator: ".")
      let text = item["msg"]?.text ?? item["message"]?.text ?? item.plain
      return Self.clean(place.isEmpty ? text : "\(place): \(text)")
    }
  }

  /// Text from outside, fit for a line on a terminal: no control or direction characters, at most 300.
  static func clean(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix(300).map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator: " "
          default: scalar
          }
        }))
  }

  /// The answer as the project's error, for requests that are refused.
  var error: ImgtoolError {
    let said = fields.isEmpty ? message : "\(message) (\(fields.joined(separator: "; ")))"
    let context = ["status": String(status), "code": code]
    return switch status {
    case 401:
      ImgtoolError(.credentials, "Runflow does not accept the key (RUNFLOW_API_KEY): \(said)", context: context)
    case 403: ImgtoolError(.credentials, "The key may not do this: \(said)", context: context)
    case 402: ImgtoolError(.budget, "The Runflow balance is too low: \(said)", context: context)
    case 400, 422: ImgtoolError(.usage, "Runflow refuses the request: \(said)", context: context)
    case 404: ImgtoolError(.unsupported, "Runflow does not know this: \(said)", context: context)
    case 413: ImgtoolError(.limit, "Runflow refuses the request as too large: \(said)", context: context)
    case 415: ImgtoolError(.unsupported, "Runflow does not take this kind of input: \(said)", context: context)
    case 429: ImgtoolError(.busy, "Runflow asks for patience: \(said)", retry: .later, context: context)
    case 500...: ImgtoolError(.backend, "Runflow is unwell: \(said)", retry: .later, context: context)
    default: ImgtoolError(.backend, "Runflow answers \(status): \(said)", context: context)
    }
  }
}
