// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting
import Testing

/// `--report`: one page that stands alone, tells what the JSON tells, and lets no stranger's text become markup.
@Suite struct ReportPageTests {
  private func folder(_ name: String = "in.png") throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write(SamplePictures.patchwork(PixelSize(clamping: 288, 216)).png(), as: name)
    return folder
  }

  private func page(_ folder: TestFolder, _ name: String = "page.html") -> String {
    String(decoding: folder.read(name) ?? [], as: UTF8.self)
  }

  private func resize(_ folder: TestFolder, _ input: String = "in.png", _ words: [String] = []) async throws
    -> Tool.Run
  {
    try await Tool.run(
      ["resize", "--size", "512x216", "--fill", "mirror", "--json", "--report", "page.html", "-o", "out.png"] + words
        + ["--", input], in: folder)
  }

  @Test func thePageStandsAlone() async throws {
    let folder = try folder()
    let run = try await resize(folder)
    #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
    let page = page(folder)
    #expect(page.hasPrefix("<!DOCTYPE html>"))
    for outside in ["http:", "https:", "src=\"/", "@import", "url(", "<link", "<iframe", "file:"] {
      #expect(!page.contains(outside), "\(outside)")
    }
    // Every picture is inside, and the policy of the page forbids the network besides.
    let sources = page.matches(of: /(?:src|href)="([^"]*)"/).map { $0.1 }
    #expect(sources.count >= 3 && sources.allSatisfy { $0.hasPrefix("data:image/") })
    #expect(page.contains("default-src 'none'; img-src data:;"))
    #expect(page.utf8.count < 2_000_000)
  }

  /// Its policy holds a digest, and openssl.cnf may leave OpenSSL without any (openssl-config 5, "Provider Configuration").
  @Test func whatTheMachineSaysOfOpenSSLChangesNoPage() async throws {
    let folder = try folder()
    let text = "openssl_conf = a\n[a]\nproviders = b\n[b]\nlegacy = c\n[c]\nactivate = 1\n"
    try folder.write(Array(text.utf8), as: "openssl.cnf")
    let run = try await Tool.run(
      ["resize", "--size", "80x40", "--fill", "mirror", "--quiet", "--report", "page.html", "-o", "out.png", "in.png"],
      in: folder, prelude: "export OPENSSL_CONF=openssl.cnf &&")
    #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
  }

  @Test func thePageHasTheNumbersOfTheReport() async throws {
    let folder = try folder()
    let run = try await resize(folder)
    let report = try #require(try run.object)
    let page = page(folder)
    let output = try #require((report["outputs"] as? [[String: Any]])?.first)
    #expect(page.contains("$\(try #require(report["price"] as? String))"))
    for finding in try #require(output["findings"] as? [[String: Any]]) {
      #expect(page.contains("<code>\(try #require(finding["rule"] as? String))</code>"))
      #expect(page.contains(try #require(finding["message"] as? String)))
    }
    let found = try #require(output["found"] as? [String: Any])
    #expect(page.contains("\(try #require(found["confirmed"] as? Int)) of \(try #require(found["patches"] as? Int))"))
    #expect(page.contains("512×216") && page.contains("288×216"))
    // The points that were matched, and the ordered frame over the source.
    #expect(page.matches(of: /class=hit d="M/).count == found["confirmed"] as? Int)
    #expect(page.contains("class=ordered x=\"-112\" y=\"0\" width=\"512\" height=\"216\""))
    #expect(page.contains("class=\"layer new\""))
  }

  @Test func strangersTextStaysText() async throws {
    let name = "<img src=x onerror=alert(1)>&\"'\u{202E}.png"
    let folder = try folder(name)
    let run = try await resize(folder, name)
    #expect(run.code == 0, "\(run.errors)")
    let page = page(folder)
    #expect(!page.contains("<img src=x"))
    #expect(page.contains("&lt;img src=x onerror=alert(1)&gt;&amp;"))
    #expect(!page.unicodeScalars.contains("\u{202E}"))
  }

  @Test func aRetouchAndAVerificationHaveAPageToo() async throws {
    let folder = try folder()
    try folder.write(SamplePictures.patchwork(PixelSize(clamping: 288, 216)).png(), as: "same.png")
    let verify = try await Tool.run(
      ["verify", "--source", "in.png", "--report", "verify.html", "--quiet", "same.png"], in: folder)
    #expect(verify.code == 0, "\(verify.errors)")
    #expect(page(folder, "verify.html").contains("As ordered"))
    let wrong = try await Tool.run(
      ["verify", "--size", "10x10", "--source", "in.png", "--report", "wrong.html", "-q", "same.png"], in: folder)
    #expect(wrong.code == ImgtoolError.Kind.postflight.exitCode)
    #expect(page(folder, "wrong.html").contains("Not what was ordered"))
    let fixed = try await Tool.run(
      ["skin-fix", "--face", "40,40,80,80", "--report", "skin.html", "-q", "-o", "fixed.png", "in.png"], in: folder)
    #expect(fixed.code == 0, "\(fixed.errors)")
    #expect(page(folder, "skin.html").contains("local.skin-fix"))
  }

  @Test func aDryRunShowsTheFrame() async throws {
    let folder = try folder()
    let run = try await resize(folder, "in.png", ["-n"])
    #expect(run.code == 0 && folder.names == ["in.png", "page.html"], "\(run.errors)")
    #expect(page(folder).contains("Planned; nothing was written"))
    #expect(page(folder).contains("class=ordered"))
  }

  @Test func aPageIsNotOverwrittenUnasked() async throws {
    let folder = try folder()
    try folder.write([1], as: "page.html")
    let run = try await resize(folder)
    #expect(run.code == ImgtoolError.Kind.storage.exitCode && folder.names == ["in.png", "page.html"])
    #expect(try await resize(folder, "in.png", ["--force"]).code == 0)
    let other = try await Tool.run(
      ["resize", "--size", "80x40", "--report", "page.txt", "in.png"], in: folder)
    #expect(other.code == ImgtoolError.Kind.usage.exitCode && other.hasOneLineOfComplaint)
  }

  @Test func aDamagedResultHasAPageWithoutIt() async throws {
    let folder = try folder()
    let bytes = try #require(folder.read("in.png"))
    try folder.write(Array(bytes.prefix(bytes.count / 2)), as: "cut.png")
    let run = try await Tool.run(
      ["verify", "--source", "in.png", "--report", "page.html", "-q", "cut.png"], in: folder)
    #expect(run.code == ImgtoolError.Kind.postflight.exitCode, "\(run.errors)")
    #expect(page(folder).contains("whole.damaged"))
  }
}
