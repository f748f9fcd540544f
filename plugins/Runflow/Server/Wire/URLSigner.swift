// SPDX-License-Identifier: Apache-2.0
import ImgtoolDigest

/// Makes and checks the signed, expiring URLs of the storage part: HMAC-SHA256 over method, path, date and lifetime.
package struct URLSigner: Sendable {
  /// Seconds a URL lives.
  package enum Lifetime {
    /// Three days, as observed at Runflow.
    package static let output: Int64 = 259_200
    package static let asset: Int64 = 3600
    package static let upload: Int64 = 900
  }

  private let key: [UInt8]
  private let now: @Sendable () -> Timestamp
  private let base: @Sendable () -> String

  /// - Parameter base: scheme, host and port, without a slash at the end.
  package init(
    key: [UInt8], now: @escaping @Sendable () -> Timestamp, base: @escaping @Sendable () -> String
  ) {
    self.key = key
    self.now = now
    self.base = base
  }

  /// The base of this server's own URLs.
  package var ownBase: String { base() }

  /// A URL for one method on a storage path, such as "/storage/outputs/…/0.webp".
  package func url(_ method: String, _ path: String, lifetime: Int64) -> String {
    let date = now().compact
    let signature = self.signature(method, path, date: date, lifetime: String(lifetime))
    return "\(base())\(path)?X-Amz-Date=\(date)&X-Amz-Expires=\(lifetime)&X-Amz-Signature=\(signature)"
  }

  /// A value with its URLs of this server signed anew, each with the lifetime of its kind or the one given.
  package func again(_ json: JSON, lifetime: Int64? = nil) -> JSON {
    switch json {
    case .string(let text): .string(again(text, lifetime: lifetime ?? Self.lifetime(of: text)))
    case .array(let items): .array(items.map { again($0, lifetime: lifetime) })
    case .object(let members):
      .object(members.map { JSON.Member($0.name, again($0.value, lifetime: lifetime)) })
    default: json
    }
  }

  private static func lifetime(of url: String) -> Int64 {
    if url.contains("/storage/uploads/") { return Lifetime.upload }
    return url.contains("/storage/assets/") ? Lifetime.asset : Lifetime.output
  }

  /// The same URL with another lifetime; a text that is no URL of this server comes back as it is.
  package func again(_ url: String, lifetime: Int64) -> String {
    guard url.hasPrefix(base() + "/storage/"), let path = url.dropFirst(base().count).split(separator: "?").first else {
      return url
    }
    return self.url(path.hasPrefix("/storage/uploads/") ? "PUT" : "GET", String(path), lifetime: lifetime)
  }

  /// The storage path of one of our own URLs while it is valid; nothing for any other text.
  package func ownPath(_ url: String) -> String? {
    guard url.hasPrefix(base() + "/storage/") else { return nil }
    let parts = url.dropFirst(base().count).split(separator: "?", maxSplits: 1).map(String.init)
    guard parts.count == 2, verdict("GET", parts[0], Query.read(parts[1])) == .valid else { return nil }
    return parts[0]
  }

  package enum Verdict: Sendable, Hashable {
    case valid, expired, forged
  }

  /// Whether a request carries a signature of ours that is still good.
  package func verdict(_ method: String, _ path: String, _ query: [String: String]) -> Verdict {
    guard let date = query["X-Amz-Date"], let lifetime = query["X-Amz-Expires"], let seconds = Int64(lifetime),
      let signature = query["X-Amz-Signature"], let made = Self.read(date)
    else { return .forged }
    let expected = self.signature(method == "HEAD" ? "GET" : method, path, date: date, lifetime: lifetime)
    guard HMAC.isEqual(Array(expected.utf8), Array(signature.utf8)) else { return .forged }
    return now() < made.adding(seconds: seconds) ? .valid : .expired
  }

  private func signature(_ method: String, _ path: String, date: String, lifetime: String) -> String {
    HMACDigest.hex(Array("\(method)\n\(path)\n\(date)\n\(lifetime)".utf8), key: key)
  }

  /// Reads "20260918T091402Z".
  private static func read(_ text: String) -> Timestamp? {
    let bytes = Array(text.utf8)
    guard bytes.count == 16 else { return nil }
    func part(_ from: Int, _ to: Int) -> String { String(decoding: bytes[from..<to], as: UTF8.self) }
    return Timestamp(
      "\(part(0, 4))-\(part(4, 6))-\(part(6, 8))T\(part(9, 11)):\(part(11, 13)):\(part(13, 15))Z")
  }
}

/// The signature of callbacks and URLs: HMAC-SHA256 in lower-case hexadecimal (RFC 2104).
package enum HMACDigest {
  package static func hex(_ message: [UInt8], key: [UInt8]) -> String {
    Hex.text(HMAC.code(of: message, key: key))
  }
}

/// Query strings (application/x-www-form-urlencoded, WHATWG URL §5).
package enum Query {
  /// Names and values, decoded; the last of a name wins, and what cannot be decoded is left out.
  package static func read(_ text: String) -> [String: String] {
    var values: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decode(parts[0], plusIsSpace: true) else { continue }
      values[name] = parts.count == 2 ? decode(parts[1], plusIsSpace: true) : ""
    }
    return values
  }

  /// The percent-decoded text (RFC 3986 §2.1); nothing for a broken escape or bytes that are not UTF-8.
  package static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    var out: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = bytes.next().flatMap(Hex.value), let low = bytes.next().flatMap(Hex.value) else { return nil }
        out.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: out.append(0x20)
      default: out.append(byte)
      }
    }
    return String(validating: out, as: UTF8.self)
  }
}
