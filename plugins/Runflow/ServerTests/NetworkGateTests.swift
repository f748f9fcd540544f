// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

import struct RunflowServer.TargetAddress

@testable import RunflowServer

@Suite struct NetworkGateTests {
  /// Resolves nothing but addresses in text and one public name.
  private func gate(loopback: Bool = false, private isPrivate: Bool = false, names: [String: [String]] = [:])
    -> NetworkGate
  {
    NetworkGate(allowsLoopback: loopback, allowsPrivate: isPrivate) { host in
      (names[host] ?? (host == "example.com" ? ["93.184.215.14"] : [host])).compactMap { IPAddress($0) }
    }
  }

  private func isAdmitted(_ url: String, _ gate: NetworkGate) async -> Bool {
    do {
      _ = try await gate.admit(TargetAddress(url))
      return true
    } catch {
      return false
    }
  }

  @Test(arguments: [
    "https://example.com/a.jpg", "https://93.184.215.14/a.jpg", "https://[2606:4700:4700::1111]/a.jpg",
    "https://172.32.0.1/", "https://100.128.0.1/", "https://example.com:443/", "https://example.com#@127.0.0.1/",
  ])
  func thePublicInternetIsReached(url: String) async {
    #expect(await isAdmitted(url, gate()))
  }

  @Test(arguments: [
    "http://example.com/a.jpg", "ftp://example.com/a.jpg", "file:///etc/passwd", "gopher://example.com/",
    "data:image/png;base64,AAAA", "javascript:alert(1)", "jar:https://example.com/!/a", "//example.com/a.jpg",
    "https:/example.com/a", "https://", "", "https://exa mple.com/", "https://example.com\r\nX: y/",
    "https://user:pw@example.com/a.jpg", "https://example.com@127.0.0.1/", "https://127.0.0.1/", "https://127.1/",
    "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.0.0.1./", "https://localhost/",
    "https://LOCALHOST./", "https://foo.localhost/", "https://0.0.0.0/", "https://0.1.2.3/", "https://10.0.0.1/",
    "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/", "https://100.64.0.1/",
    "https://100.127.255.255/", "https://169.254.169.254/latest/meta-data/", "https://metadata.google.internal/",
    "https://168.63.129.16/", "https://192.0.0.192/", "https://192.0.2.1/", "https://198.51.100.1/",
    "https://203.0.113.1/", "https://198.18.0.1/", "https://224.0.0.1/", "https://240.0.0.1/",
    "https://255.255.255.255/", "https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[ff02::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/", "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b:1::7f00:1]/", "https://[64:ff9b:1:7f00:0:100::]/",
    "https://[2002:7f00:1::]/", "https://[2002:a9fe:a9fe::]/", "https://[2001:0:0:0:0:0:80ff:fffe]/",
    "https://[2001:db8::1]/", "https://[fec0::1]/", "https://[100::1]/", "https://[5f00::1]/",
    "https://[fe80::5efe:7f00:1]/", "https://example.com:22/", "https://example.com:8443/", "https://example.com:0/",
    "https://example.com:99999/", "https://ⓔxample.com/", "https://１２７.0.0.1/",
    "https://127.0.0.1%2f.example.com/", "https://example.com\\@127.0.0.1/", "https://[::1",
    "https://1.1.1.1&@127.0.0.1/", "https://\(String(repeating: "a", count: 64)).com/",
    "https://\(String(repeating: "a.", count: 130))com/", "https://example.com/\(String(repeating: "a", count: 9000))",
  ])
  func nothingElseIs(url: String) async {
    #expect(await !isAdmitted(url, gate()))
  }

  @Test func oneBadAddressAmongGoodOnesClosesTheGate() async {
    for addresses in [["93.184.215.14", "127.0.0.1"], ["127.0.0.1", "93.184.215.14"], ["::ffff:10.0.0.1"], []] {
      #expect(await !isAdmitted("https://evil.example/", gate(names: ["evil.example": addresses])))
    }
  }

  @Test func whatIsAllowedExplicitlyIsReachedAndNoMore() async {
    #expect(await isAdmitted("http://127.0.0.1:8080/", gate(loopback: true)))
    #expect(await isAdmitted("http://[::1]:8080/", gate(loopback: true)))
    #expect(await !isAdmitted("http://10.0.0.1/", gate(loopback: true)))
    #expect(await !isAdmitted("http://example.com/", gate(loopback: true)))
    #expect(await isAdmitted("http://10.0.0.1:9000/", gate(loopback: true, private: true)))
    #expect(await isAdmitted("http://169.254.169.254/", gate(loopback: true, private: true)))
    #expect(await !isAdmitted("http://224.0.0.1/", gate(loopback: true, private: true)))
    #expect(await !isAdmitted("http://0.0.0.0/", gate(loopback: true, private: true)))
  }

  @Test func redirectsAreReadFromWhereTheyCome() throws {
    let here = try TargetAddress("https://example.com/a/b?c")
    #expect(try here.following("/x").text == "https://example.com:443/x")
    #expect(try here.following("https://other.example/y").host == "other.example")
    #expect(try here.following("//other.example/y").isSecure)
    #expect(throws: TargetAddress.Objection.self) { try here.following("javascript:x") }
    #expect(throws: TargetAddress.Objection.self) { try here.following("relative") }
  }
}
