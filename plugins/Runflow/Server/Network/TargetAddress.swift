// SPDX-License-Identifier: Apache-2.0

/// An absolute http or https URL, read strictly: no user information, no fragment, no spaces, plain host characters.
package struct TargetAddress: Sendable, Hashable {
  package let isSecure: Bool
  /// Lower case; an IPv6 address without its brackets.
  package let host: String
  package let port: Int
  /// Path and query, starting with a slash.
  package let target: String

  /// Why a text is no address this server fetches from or posts to.
  package enum Objection: Error, Sendable, Hashable {
    case tooLong, malformed, scheme, userInformation, host, port
  }

  /// The longest URL taken, in bytes.
  package static let maximumBytes = 2048

  /// Reads an absolute URL (RFC 3986 §3, a strict subset).
  package init(_ text: String) throws(Objection) {
    guard text.utf8.count <= Self.maximumBytes else { throw .tooLong }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x5C }), let mark = text.firstRange(of: "://")
    else {
      throw .malformed
    }
    switch text[..<mark.lowerBound].lowercased() {
    case "https": isSecure = true
    case "http": isSecure = false
    default: throw .scheme
    }
    let rest = text[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.contains("@") else { throw .userInformation }
    let tail = rest[authority.endIndex...].prefix { $0 != "#" }
    target = tail.hasPrefix("/") ? String(tail) : "/" + tail
    let portText: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { throw .host }
      let inner = authority[authority.index(after: authority.startIndex)..<end]
      guard !inner.isEmpty, inner.utf8.allSatisfy({ Hex.value(of: $0) != nil || $0 == 0x3A || $0 == 0x2E }) else {
        throw .host
      }
      host = inner.lowercased()
      let after = authority[authority.index(after: end)...]
      guard after.isEmpty || after.hasPrefix(":") else { throw .host }
      portText = after.isEmpty ? nil : after.dropFirst()
    } else {
      let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2, let name = parts.first, (1...253).contains(name.utf8.count),
        name.utf8.allSatisfy(Self.isHostByte), Self.isPlain(name)
      else { throw .host }
      host = name.lowercased()
      portText = parts.count == 2 ? parts[1] : nil
    }
    guard let portText else {
      port = isSecure ? 443 : 80
      return
    }
    guard let number = Int(portText), (1...65_535).contains(number), portText.utf8.count <= 5 else { throw .port }
    port = number
  }

  /// Labels of 1 to 63 characters; a last label that is a number only in a dotted address of four parts.
  private static func isPlain(_ name: Substring) -> Bool {
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let last = labels.last, labels.allSatisfy({ (1...63).contains($0.utf8.count) && !$0.hasPrefix("-") }) else {
      return false
    }
    let isNumber = last.lowercased().hasPrefix("0x") || last.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return !isNumber || IPAddress(String(name)) != nil
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E: true
    default: false
    }
  }

  /// The URL, spelled as the parts were read.
  package var text: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return "\(isSecure ? "https" : "http")://\(name):\(port)\(target)"
  }

  /// The address a redirect's Location names, seen from this one.
  ///
  /// - Throws: an objection to an absolute URL; `.malformed` for a relative path other than one that starts with "/".
  package func following(_ location: String) throws(Objection) -> TargetAddress {
    if location.hasPrefix("//") { return try TargetAddress((isSecure ? "https:" : "http:") + location) }
    if location.hasPrefix("/") {
      let name = host.contains(":") ? "[\(host)]" : host
      return try TargetAddress("\(isSecure ? "https" : "http")://\(name):\(port)\(location)")
    }
    return try TargetAddress(location)
  }
}
