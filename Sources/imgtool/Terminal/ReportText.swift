// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime

/// A job's report for people: what went in, the frame, what was checked, what was written and paid.
enum ReportText {
  /// Prints a report, for people or as one JSON object.
  ///
  /// - Parameter isBeside: whether standard output is for the picture, and words go to standard error.
  static func show(_ report: JobReport, asJSON: Bool, beside isBeside: Bool = false) {
    guard asJSON else {
      return Console.write(Array(text(of: report).utf8), to: isBeside ? STDERR_FILENO : STDOUT_FILENO)
    }
    var line = JSONLine()
    report.write(to: &line)
    Console.write(line.bytes)
  }

  /// Prints what became of the pictures of a zip, for people or as one JSON object for each.
  static func show(_ report: ArchiveReport, asJSON: Bool) {
    guard !asJSON else {
      var line = JSONLine()
      report.write(to: &line)
      return Console.write(line.bytes)
    }
    var text = report.pictures.map(Self.text).joined(separator: "\n")
    let total = "\(report.pictures.count) pictures, \(report.price) at most, \(report.cost) spent"
    text += "\n" + line("zip", total) + "\n"
    Console.write(Array(text.utf8))
  }

  static func text(of report: JobReport) -> String {
    var lines = [line("input", "\(report.input.escaped)  \(summary(report.inputFacts))")]
    if let placement = report.placement {
      lines.append(line("frame", frame(placement, report)))
    }
    lines.append(line("price", "\(report.price) for \(report.operation)"))
    lines += report.preflight.filter { $0.severity > .pass }.map { line("before", RecordTable.row(of: $0)) }
    for attachment in report.attachments {
      lines.append(line("with", "\(attachment.parameter) \(attachment.path.escaped)  \(summary(attachment.facts))"))
      lines += attachment.findings.filter { $0.severity > .pass }.map { line("before", RecordTable.row(of: $0)) }
    }
    if let prepared = report.prepared {
      lines.append(line("sent", prepared))
    } else if report.passedThrough == true {
      lines.append(line("sent", "the input as it is, byte for byte"))
    }
    if let run = report.remoteID { lines.append(line("run", run.escaped)) }
    lines += report.details.sorted { $0.key < $1.key }.map { line($0.key, $0.value.escaped) }
    lines += report.remarks.filter { $0.severity > .pass }.map { line("backend", RecordTable.row(of: $0)) }
    for output in report.outputs {
      lines += output.findings.map { line("after", RecordTable.row(of: $0)) }
      let verb = report.state == .rejected ? "kept" : "wrote"
      lines.append(line(verb, "\(output.path.escaped)  \(output.facts.map(summary) ?? "unreadable")"))
    }
    if report.state == .done || report.state == .rejected {
      let total = report.times.reduce(Duration.zero) { $0 + $1.duration }
      lines.append(line("spent", "\(report.cost) and \(seconds(total)) s"))
    }
    if report.state == .planned { lines.append(line("dry run", "nothing was written")) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func frame(_ placement: Placement, _ report: JobReport) -> String {
    let share = (placement.newShare * 1000).rounded() / 10
    let scale = (placement.scale * 1000).rounded() / 1000
    return "\(placement.frame), the whole source at \(placement.rect.size) (scale \(scale)), \(share) % new pixels"
  }

  /// "4000×3000 jpeg, 3.1 MiB".
  private static func summary(_ facts: ImageFacts) -> String {
    var text = "\(facts.displaySize) \(facts.format.rawValue), \(facts.fileBytes)"
    if facts.orientation != .up { text += ", orientation \(facts.orientation.rawValue)" }
    return text
  }

  private static func line(_ title: String, _ text: String) -> String { RecordTable.pad(title, 9) + text }

  private static func seconds(_ duration: Duration) -> Double {
    (duration / .seconds(1) * 100).rounded() / 100
  }
}
