// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore

/// The tables of a page: findings, facts, money, times.
enum PageTables {
  /// Findings, the worst first; nothing where there are none.
  static func findings(_ title: String, _ findings: [Finding]) -> HTML {
    guard !findings.isEmpty else { return "" }
    let sorted = findings.enumerated()
      .sorted { ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset) }.map(\.element)
    return """
      <section><h2>\(title)</h2><div class=scroll><table class=findings>
      <thead><tr><th>Verdict<th>Rule<th>What was found<th>Measured<th>Allowed</thead>
      <tbody>\(sorted.map(row))</tbody></table></div></section>
      """
  }

  private static func row(_ finding: Finding) -> HTML {
    let saves: HTML = finding.saves.map { " <b>Saves \($0.description).</b>" } ?? ""
    return """
      <tr class=\(finding.severity.rawValue)><td><span class="mark \(finding.severity.rawValue)">\
      \(finding.severity.rawValue)</span><td><code>\(finding.rule)</code><td>\(finding.message)\(saves)\
      <td data-name=measured>\(finding.measured?.description ?? "")\
      <td data-name=allowed>\(finding.allowed?.description ?? "")
      """
  }

  /// Names and values side by side; rows without a value are left out.
  static func pairs(_ title: String, _ rows: [(name: String, value: String?)]) -> HTML {
    let rows = rows.compactMap { row in row.value.map { (row.name, $0) } }
    guard !rows.isEmpty else { return "" }
    return """
      <section class=card><h2>\(title)</h2><dl>\(rows.map { name, value in
        "<div><dt>\(name)</dt><dd>\(value)</dd></div>"
      } as [HTML])</dl></section>
      """
  }

  /// How long each step took, as bars.
  static func times(_ times: [(step: String, duration: Duration)]) -> HTML {
    guard !times.isEmpty else { return "" }
    let seconds = times.map { $0.duration / .seconds(1) }
    let longest = max(seconds.max() ?? 0, 1e-9)
    return """
      <section class=card><h2>Time</h2><dl class=times>\(zip(times, seconds).map { time, seconds in
        """
        <div><dt>\(time.step)</dt><dd><i style="width:\((seconds / longest * 100).rounded())%"></i>\
        <b>\((seconds * 1000).rounded() / 1000) s</b></dd></div>
        """
      } as [HTML])</dl></section>
      """
  }

  /// "4000×3000 jpeg, 3.1 MiB".
  static func summary(_ facts: ImageFacts) -> String {
    var text = "\(facts.displaySize) \(facts.format.rawValue), \(facts.fileBytes)"
    if facts.bitsPerSample != 8 { text += ", \(facts.bitsPerSample) bits" }
    if facts.orientation != .up { text += ", orientation \(facts.orientation.rawValue)" }
    return text
  }
}
