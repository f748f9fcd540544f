// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import ImgtoolCore
import NIOPosix

/// The resolver of this machine (getaddrinfo, RFC 3493 §6.1), on NIO's thread pool.
enum SystemResolver {
  /// Every address of a name or of an address in text, in any spelling the C library takes.
  ///
  /// - Throws: `.input` when there is none.
  static func addresses(of host: String) async throws -> [IPAddress] {
    let found = try await NIOThreadPool.singleton.runIfActive { lookUp(host) }
    guard !found.isEmpty else { throw ImgtoolError(.input, "The host of the URL has no address.", retry: .later) }
    return found
  }

  private static func lookUp(_ host: String) -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [IPAddress] = []
    var next = list
    while let entry = next {
      if let raw = entry.pointee.ai_addr, let address = address(at: raw, family: entry.pointee.ai_family) {
        found.append(address)
      }
      next = entry.pointee.ai_next
    }
    return found
  }

  private static func address(at raw: UnsafeMutablePointer<sockaddr>, family: Int32) -> IPAddress? {
    let start = UnsafeRawPointer(raw)
    switch family {
    case AF_INET:
      let four = start.loadUnaligned(as: sockaddr_in.self)
      return withUnsafeBytes(of: four.sin_addr) { IPAddress(bytes: Array($0)) }
    case AF_INET6:
      let six = start.loadUnaligned(as: sockaddr_in6.self)
      return withUnsafeBytes(of: six.sin6_addr) { IPAddress(bytes: Array($0)) }
    default: return nil
    }
  }
}
