// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolRuntime

/// Records as lines for people: one per file, indented ones for what there is to say about it.
enum RecordTable {
  static func rows(of record: InputRecord) -> String {
    let name = record.path.escaped
    switch record.facts {
    case .failure(let error):
      return "\(pad("✗ \(error.kind.rawValue)", 10)) \(name): \(error.message.escaped)\n"
    case .success(let facts):
      let mark = record.isInOrder ? "✓" : "✗"
      var text = pad("\(mark) \(facts.format.rawValue)", 8)
      text += pad(facts.displaySize.description, 13, right: true)
      text += "  " + pad(pixels(facts), 18)
      text += pad(facts.fileBytes.description, 10, right: true)
      text += "  " + name + remarks(facts) + "\n"
      for finding in record.check?.findings ?? facts.notes where finding.severity > .pass {
        text += "    " + row(of: finding) + "\n"
      }
      return text
    }
  }

  /// Severity, rule, sentence and numbers of a finding, in columns.
  static func row(of finding: Finding) -> String {
    var text = pad(finding.severity.rawValue, 6) + pad(finding.rule, 22) + finding.message.escaped
    switch (finding.measured, finding.allowed) {
    case (let measured?, let allowed?): text += " [\(measured.description.escaped); allowed \(allowed)]"
    case (let measured?, nil): text += " [\(measured.description.escaped)]"
    default: break
    }
    if let saves = finding.saves { text += " Saves \(saves)." }
    return text
  }

  /// "8-bit rgb+alpha".
  private static func pixels(_ facts: ImageFacts) -> String {
    "\(facts.bitsPerSample)-bit \(facts.colourModel.rawValue)\(facts.hasAlpha ? "+alpha" : "")"
  }

  private static func remarks(_ facts: ImageFacts) -> String {
    var remarks: [String] = []
    if facts.orientation != .up { remarks.append("orientation \(facts.orientation.rawValue)") }
    if facts.frameCount > 1 { remarks.append("\(facts.frameCount) frames") }
    if let icc = facts.icc { remarks.append((icc.description ?? "ICC").escaped) }
    if facts.hasLocation { remarks.append("location") }
    if !facts.isDecodable { remarks.append("not decodable (\(facts.coding))") }
    return remarks.isEmpty ? "" : "  (" + remarks.joined(separator: ", ") + ")"
  }

  static func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(right ? 0 : 1, width - text.count))
    return right ? spaces + text : text + spaces
  }
}
