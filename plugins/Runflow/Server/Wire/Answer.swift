// SPDX-License-Identifier: Apache-2.0
package import HTTPTypes

/// What a handler says back, before it becomes bytes on a connection.
package struct Answer: Sendable {
  package enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// A stored file of a known length.
    case file(path: String, length: Int)
  }

  package var status: Int
  package var headers: HTTPFields
  package var body: Body

  package init(status: Int, headers: HTTPFields = HTTPFields(), body: Body = .none) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A JSON answer with status 200.
  package init(_ json: JSON) { self.init(200, json) }

  /// A JSON answer.
  package init(_ status: Int, _ json: JSON) {
    self.init(status: status, json: json.bytes)
  }

  /// A JSON answer whose bytes exist already.
  package init(status: Int, json bytes: [UInt8]) {
    var headers = HTTPFields()
    headers[.contentType] = "application/json"
    self.init(status: status, headers: headers, body: .bytes(bytes))
  }

  package static func stored(path: String, length: Int, mediaType: String) -> Answer {
    var headers = HTTPFields()
    headers[.contentType] = mediaType
    headers[.acceptRanges] = "bytes"
    headers[.contentDisposition] = "attachment"
    return Answer(status: 200, headers: headers, body: .file(path: path, length: length))
  }
}
