// SPDX-License-Identifier: Apache-2.0
package import HTTPTypes
import ImgtoolCore

/// A refusal in the words of the API: a status, a stable code, a sentence, and details per field.
package struct WireFailure: Error, Sendable, Hashable {
  /// What is wrong with one field of a request.
  package struct Detail: Sendable, Hashable {
    /// The way to the field, such as body, input, resolution.
    package let place: [String]
    package let message: String
    /// A word for programs: missing, enum, type, range, url_scheme.
    package let type: String

    package init(_ place: [String], _ message: String, type: String) {
      self.place = place
      self.message = message
      self.type = type
    }

    var json: JSON {
      ["loc": .array(place.map { part in JSON(part) }), "msg": .string(message), "type": .string(type)]
    }
  }

  package let status: Int
  package let code: String
  package let message: String
  package let details: [Detail]
  /// The methods a path has instead, for 405 (RFC 9110 §15.5.6).
  package var allows: [HTTPRequest.Method] = []

  package init(_ status: Int, _ code: String, _ message: String, details: [Detail] = []) {
    self.status = status
    self.code = code
    self.message = message
    self.details = details
  }

  package static func invalid(_ details: [Detail]) -> WireFailure {
    WireFailure(422, "VALIDATION_ERROR", "Request did not pass validation.", details: details)
  }

  package static func invalid(_ place: [String], _ message: String, type: String) -> WireFailure {
    invalid([Detail(place, message, type: type)])
  }

  package static func notFound(_ what: String, code: String) -> WireFailure {
    WireFailure(404, code, "There is no such \(what).")
  }

  /// The envelope of every error answer.
  var envelope: JSON {
    [
      "code": .string(code), "message": .string(message),
      "errors": details.isEmpty ? .null : .array(details.map(\.json)),
    ]
  }

  var answer: Answer {
    var answer = Answer(status, envelope)
    if !allows.isEmpty { answer.headers[.allow] = allows.map(\.rawValue).joined(separator: ", ") }
    return answer
  }
}
