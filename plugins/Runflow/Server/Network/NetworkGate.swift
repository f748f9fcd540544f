// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Decides which addresses the server connects to, after resolving and before connecting.
package struct NetworkGate: Sendable {
  package var allowsLoopback: Bool
  package var allowsPrivate: Bool
  private let resolve: @Sendable (String) async throws -> [IPAddress]

  package init(
    allowsLoopback: Bool, allowsPrivate: Bool, resolve: @escaping @Sendable (String) async throws -> [IPAddress]
  ) {
    self.allowsLoopback = allowsLoopback
    self.allowsPrivate = allowsPrivate
    self.resolve = resolve
  }

  /// What can be said from the text alone: the scheme and the port.
  ///
  /// - Throws: an objection in words, for a 422 answer.
  package func objection(to text: String) -> (message: String, type: String)? {
    let address: TargetAddress
    do {
      address = try TargetAddress(text)
    } catch {
      return (Self.words(error), error == .scheme ? "url_scheme" : "url")
    }
    // Plain http and other ports are for where the relaxed rules lead, never for the public internet.
    let isNear = allowsPrivate || (allowsLoopback && Self.isLoopback(address.host))
    if !address.isSecure, !isNear { return ("https URL required", "url_scheme") }
    if address.port != 443, !isNear { return ("the port must be 443", "url_port") }
    let isReachable = IPAddress(address.host).map { allows($0, isSecure: address.isSecure) } ?? allows(address.host)
    return isReachable ? nil : ("the host must be on the public internet", "url_host")
  }

  private static func isLoopback(_ host: String) -> Bool {
    IPAddress(host).map { $0.reach == .loopback } ?? (host == "localhost" || host.hasSuffix(".localhost"))
  }

  /// Names that never lead to the public internet: RFC 6761 §6.3, and `internal` as ICANN reserved it.
  private func allows(_ name: String) -> Bool {
    if name == "localhost" || name.hasSuffix(".localhost") { return allowsLoopback }
    return !name.hasSuffix(".internal") || allowsPrivate
  }

  /// The address to connect to.
  ///
  /// Every address of the name must be allowed, so that no order of answers opens the gate.
  ///
  /// - Throws: `.input` for a URL that may not be reached.
  package func admit(_ address: TargetAddress) async throws -> IPAddress {
    if let objection = objection(to: address.text) {
      throw ImgtoolError(.input, "The URL is not allowed: \(objection.message).")
    }
    let found = try await resolve(address.host)
    for candidate in found where !allows(candidate, isSecure: address.isSecure) {
      throw ImgtoolError(.input, "The host of the URL is not on the public internet.")
    }
    guard let first = found.first(where: { $0.bytes.count == 4 }) ?? found.first else {
      throw ImgtoolError(.input, "The host of the URL has no address.")
    }
    return first
  }

  private func allows(_ address: IPAddress, isSecure: Bool) -> Bool {
    switch address.reach {
    case .public: isSecure || allowsPrivate
    case .loopback: allowsLoopback
    case .private: allowsPrivate
    case .special: allowsPrivate && address.isLinkLocal
    }
  }

  private static func words(_ objection: TargetAddress.Objection) -> String {
    switch objection {
    case .tooLong: "a URL has at most \(TargetAddress.maximumBytes) bytes"
    case .malformed: "an absolute URL is expected"
    case .scheme: "https URL required"
    case .userInformation: "user information is not allowed"
    case .host: "the host is malformed"
    case .port: "the port is malformed"
    }
  }
}

extension IPAddress {
  /// 169.254.0.0/16 and fe80::/10.
  var isLinkLocal: Bool {
    bytes.count == 4 ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
  }
}
