// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

@testable import ImgtoolRuntime

@Suite struct AddressGateTests {
  /// A resolver in which ordinary names are public, some lie, and local ones lead home.
  let gate = AddressGate { host throws(TransportFailure) in
    let texts: [String] =
      switch host {
      case "example.com", "img.example.com": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
      case "mixed.test": ["93.184.215.14", "10.0.0.7"]
      case "rebound.test": ["169.254.169.254"]
      case "nat.test": ["64:ff9b::a00:1"]
      default: []
      }
    let found = texts.compactMap { IPAddress($0) }
    if found.isEmpty { throw TransportFailure(.name, mayHaveArrived: false, "No address.") }
    return found
  }

  func admits(_ text: String) async -> Bool {
    guard let address = WebAddress(text) else { return false }
    return (try? await gate.admit(address)) != nil
  }

  @Test(arguments: [
    "https://example.com/a.jpg", "https://EXAMPLE.com", "https://example.com:443/", "https://example.com?x=1",
    "https://93.184.215.14/a.jpg", "https://[2606:4700:4700::1111]/a.jpg", "https://172.32.0.1/",
    "https://100.128.0.1/", "https://example.com#@127.0.0.1/", "https://[64:ff9b::5db8:d70e]/",
  ])
  func publicAddressesAreAdmitted(_ text: String) async {
    #expect(await admits(text))
  }

  static let refused: [String] = [
    // What is no https address of a host.
    "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "data:image/png,A",
    "javascript:alert(1)", "//example.com/", "https:/example.com/", "https://", "", "https:///a",
    "https://exa mple.com/", "https://example.com\r\nX: y/", "https://example.com\\@127.0.0.1/", "https://[::1",
    "https://\u{24d4}xample.com/", "https://\u{ff11}27.0.0.1/", "https://127.0.0.1%2f.example.com/",
    "https://user:pw@example.com/", "https://example.com@127.0.0.1/", "https://1.1.1.1&@127.0.0.1/",
    "https://example.com:22/", "https://example.com:8443/", "https://example.com:0/", "https://example.com:99999/",
    "https://\(String(repeating: "a", count: 64)).com/", "https://\(String(repeating: "a.", count: 130))com/",
    "https://example.com/\(String(repeating: "a", count: 2100))", "https://[fe80::1%25eth0]/",
    // This machine and this network.
    "https://127.0.0.1/", "https://127.255.255.254/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0177.0.0.1/", "https://127.0.0.1./", "https://localhost/", "https://LOCALHOST./", "https://a.localhost/",
    "https://printer.local/", "https://metadata.google.internal/", "https://intranet/", "https://0.0.0.0/",
    "https://0.1.2.3/", "https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/",
    "https://100.64.0.1/", "https://100.127.255.255/", "https://169.254.169.254/latest/", "https://168.63.129.16/",
    "https://192.0.0.192/", "https://192.0.2.1/", "https://198.51.100.1/", "https://203.0.113.1/",
    "https://198.18.0.1/", "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/",
    // The same in IPv6, and IPv4 inside it.
    "https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/",
    "https://[ff02::1]/", "https://[fec0::1]/", "https://[100::1]/", "https://[5f00::1]/", "https://[2001:db8::1]/",
    "https://[3fff::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/", "https://[::127.0.0.1]/",
    "https://[::ffff:0:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::7f00:1]/", "https://[64:ff9b:1::5db8:d70e]/", "https://[64:ff9b:1:7f00:0:100::]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::]/", "https://[2001:0:0:0:0:0:80ff:fffe]/", "https://[fe80::5efe:7f00:1]/",
    // Names that lead there.
    "https://mixed.test/", "https://rebound.test/", "https://nat.test/", "https://nowhere.test/",
  ]

  @Test(arguments: refused)
  func anythingElseIsRefused(_ text: String) async {
    #expect(await !admits(text))
  }

  @Test func theAddressConnectedToIsTheOneThatWasChecked() async throws {
    let address = try #require(WebAddress("https://img.example.com/x"))
    #expect(try await gate.admit(address).text == "93.184.215.14")
  }

  @Test func loopbackIsReachedOnlyWhereItIsAllowed() async throws {
    let local = AddressGate(allowsLoopback: true) { _ throws(TransportFailure) in
      [IPAddress("127.0.0.1")].compactMap { $0 }
    }
    for text in ["http://127.0.0.1:8787/x", "http://localhost:8787/x", "http://[::1]:8787/"] {
      #expect(try await local.admit(try #require(WebAddress(text))).isLoopback)
    }
    await #expect(throws: TransportFailure.self) { try await local.admit(try #require(WebAddress("http://10.0.0.1/"))) }
  }

  @Test func signedQueriesAreNotShown() throws {
    let address = try #require(WebAddress("https://files.test/a.png?X-Amz-Signature=SECRET"))
    #expect(!"\(address) \(String(reflecting: address))".contains("SECRET"))
    #expect(address.absolute.contains("SECRET"))
  }
}
