// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
package import ImgtoolCore

/// Decides which address a name that came from outside may be connected to.
///
/// The connection then goes to that very address, so that a second look-up cannot answer differently.
package struct AddressGate: Sendable {
  /// The addresses of a host name; throws `TransportFailure` for none.
  package typealias Resolver = @Sendable (String) async throws(TransportFailure) -> [IPAddress]

  /// Whether loopback may be reached, over plain http and any port; for a service on this machine.
  package let allowsLoopback: Bool
  private let resolve: Resolver

  package init(allowsLoopback: Bool = false, resolve: @escaping Resolver = AddressGate.system) {
    self.allowsLoopback = allowsLoopback
    self.resolve = resolve
  }

  /// The address to connect to for a URL.
  ///
  /// - Throws: `.forbidden` unless the URL is https on port 443 and **every** address of its host is public; `.name`.
  package func admit(_ address: WebAddress) async throws(TransportFailure) -> IPAddress {
    let found: [IPAddress]
    if let literal = IPAddress(address.host) {
      found = [literal]
    } else {
      // "127.1" and "0x7f000001" are addresses to some resolvers only (WHATWG URL §3.5, "ends in a number").
      let labels = address.host.split(separator: ".")
      guard labels.last?.first?.isNumber != true, !Self.isLocalName(labels) || allowsLoopback else {
        throw forbidden(address, "is not on the public Internet")
      }
      found = try await resolve(address.host)
    }
    guard let first = found.first else {
      throw TransportFailure(.name, mayHaveArrived: false, "The host \(address.host) has no address.")
    }
    if allowsLoopback, found.allSatisfy(\.isLoopback) { return first }
    guard address.isSecure, address.port == 443 else {
      throw forbidden(address, "is not https on port 443")
    }
    guard found.allSatisfy(\.isPublic) else { throw forbidden(address, "is not on the public Internet") }
    return first
  }

  /// Names that mean something else in every network (RFC 6761 §6.3, RFC 6762 §3, RFC 9476).
  private static func isLocalName(_ labels: [Substring]) -> Bool {
    guard let last = labels.last else { return true }
    return labels.count == 1 || ["localhost", "local", "internal", "intranet", "home", "lan"].contains(last)
  }

  private func forbidden(_ address: WebAddress, _ why: String) -> TransportFailure {
    TransportFailure(.forbidden, mayHaveArrived: false, "\(address.scheme)://\(address.authority) \(why).")
  }

  /// The system's resolver (getaddrinfo, POSIX.1-2017), on a thread that may block.
  @Sendable package static func system(_ host: String) async throws(TransportFailure) -> [IPAddress] {
    let found: [IPAddress] = await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .userInitiated).async { continuation.resume(returning: lookUp(host)) }
    }
    guard !found.isEmpty else {
      throw TransportFailure(.name, mayHaveArrived: false, "The host \(host) has no address.")
    }
    return found
  }

  private static func lookUp(_ host: String) -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [IPAddress] = []
    var next = list
    while let entry = next?.pointee, found.count < 64 {
      if entry.ai_family == AF_INET, let raw = UnsafeRawPointer(entry.ai_addr) {
        let address = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
        found += withUnsafeBytes(of: address) { IPAddress(bytes: $0) }.map { [$0] } ?? []
      } else if entry.ai_family == AF_INET6, let raw = UnsafeRawPointer(entry.ai_addr) {
        let address = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
        found += withUnsafeBytes(of: address) { IPAddress(bytes: $0) }.map { [$0] } ?? []
      }
      next = entry.ai_next
    }
    return found
  }
}
