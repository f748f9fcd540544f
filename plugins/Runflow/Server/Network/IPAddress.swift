// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An address of the internet: 4 or 16 bytes, most significant first.
package struct IPAddress: Sendable, Hashable {
  package let bytes: [UInt8]

  /// Where an address leads.
  package enum Reach: Sendable, Hashable {
    /// The public internet.
    case `public`
    /// This machine.
    case loopback
    /// A private network of the operator (RFC 1918, RFC 4193).
    case `private`
    /// Never a host: unspecified, link-local, multicast, documentation, translation, reserved.
    case special
  }

  /// Four bytes, or sixteen; anything else is no address.
  package init?(bytes: [UInt8]) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = bytes
  }

  /// Reads an address in its usual text, "192.0.2.1" or "2001:db8::1" (RFC 3493 §6.3, inet_pton).
  package init?(_ text: String) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = withUnsafeBytes(of: four) { Array($0) }
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      bytes = withUnsafeBytes(of: six) { Array($0) }
    } else {
      return nil
    }
  }

  private struct Block {
    let prefix: [UInt8]
    let bits: Int
    let reach: Reach

    init(_ prefix: [UInt8], _ bits: Int, _ reach: Reach) {
      (self.prefix, self.bits, self.reach) = (prefix, bits, reach)
    }

    func contains(_ bytes: [UInt8]) -> Bool {
      for bit in 0..<bits {
        let mask = UInt8(0x80) >> UInt8(bit % 8)
        let expected = bit / 8 < prefix.count ? prefix[bit / 8] : 0
        if bytes[bit / 8] & mask != expected & mask { return false }
      }
      return true
    }
  }

  /// The registry of special IPv4 blocks (IANA, RFC 6890 and its updates).
  ///
  /// And 168.63.129.16, which is the host of every virtual machine in Azure.
  private static let four = [
    Block([0], 8, .special), Block([10], 8, .private), Block([100, 64], 10, .special), Block([127], 8, .loopback),
    Block([168, 63, 129, 16], 32, .special), Block([169, 254], 16, .special), Block([172, 16], 12, .private),
    Block([192, 0, 0], 24, .special),
    Block([192, 0, 2], 24, .special), Block([192, 31, 196], 24, .special), Block([192, 52, 193], 24, .special),
    Block([192, 88, 99], 24, .special), Block([192, 168], 16, .private), Block([192, 175, 48], 24, .special),
    Block([198, 18], 15, .special), Block([198, 51, 100], 24, .special), Block([203, 0, 113], 24, .special),
    Block([224], 4, .special), Block([240], 4, .special),
  ]

  /// Inside 2000::/3, the only unicast space handed out, what is no plain host (IANA, RFC 6890 and its updates).
  private static let six = [
    Block([0x20, 0x01, 0x00], 23, .special), Block([0x20, 0x01, 0x0D, 0xB8], 32, .special),
    Block([0x20, 0x02], 16, .special), Block([0x3F, 0xFF, 0x00], 20, .special),
    Block([0x26, 0x20, 0x00, 0x4F, 0x80, 0x00], 48, .special),
  ]

  package var reach: Reach {
    if bytes.count == 4 { return Self.four.first { $0.contains(bytes) }?.reach ?? .public }
    if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes.last == 1 { return .loopback }
    if let mapped = mappedFour { return mapped.reach }
    if bytes[0] & 0xFE == 0xFC { return .private }
    guard bytes[0] & 0xE0 == 0x20 else { return .special }
    return Self.six.first { $0.contains(bytes) }?.reach ?? .public
  }

  /// The IPv4 address inside ::ffff:0:0/96 (RFC 4291 §2.5.5.2).
  private var mappedFour: IPAddress? {
    guard bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF else { return nil }
    return IPAddress(bytes: Array(bytes[12...]))
  }
}

extension IPAddress: CustomStringConvertible {
  /// Dotted decimal, or eight groups without abbreviation.
  package var description: String {
    if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    return groups.map { String($0, radix: 16) }.joined(separator: ":")
  }
}
