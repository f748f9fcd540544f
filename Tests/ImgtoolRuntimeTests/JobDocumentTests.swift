// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import Testing

@testable import ImgtoolRuntime

/// The journal's documents are written field by field and read by `Codable`.
@Suite struct JobDocumentTests {
  static let odd = "k \"\\\u{0}\u{1}\u{1f}\u{7f}\n\t/é\u{2028}𝄞"

  /// A record in which nothing is missing and no value is that of a new one.
  static func full() throws -> JobRecord {
    let finding = Finding("a.b", .warn, odd, measured: .count(-3), allowed: .text(odd), saves: .cents(55))
    let facts = ImageFacts(
      format: .avif, storedSize: PixelSize(clamping: 3, 5), orientation: .left, orientationSource: .itemProperties,
      xmpOrientation: 6, bitsPerSample: 10, channels: 4, colourModel: .ycck, hasAlpha: true, frameCount: 7,
      loopCount: 0, icc: ICCFacts(bytes: ByteRange(offset: 1, length: 2), description: odd, colourSpace: "CMYK"),
      exif: ByteRange(offset: 3, length: 4), xmp: ByteRange(offset: 5, length: .max), hasLocation: true, coding: "av1",
      isDecodable: false, isInterlaced: true, fileBytes: ByteCount(9),
      notes: [finding, Finding("c", .fail, "", measured: .real(0.1), allowed: .real(-1e300), saves: .zero)])
    var record = JobRecord(
      key: odd, operation: "runflow.skin-fix", model: odd,
      parameters: try Parameters(["x": odd], for: [ParameterSpec("x", .text(maximumBytes: 99), "x")]),
      reference: RunReference(1, 2), price: Money(microdollars: 550_001), at: 1)
    record.service = odd
    record.updatedMilliseconds = .max
    record.sentMilliseconds = -1
    record.body = odd
    record.inputDigest = "d"
    record.inputFacts = facts
    record.members = [.init(name: odd, facts: facts)]
    record.notes = ["": "b", odd: odd]
    record.holdsUnknown = false
    record.files = [.init(name: "result-0", bytes: ByteCount(7), digest: "ab", given: odd)]
    record.output = odd
    record.passed = true
    record.revision = 3
    record.state.phase = .notSent
    record.state.sent = 1
    record.state.resubmissions = 2
    record.state.duplicates = 4
    record.state.reason = odd
    record.state.lost = odd
    record.state.errorKind = .backend
    record.state.run = RemoteRun(
      id: "r", label: odd, status: .partlySucceeded, statusText: odd, cost: Money(microdollars: -1),
      createdMilliseconds: 5, results: [.init(address: odd, kind: "image")], failure: odd, mayRetry: true,
      details: ["a": odd])
    return record
  }

  /// The paths of what a value leaves out, down to its last field.
  static func gaps(_ value: Any, _ path: String = "") -> [String] {
    let mirror = Mirror(reflecting: value)
    let mayBeEmpty = [.optional, .collection, .dictionary].contains(mirror.displayStyle)
    if mayBeEmpty, mirror.children.isEmpty { return [path] }
    return mirror.children.flatMap { gaps($0.value, "\(path).\($0.label ?? "")") }
  }

  @Test func everyFieldIsReadAsItWasWritten() throws {
    let full = try Self.full()
    #expect(Self.gaps(full).isEmpty, "a field that is empty here is not tried")
    for record in [full, try JournalTests().record("k", 1)] {
      let document = Data(record.document)
      #expect(try JSONDecoder().decode(JobRecord.self, from: document) == record)
      // What an encoder would write is the same: nothing is left out, and nothing more is there.
      let ours = try JSONSerialization.jsonObject(with: document) as? NSDictionary
      let theirs = try JSONSerialization.jsonObject(with: JSONEncoder().encode(record)) as? NSDictionary
      #expect(ours != nil && ours == theirs)
    }
  }
}
