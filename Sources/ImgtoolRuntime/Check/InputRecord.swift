// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

/// One line of `imgtool probe --json` and `imgtool check --json`: schema version 1.
///
/// Every input has one, also a broken one: then `ok` is false and `error` says why. The schema is documented in the
/// article "Records".
public struct InputRecord: Sendable {
  public let path: String
  public let facts: Result<ImageFacts, ImgtoolError>
  /// What the policy says; nothing for a plain probe.
  public let check: Check?

  public struct Check: Sendable {
    public let policy: String
    public let depth: CheckDepth
    public let findings: [Finding]

    package init(policy: String, depth: CheckDepth, findings: [Finding]) {
      self.policy = policy
      self.depth = depth
      self.findings = findings
    }
  }

  package init(path: String, facts: Result<ImageFacts, ImgtoolError>, check: Check? = nil) {
    self.path = path
    self.facts = facts
    self.check = check
  }

  /// Whether the input can be used: readable, and nothing the policy fails.
  public var isInOrder: Bool {
    guard case .success = facts else { return false }
    return (check?.findings.worst ?? .pass) < .fail
  }

  /// The worst severity, or "error" for an input that cannot be read.
  public var verdict: String {
    guard case .success = facts else { return "error" }
    return (check?.findings.worst ?? .pass).rawValue
  }

  package func write(to line: inout JSONLine) {
    line.object { line in
      line.field("schemaVersion", 1)
      line.field("path", path)
      switch facts {
      case .success(let facts):
        line.field("ok", isInOrder)
        facts.write(to: &line)
      case .failure(let error):
        line.field("ok", false)
        error.write(to: &line)
      }
      if let check {
        line.field("policy", check.policy)
        line.field("depth", check.depth.rawValue)
        line.field("verdict", verdict)
        line.array("findings", check.findings) { $1.write(to: &$0) }
      }
    }
    line.endLine()
  }
}

extension ImageFacts {
  /// The facts as fields of the object being written.
  package func write(to line: inout JSONLine) {
    line.field("format", format.rawValue)
    line.field("mediaType", format.mediaType)
    line.field("coding", coding)
    line.field("bytes", fileBytes.bytes)
    line.field("width", displaySize.width)
    line.field("height", displaySize.height)
    line.field("storedWidth", storedSize.width)
    line.field("storedHeight", storedSize.height)
    line.field("orientation", orientation.rawValue)
    line.field("orientationSource", orientationSource.rawValue)
    if let xmpOrientation { line.field("xmpOrientation", xmpOrientation) }
    line.field("bits", bitsPerSample)
    line.field("channels", channels)
    line.field("colour", colourModel.rawValue)
    line.field("alpha", hasAlpha)
    line.field("frames", frameCount)
    if let loopCount { line.field("loop", loopCount) }
    if let icc {
      line.object("icc") { line in
        line.field("offset", icc.bytes.offset)
        line.field("length", icc.bytes.length)
        if let description = icc.description { line.field("description", description) }
        if let space = icc.colourSpace { line.field("colourSpace", space) }
      }
    }
    if let exif { exif.write("exif", to: &line) }
    if let xmp { xmp.write("xmp", to: &line) }
    line.field("location", hasLocation)
    line.field("decodable", isDecodable)
    line.field("interlaced", isInterlaced)
    if !notes.isEmpty { line.array("notes", notes) { $1.write(to: &$0) } }
  }
}

extension ByteRange {
  /// The range as a field of the object being written.
  func write(_ key: StaticString, to line: inout JSONLine) {
    line.object(key) { line in
      line.field("offset", offset)
      line.field("length", length)
    }
  }
}

extension Finding {
  /// The finding as an element of an array.
  package func write(to line: inout JSONLine) {
    line.object { line in
      line.field("rule", rule)
      line.field("severity", severity.rawValue)
      line.field("message", message)
      if let measured { line.field("measured", measured) }
      if let allowed { line.field("allowed", allowed) }
      if let saves { line.field("saves", saves.decimal) }
    }
  }
}

extension ImgtoolError {
  /// The error as a field of the object being written.
  package func write(to line: inout JSONLine) {
    line.object("error") { line in
      line.field("kind", kind.rawValue)
      line.field("message", message)
      if retry == .later { line.field("retry", retry.rawValue) }
    }
  }
}
