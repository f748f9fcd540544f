// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// What a walk through the structure of one file found.
public struct StructureReport: Sendable, Hashable, Codable {
  public var format: ImageFormat
  /// Failures, warnings and notes by the ids of `StructureRule`; empty when all is well.
  public var findings: [Finding]
  /// Bytes of the file.
  public var fileBytes: ByteCount
  /// Bytes from the start that the walk accounted for.
  public var walkedBytes: ByteCount
  /// The offset behind the last byte of the picture; nothing where the walk did not get there.
  public var endOffset: Int?
  /// Bytes behind the end of the picture.
  public var trailingBytes: ByteCount
  /// Frames or pages that were met, 0 where the picture never began.
  public var frameCount: Int

  /// Whether nothing failed.
  public var isIntact: Bool { findings.failures.isEmpty }
}

/// A report under way.
struct StructureWalk {
  /// Findings that are kept; a file full of damage is told by the first ones.
  static let findingLimit = 16

  private(set) var findings: [Finding] = []
  /// Where the walk is; what lies before is accounted for.
  var at = 0
  var frameCount = 0
  /// Offset behind the last byte of the picture.
  var end: Int?

  mutating func add(_ finding: Finding) {
    if findings.count < Self.findingLimit { findings.append(finding) }
  }

  mutating func fail(_ rule: String, _ message: String, measured: Measure? = nil, allowed: Measure? = nil) {
    add(Finding(rule, .fail, message.asSentence, measured: measured, allowed: allowed))
  }

  /// The failure that the file has `length` bytes and needs `needed`; only the first one of a walk is kept.
  ///
  /// - Parameter isExact: Whether the file says how long it should be, so that `needed` is all of it.
  mutating func failTruncated(at length: Int, of needed: Int, isExact: Bool = true) {
    guard !findings.contains(where: { $0.rule == StructureRule.truncated }) else { return }
    let whole = needed == Int.max ? "more than can exist" : (isExact ? "\(needed)" : "at least \(needed)")
    fail(
      StructureRule.truncated, "truncated at byte \(length) of \(whole)", measured: .count(length),
      allowed: .count(needed))
  }

  /// Takes over the reason why the walk could not go on.
  mutating func fail(_ fault: HeaderFault, length: Int) throws(HeaderFault) {
    switch fault {
    case .truncated(let needed): failTruncated(at: length, of: needed, isExact: false)
    case .malformed(let clause):
      fail(StructureRule.malformed, "broken at byte \(at): \(clause)", measured: .count(at))
    case .unsupported, .unreadable: throw fault
    }
  }

  func report(of format: ImageFormat, length: Int) -> StructureReport {
    var report = StructureReport(
      format: format, findings: findings, fileBytes: ByteCount(length), walkedBytes: ByteCount(min(at, length)),
      endOffset: end, trailingBytes: ByteCount(0), frameCount: frameCount)
    if let end, end < length {
      report.trailingBytes = ByteCount(length - end)
      let message = "\(length - end) bytes follow the end of the picture at byte \(end)."
      report.findings.append(
        Finding(StructureRule.trailing, .note, message, measured: .count(length - end), allowed: .count(0)))
    }
    return report
  }
}
