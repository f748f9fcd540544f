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
  /// Bytes of profiles, EXIF, texts and the like, after inflation; counted where limits were given.
  public var metadataBytes = ByteCount(0)
  /// Bytes that are neither picture nor colour profile: EXIF, XMP, texts, unknown blocks, and whatever follows the end.
  ///
  /// What a file must not have to be passed on as it is where nothing private may be.
  public var sideBytes = ByteCount(0)

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
  /// What may be decoded; nothing for a walk that only looks for damage.
  let limits: DecodeLimits?
  private var metadataBytes = 0
  private var sideBytes = 0
  private var scans = 0

  init(limits: DecodeLimits? = nil) { self.limits = limits }

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
    case .exceeded(let rule, let clause, let measured, let allowed):
      fail(rule, clause, measured: .count(measured), allowed: .count(allowed))
    case .unsupported, .unreadable: throw fault
    }
  }

  func report(of format: ImageFormat, length: Int) -> StructureReport {
    var report = StructureReport(
      format: format, findings: findings, fileBytes: ByteCount(length), walkedBytes: ByteCount(min(at, length)),
      endOffset: end, trailingBytes: ByteCount(0), frameCount: frameCount)
    report.metadataBytes = ByteCount(metadataBytes)
    let (side, isTooMuch) = sideBytes.addingReportingOverflow(end.map { max(0, length - $0) } ?? 0)
    report.sideBytes = ByteCount(isTooMuch ? .max : side)
    if let end, end < length {
      report.trailingBytes = ByteCount(length - end)
      let message = "\(length - end) bytes follow the end of the picture at byte \(end)."
      report.findings.append(
        Finding(StructureRule.trailing, .note, message, measured: .count(length - end), allowed: .count(0)))
    }
    return report
  }
}

/// The limits of a walk before a decode.
extension StructureWalk {
  /// How many bytes of metadata may still come; nothing where nobody counts.
  var metadataLeft: Int? { limits.map { $0.maximumMetadata.bytes - metadataBytes } }

  /// Counts profiles, EXIF, texts and the like.
  ///
  /// - Parameter isColour: Whether they say how the picture looks, and nothing else.
  mutating func takeMetadata(_ bytes: Int, isColour: Bool = false) throws(HeaderFault) {
    if !isColour { takeSurplus(bytes) }
    guard let limits else { return }
    let (sum, isTooMany) = metadataBytes.addingReportingOverflow(bytes)
    metadataBytes = isTooMany ? .max : sum
    guard metadataBytes <= limits.maximumMetadata.bytes else {
      throw .exceeded(
        rule: StructureRule.metadata, clause: "its metadata has more than \(limits.maximumMetadata) once inflated",
        measured: metadataBytes, allowed: limits.maximumMetadata.bytes)
    }
  }

  /// Counts bytes that no reader of pictures looks at: what a block has beyond its fields, gaps between blocks.
  mutating func takeSurplus(_ bytes: Int) {
    sideBytes = min(sideBytes, .max / 2) + min(max(bytes, 0), .max / 2)
  }

  /// Counts a scan of a JPEG.
  mutating func takeScan() throws(HeaderFault) {
    scans += 1
    guard let limits, scans > limits.maximumScans else { return }
    throw .exceeded(
      rule: StructureRule.scans, clause: "it has more than \(limits.maximumScans) scans", measured: scans,
      allowed: limits.maximumScans)
  }

  /// Holds frames against the limits: the extent of one, and how many there are so far.
  func takeFrame(_ width: Int, _ height: Int, frames: Int, isAnimation: Bool) throws(HeaderFault) {
    guard let limits else { return }
    let size = PixelSize(clamping: max(width, 1), max(height, 1))
    guard let refusal = limits.refusals(of: size, frames: frames, isAnimation: isAnimation).first,
      case .count(let measured)? = refusal.measured, case .count(let allowed)? = refusal.allowed
    else { return }
    throw .exceeded(rule: refusal.rule, clause: refusal.message, measured: measured, allowed: allowed)
  }
}
