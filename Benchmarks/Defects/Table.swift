// SPDX-License-Identifier: Apache-2.0

/// How often each defect was found, and what the checks cost.
struct Table {
  private let names: [String]
  private let expectations: [Defect.Expectation]
  private var outcomes: [String: [Trial.Outcome: Int]] = [:]
  private var times: [Double] = []
  private var surprises: [String] = []

  init(_ names: [String], expectations: [Defect.Expectation]) {
    self.names = names
    self.expectations = expectations
  }

  mutating func add(_ report: Trial.Report, to name: String, _ photograph: String) {
    outcomes[name, default: [:]][report.outcome, default: 0] += 1
    if report.milliseconds > 0 { times.append(report.milliseconds) }
    guard report.outcome != .right, !(report.outcome == .undecided && name == "another picture") else { return }
    let word = report.outcome == .undecided ? "undecided" : "**wrong**"
    surprises.append("- \(name), \(photograph): \(word), \(report.rules.joined(separator: ", "))")
  }

  /// The table, the times, and every result that was not judged as it should be.
  func text(photographs: Int) -> String {
    var lines = ["\(photographs) photographs.", "", "| Result | Found | Missed | Not decidable | False alarms |"]
    lines.append("|---|--:|--:|--:|--:|")
    for (name, expectation) in zip(names, expectations) {
      let seen = outcomes[name] ?? [:]
      let (right, wrong, open) = (seen[.right] ?? 0, seen[.wrong] ?? 0, seen[.undecided] ?? 0)
      switch expectation {
      case .sound: lines.append("| \(name) | – | – | \(open) of \(right + open + wrong) | \(wrong) |")
      case .rule: lines.append("| \(name) | \(right) | \(wrong) | \(open) | – |")
      case .absent: lines.append("| \(name) | – | – | \(open) of \(right + open + wrong) | \(wrong) |")
      }
    }
    let sorted = times.sorted()
    func share(_ share: Double) -> String {
      guard !sorted.isEmpty else { return "–" }
      let value = sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
      return "\((value * 10).rounded() / 10)"
    }
    lines += ["", "Checks without decoding, ms of processor: p50 \(share(0.5)), p95 \(share(0.95)), most \(share(1))."]
    return (lines + [""] + surprises).joined(separator: "\n")
  }
}
