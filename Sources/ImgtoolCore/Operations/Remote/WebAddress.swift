// SPDX-License-Identifier: Apache-2.0

/// An absolute http or https address, strictly parsed: what is shown is what is connected to.
///
/// User information, control characters, backslashes and anything beyond ASCII are refused, because parsers disagree
/// about them (RFC 3986 §3.2.1, WHATWG URL §4.4). A fragment is dropped: it is never sent (RFC 3986 §3.5).
public struct WebAddress: Sendable, Hashable {
  public let isSecure: Bool
  /// In lower case; an IPv6 literal without its brackets.
  public let host: String
  /// 1…65535.
  public let port: Int
  /// Path and query as they go on the wire, starting with "/".
  public let path: String

  /// The longest address accepted, in bytes.
  public static let longest = 2048

  /// Reads "https://host[:port][/path][?query]"; nothing for anything else.
  public init?(_ text: String) {
    guard Self.isAllowed(text) else { return nil }
    let text = Self.sent(text)
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[colon...].hasPrefix("://") else { return nil }
    switch text[..<colon].lowercased() {
    case "https": isSecure = true
    case "http": isSecure = false
    default: return nil
    }
    let rest = text[colon...].dropFirst(3)
    let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    guard let authority = Self.authority(rest[..<end], isSecure: isSecure) else { return nil }
    (host, port) = authority
    let tail = String(rest[end...])
    path = tail.hasPrefix("/") ? tail : "/" + tail
  }

  private static func isAllowed(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      // Printable ASCII without space, quotes, angle brackets, backslash, caret, backtick, braces and bar.
      bytes.count <= longest
        && bytes.allSatisfy { byte in
          switch UnicodeScalar(byte) {
          case "\"", "<", ">", "\\", "^", "`", "{", "|", "}": false
          default: (0x21...0x7e).contains(byte)
          }
        }
    }
  }

  /// Without the fragment.
  private static func sent(_ text: String) -> Substring {
    text.utf8.firstIndex(of: UInt8(ascii: "#")).map { text[..<$0] } ?? text[...]
  }

  private static func authority(_ text: Substring, isSecure: Bool) -> (String, Int)? {
    guard !text.contains("@") else { return nil }
    var host = text
    var port = isSecure ? 443 : 80
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<close]
      let rest = text[text.index(after: close)...]
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
      guard let number = Self.port(rest, fallback: port) else { return nil }
      port = number
    } else {
      if let colon = text.firstIndex(of: ":") {
        host = text[..<colon]
        guard let number = Self.port(text[colon...], fallback: port) else { return nil }
        port = number
      }
      guard isName(host) else { return nil }
    }
    return (host.lowercased(), port)
  }

  private static func port(_ text: Substring, fallback: Int) -> Int? {
    guard !text.isEmpty else { return fallback }
    guard text.hasPrefix(":"), text.count <= 6, let number = Int(strict: text.dropFirst()), (1...65535).contains(number)
    else { return nil }
    return number
  }

  /// A name of letters, digits, hyphens and dots, 1–253 characters, no empty label but a last one.
  private static func isName(_ text: Substring) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    let labels = (text.hasSuffix(".") ? text.dropLast() : text).split(separator: ".", omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      (1...63).contains(label.utf8.count)
        && label.utf8.allSatisfy {
          (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
        }
    }
  }

  public var scheme: String { isSecure ? "https" : "http" }

  /// Host and port as in a Host header, the port only where it is not the scheme's own (RFC 9110 §7.2).
  public var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// Whether the host is written as the loopback interface: "localhost", 127.0.0.0/8 or "::1".
  public var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { Int(strict: $0).map { $0 <= 255 } ?? false }
  }

  /// Whether both lead to the same scheme, host and port (RFC 6454 §4).
  public func hasOrigin(of other: WebAddress) -> Bool {
    isSecure == other.isSecure && host == other.host && port == other.port
  }

  /// The address for people and logs: signed queries are secrets, so there is none.
  public var redacted: String {
    "\(scheme)://\(authority)\(path.prefix { $0 != "?" })\(path.contains("?") ? "?…" : "")"
  }

  /// The address in full; for the wire, not for messages.
  public var absolute: String { "\(scheme)://\(authority)\(path)" }

  /// Another path and query on the same origin.
  ///
  /// - Parameter path: starts with "/" and is already percent-encoded; anything else gives nothing.
  public func with(path: String) -> WebAddress? {
    guard path.utf8.first == UInt8(ascii: "/"), Self.isAllowed("\(scheme)://\(authority)\(path)") else { return nil }
    return WebAddress(isSecure: isSecure, host: host, port: port, path: String(Self.sent(path)))
  }

  private init(isSecure: Bool, host: String, port: Int, path: String) {
    (self.isSecure, self.host, self.port, self.path) = (isSecure, host, port, path)
  }
}

extension WebAddress: CustomStringConvertible, CustomDebugStringConvertible {
  public var description: String { redacted }
  public var debugDescription: String { redacted }
}
