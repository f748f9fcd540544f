// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import ImgtoolCore

/// An Internet address: 4 bytes (RFC 791) or 16 (RFC 4291), most significant first.
package struct IPAddress: Sendable, Hashable {
  package let bytes: [UInt8]

  /// - Returns: nothing unless there are 4 or 16 bytes.
  package init?(bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
    guard self.bytes.count == 4 || self.bytes.count == 16 else { return nil }
  }

  /// Reads the strict textual forms only: four decimal numbers, or RFC 4291 §2.2 without a zone.
  package init?(_ text: String) {
    var four = [UInt8](repeating: 0, count: 4)
    var sixteen = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = four
    } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
      bytes = sixteen
    } else {
      return nil
    }
  }

  /// As RFC 4291 §2.2 or dotted decimals.
  package var text: String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package var isLoopback: Bool {
    bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
  }

  /// Whether the address is one of the public Internet.
  ///
  /// Everything in the special-purpose registries of IANA (RFC 6890) that is not globally reachable is refused, as are
  /// multicast and reserved space; an IPv4 address inside an IPv6 one is judged as itself.
  package var isPublic: Bool { bytes.count == 4 ? Self.isPublic4(bytes) : isPublic6 }

  private static func isPublic4(_ b: [UInt8]) -> Bool {
    switch (b[0], b[1], b[2]) {
    case (0, _, _), (10, _, _), (127, _, _): false
    case (100, 64...127, _): false  // shared address space, RFC 6598
    case (169, 254, _): false  // link-local, RFC 3927
    case (172, 16...31, _), (192, 168, _): false
    case (192, 0, 0), (192, 0, 2), (198, 51, 100), (203, 0, 113): false  // protocols and documentation
    case (192, 31, 196), (192, 52, 193), (192, 175, 48), (192, 88, 99): false  // AS112, AMT, former 6to4 relay
    case (168, 63, 129) where b[3] == 16: false  // the host's own services in Azure
    case (198, 18...19, _): false  // benchmarking, RFC 2544
    case (224..., _, _): false  // multicast and reserved
    default: true
    }
  }

  private var isPublic6: Bool {
    func word(_ index: Int) -> Int { Int(bytes[2 * index]) << 8 | Int(bytes[2 * index + 1]) }
    let words = (0..<8).map(word)
    // IPv4-mapped (::ffff:0:0/96), IPv4-translated (::ffff:0:0:0/96) and IPv4-compatible (::/96).
    if words[0...3].allSatisfy({ $0 == 0 }) { return isEmbedded(words) }
    // NAT64 (RFC 6052): the well-known prefix is judged by what is inside; the local-use one (RFC 8215) is local.
    if words[0] == 0x64, words[1] == 0xff9b {
      return words[2...5].allSatisfy { $0 == 0 } && Self.isPublic4(Array(bytes[12...]))
    }
    // 6to4 (RFC 3056) carries an IPv4 address after its prefix.
    if words[0] == 0x2002 { return Self.isPublic4(Array(bytes[2..<6])) }
    // Only 2000::/3 is global unicast; inside it Teredo, ORCHID, benchmarking, AMT and documentation are not.
    guard words[0] & 0xe000 == 0x2000 else { return false }
    if words[0] == 0x2001, words[1] < 0x200 { return false }  // 2001::/23
    if words[0] == 0x2001, words[1] == 0xdb8 { return false }  // documentation, RFC 3849
    if words[0] == 0x3fff, words[1] < 0x1000 { return false }  // documentation, RFC 9637
    if words[0] == 0x2620, words[1] == 0x4f, words[2] == 0x8000 { return false }  // AS112, RFC 7534
    return words[0] != 0x5f00
  }

  /// An address whose first 64 bits are zero: judged by the IPv4 address at its end where it is a known form.
  private func isEmbedded(_ words: [Int]) -> Bool {
    switch (words[4], words[5]) {
    case (0, 0xffff), (0xffff, 0): Self.isPublic4(Array(bytes[12...]))
    default: false
    }
  }
}
