// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolDigest

/// The verdict of a page in a few words, and how it is coloured.
struct Headline {
  let text: String
  let severity: Finding.Severity

  private init(_ text: String, _ severity: Finding.Severity) {
    (self.text, self.severity) = (text, severity)
  }

  init(_ findings: [Finding]) {
    let warnings = findings.count { $0.severity == .warn }
    severity = findings.worst
    text =
      switch severity {
      case .fail: "Not what was ordered"
      case .warn: "As ordered, with \(warnings == 1 ? "a warning" : "\(warnings) warnings")"
      case .pass, .note: "As ordered"
      }
  }

  init(_ report: JobReport) {
    switch report.state {
    case .planned: self.init("Planned; nothing was written", .note)
    case .refused: self.init("Refused before anything was spent", .fail)
    case .rejected, .done: self.init(report.outputs.flatMap(\.findings) + report.remarks)
    }
  }
}

extension ReportPage {
  /// The top of a page: the verdict and the files it is about.
  func header(title: String, files: [String], headline: Headline) -> HTML {
    let names = files.map { path -> HTML in "<bdi title=\"\(path)\">\(OutputName.lastComponent(of: path))</bdi>" }
    var list: HTML = ""
    for (place, name) in names.enumerated() { list += place == 0 ? name : "<span class=arrow> → </span>\(name)" }
    return """
      <header><p class=tool>imgtool <span>\(title)</span></p>
      <h1>\(list)</h1><p class="verdict \(max(headline.severity, .note) == .note ? "pass" : headline.severity.rawValue)"><i></i>\(headline.text)</p></header>
      """
  }

  /// The whole file; the report as JSON goes to its end.
  func document(_ path: String, _ body: HTML, json: [UInt8]) -> [UInt8] {
    let record = String(decoding: json, as: UTF8.self).trimmingCharacters(in: .newlines)
    let digest = Data(SHA256.hash(PageStyle.script.text.utf8)).base64EncodedString()
    let page: HTML = """
      <!DOCTYPE html>
      <html lang=en><head><meta charset=utf-8>
      <meta http-equiv=Content-Security-Policy content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
      script-src 'sha256-\(digest)'; base-uri 'none'; form-action 'none'">
      <meta name=viewport content="width=device-width, initial-scale=1">
      <meta name=color-scheme content="light dark">
      <title>\(OutputName.lastComponent(of: path)) – imgtool</title>
      <style>\(PageStyle.sheet)</style></head>
      <body><main>
      \(body)
      <details><summary>The report as JSON</summary><pre>\(record)</pre></details>
      </main>
      <script>\(PageStyle.script)</script>
      </body></html>

      """
    return Array(page.text.utf8)
  }
}
