// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore
package import ImgtoolProbe

/// The one way to a decoder.
///
/// In this order: opened by descriptor, a regular file, of bounded size; a format on the list, told from the bytes; a
/// header within the limits; the structure walked to its end by our own code, within the limits. Nothing of it
/// allocates by what a file says, and no C library sees a byte.
package struct Gate: Sendable {
  package let limits: DecodeLimits

  package init(_ limits: DecodeLimits = DecodeLimits()) { self.limits = limits }

  /// What the gate saw of one image.
  package struct Look: Sendable {
    package let facts: ImageFacts
    /// What the limits and the walk say; a failure closes the gate.
    package let findings: [Finding]
    /// Bytes that are neither picture nor colour profile, those behind the end included; 0 where nobody walked.
    package let sideBytes: ByteCount
    /// The image, where nothing failed.
    package let image: AdmittedImage?

    /// The image, or why there is none.
    ///
    /// - Throws: `.unsupported`, `.limit` or `.input`, with the rule in the context.
    package func admitted() throws(ImgtoolError) -> AdmittedImage {
      guard let image else { throw Gate.error(for: findings.failures) }
      return image
    }
  }

  /// Looks at an image and lets it through where nothing stands against decoding it.
  ///
  /// - Throws: `.input` for what cannot be read or is no image, `.limit` for too many bytes, `.unsupported` for a
  ///   format nobody reads here; what a header or a walk tells is a finding.
  package func look(at bytes: ImageBytes) throws(ImgtoolError) -> Look {
    switch bytes {
    case .file(let path):
      let file = try OpenFile(path)
      let source = PictureSource.descriptor(file.descriptor)
      return try look(at: source, keeping: file)
    case .memory(let bytes): return try look(at: .bytes(bytes))
    }
  }

  /// Looks at an image that is open already; a descriptor stays the caller's and must outlive the image.
  ///
  /// - Throws: As `look(at:)`.
  package func look(at source: PictureSource) throws(ImgtoolError) -> Look { try look(at: source, keeping: nil) }

  /// The image behind `bytes`, once nothing stands against decoding it.
  ///
  /// - Throws: `.input`, `.limit` or `.unsupported`, with the rule in the context.
  package func admit(_ bytes: ImageBytes) throws(ImgtoolError) -> AdmittedImage {
    try look(at: bytes).admitted()
  }

  private func look(at source: PictureSource, keeping file: consuming OpenFile?) throws(ImgtoolError) -> Look {
    try checkSize(of: source)
    try checkFormat(of: source)
    let facts = try source.facts()
    var findings = facts.notes.failures + limits.refusals(of: facts)
    guard findings.failures.isEmpty else {
      return Look(facts: facts, findings: findings, sideBytes: ByteCount(0), image: nil)
    }
    let report = try source.structure(limits)
    findings += report.findings
    let isOpen = findings.failures.isEmpty && report.format == facts.format
    return Look(
      facts: facts, findings: findings, sideBytes: report.sideBytes,
      image: isOpen ? AdmittedImage(admitted: source, keeping: file, facts, limits) : nil)
  }

  private func checkSize(of source: PictureSource) throws(ImgtoolError) {
    let count = try source.byteCount()
    guard count <= limits.maximumBytes.bytes else {
      throw ImgtoolError(
        .limit, "The file has \(ByteCount(count)); \(limits.maximumBytes) are decoded.",
        context: ["rule": PreflightRule.bytesLimit.rawValue])
    }
  }

  /// A format that is not on the list is refused before its header is read.
  private func checkFormat(of source: PictureSource) throws(ImgtoolError) {
    let format: ImageFormat?
    switch source {
    case .descriptor(let descriptor): format = try Probe.format(ofDescriptor: descriptor)
    case .bytes(let bytes): format = bytes.withUnsafeBytes { Sniffer.format(of: $0) }
    case .shared(let region): format = Sniffer.format(of: region.bytes)
    }
    // Bytes of no known format are for the reader of headers to name.
    guard let format, !limits.formats.contains(format) else { return }
    throw ImgtoolError(
      .unsupported, "The format \(format.rawValue) is not decoded here.",
      context: ["rule": PreflightRule.formatRefused.rawValue])
  }

  /// The error that says why a gate is closed.
  package static func error(for failures: [Finding]) -> ImgtoolError {
    guard let first = failures.first else {
      return ImgtoolError(.input, "The file changed while it was looked at.", context: ["rule": "file.changed"])
    }
    let kind: ImgtoolError.Kind =
      switch first.rule {
      case PreflightRule.formatRefused.rawValue, PreflightRule.formatUndecodable.rawValue: .unsupported
      case _ where Self.limitRules.contains(first.rule): .limit
      default: .input
      }
    return ImgtoolError(kind, first.message, context: ["rule": first.rule])
  }

  private static let limitRules: Set<String> = [
    PreflightRule.bytesLimit.rawValue, PreflightRule.pixelsLimit.rawValue, PreflightRule.sideLimit.rawValue,
    PreflightRule.samplesLimit.rawValue, PreflightRule.animationPresent.rawValue, StructureRule.metadata,
    StructureRule.scans,
  ]
}

extension PictureSource {
  /// The header's facts, whatever the limits.
  ///
  /// - Throws: as `Probe.facts`.
  package func facts() throws(ImgtoolError) -> ImageFacts {
    switch self {
    case .descriptor(let descriptor): try Probe.facts(ofDescriptor: descriptor)
    case .bytes(let bytes): try Probe.facts(of: bytes)
    case .shared(let region): try Probe.facts(of: region.bytes)
    }
  }

  /// The walk to the end.
  ///
  /// - Throws: as `Structure.check`.
  package func structure(_ limits: DecodeLimits) throws(ImgtoolError) -> StructureReport {
    switch self {
    case .descriptor(let descriptor): try Structure.check(descriptor: descriptor, limits: limits)
    case .bytes(let bytes): try Structure.check(bytes, limits: limits)
    case .shared(let region): try Structure.check(region.bytes, limits: limits)
    }
  }
}
