// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes

extension TransportAnswer {
  /// How long the service asks to wait: seconds of 0…300, anything else counts as not said (RFC 9110 §10.2.3).
  public var retryAfter: Duration? {
    guard let name = HTTPField.Name("Retry-After"), let text = fields[name] else { return nil }
    let digits = text.filter { $0 != " " && $0 != "\t" }
    guard digits.utf8.count <= 3, let seconds = Int(strict: digits), seconds <= 300 else { return nil }
    return .seconds(seconds)
  }
}
