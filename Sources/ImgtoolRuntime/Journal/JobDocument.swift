// SPDX-License-Identifier: Apache-2.0

internal import ImgtoolCore

/// A record as the journal's document: JSON of the fields that `Codable` reads, under their own names.
///
/// A job is written six times on its way; an encoder, which meets every field by way of containers and keys, takes
/// several times as long as naming them.
extension JobRecord {
  /// The document, UTF-8.
  var document: [UInt8] {
    var line = JSONLine()
    line.object { write(to: &$0) }
    return line.bytes
  }

  private func write(to line: inout JSONLine) {
    line.field("id", id)
    line.field("key", key)
    line.field("operation", operation.description)
    line.field("model", model)
    if let service { line.field("service", service) }
    line.object("parameters") { $0.members("values", parameters.values) }
    line.object("reference") { $0.field("digits", reference.digits) }
    line.field("price", price)
    line.field("createdMilliseconds", Int(createdMilliseconds))
    line.field("updatedMilliseconds", Int(updatedMilliseconds))
    if let sentMilliseconds { line.field("sentMilliseconds", Int(sentMilliseconds)) }
    line.object("state") { state.write(to: &$0) }
    if let body { line.field("body", body) }
    if let inputDigest { line.field("inputDigest", inputDigest) }
    if let inputFacts { line.object("inputFacts") { inputFacts.writeDocument(to: &$0) } }
    if let members {
      line.array("members", members) { line, member in
        line.object { line in
          line.field("name", member.name)
          line.object("facts") { member.facts.writeDocument(to: &$0) }
        }
      }
    }
    line.members("notes", notes)
    if let holdsUnknown { line.field("holdsUnknown", holdsUnknown) }
    line.array("files", files) { line, file in
      line.object { line in
        line.field("name", file.name)
        line.field("bytes", file.bytes.bytes)
        line.field("digest", file.digest)
        if let given = file.given { line.field("given", given) }
      }
    }
    if let output { line.field("output", output) }
    if let passed { line.field("passed", passed) }
    line.field("revision", revision)
  }
}

extension JobState {
  fileprivate func write(to line: inout JSONLine) {
    line.field("phase", phase.rawValue)
    line.field("sent", sent)
    line.field("resubmissions", resubmissions)
    if let run { line.object("run") { run.write(to: &$0) } }
    line.field("duplicates", duplicates)
    if let reason { line.field("reason", reason) }
    if let lost { line.field("lost", lost) }
    if let errorKind { line.field("errorKind", errorKind.rawValue) }
  }
}

extension RemoteRun {
  fileprivate func write(to line: inout JSONLine) {
    line.field("id", id)
    if let label { line.field("label", label) }
    line.field("status", status.rawValue)
    line.field("statusText", statusText)
    if let cost { line.field("cost", cost) }
    if let createdMilliseconds { line.field("createdMilliseconds", Int(createdMilliseconds)) }
    line.array("results", results) { line, result in
      line.object { line in
        line.field("address", result.address)
        if let kind = result.kind { line.field("kind", kind) }
      }
    }
    if let failure { line.field("failure", failure) }
    line.field("mayRetry", mayRetry)
    line.members("details", details)
  }
}

extension ImageFacts {
  fileprivate func writeDocument(to line: inout JSONLine) {
    line.field("format", format.rawValue)
    line.object("storedSize") { line in
      line.field("width", storedSize.width)
      line.field("height", storedSize.height)
    }
    line.field("orientation", orientation.rawValue)
    line.field("orientationSource", orientationSource.rawValue)
    if let xmpOrientation { line.field("xmpOrientation", xmpOrientation) }
    line.field("bitsPerSample", bitsPerSample)
    line.field("channels", channels)
    line.field("colourModel", colourModel.rawValue)
    line.field("hasAlpha", hasAlpha)
    line.field("frameCount", frameCount)
    if let loopCount { line.field("loopCount", loopCount) }
    if let icc {
      line.object("icc") { line in
        icc.bytes.write("bytes", to: &line)
        if let description = icc.description { line.field("description", description) }
        if let space = icc.colourSpace { line.field("colourSpace", space) }
      }
    }
    if let exif { exif.write("exif", to: &line) }
    if let xmp { xmp.write("xmp", to: &line) }
    line.field("hasLocation", hasLocation)
    line.field("coding", coding)
    line.field("isDecodable", isDecodable)
    line.field("isInterlaced", isInterlaced)
    line.field("fileBytes", fileBytes.bytes)
    line.array("notes", notes) { $1.write(to: &$0) }
  }
}

extension JSONLine {
  fileprivate mutating func members(_ key: StaticString, _ texts: [String: String]) {
    object(key) { line in for (name, text) in texts { line.member(name, text) } }
  }

  fileprivate mutating func field(_ key: StaticString, _ amount: Money) {
    field(key, (amount.microdollars < 0 ? "-" : "") + amount.decimal)
  }
}
