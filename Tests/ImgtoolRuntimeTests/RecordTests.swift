// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolProbe
import ImgtoolRuntime
import ImgtoolTesting
import Testing

/// The schema of records and reports, version 1: fields that programs rely on.
@Suite struct RecordTests {
  static let facts = ImageFacts(
    format: .jpeg, storedSize: size(40, 30), orientation: .right, orientationSource: .exif, xmpOrientation: 6,
    loopCount: 0, icc: ICCFacts(bytes: ByteRange(offset: 5, length: 6), description: "Display P3", colourSpace: "RGB"),
    exif: ByteRange(offset: 1, length: 2), xmp: ByteRange(offset: 3, length: 4), hasLocation: true, coding: "baseline",
    fileBytes: ByteCount(99), notes: [Finding("exif.repeated", .note, "Twice.", measured: .count(2))])

  @Test func aRecordHasEveryFact() throws {
    let record = InputRecord(path: "a\nb", facts: .success(Self.facts))
    let object = try json { record.write(to: &$0) }
    let expected: Set<String> = [
      "schemaVersion", "path", "ok", "format", "mediaType", "coding", "bytes", "width", "height", "storedWidth",
      "storedHeight", "orientation", "orientationSource", "xmpOrientation", "bits", "channels", "colour", "alpha",
      "frames", "loop", "icc", "exif", "xmp", "location", "decodable", "interlaced", "notes",
    ]
    #expect(Set(object.keys) == expected)
    #expect(object["path"] as? String == "a\nb")
    #expect(object["width"] as? Int == 30 && object["storedWidth"] as? Int == 40)
    #expect(object["orientation"] as? Int == 6)
    #expect((object["icc"] as? [String: Any])?["description"] as? String == "Display P3")
    #expect((object["exif"] as? [String: Any])?["length"] as? Int == 2)
    #expect((object["notes"] as? [[String: Any]])?.first?["measured"] as? Int == 2)
  }

  @Test func factsThatAreNotThereAreLeftOut() throws {
    let plain = ImageFacts(format: .png, storedSize: size(4, 3))
    let object = try json { InputRecord(path: "a", facts: .success(plain)).write(to: &$0) }
    for key in ["xmpOrientation", "loop", "icc", "exif", "xmp", "notes", "error", "policy", "findings"] {
      #expect(object[key] == nil, "\(key)")
    }
  }

  @Test func aCheckSaysPolicyDepthAndVerdict() throws {
    let findings = [
      Finding(
        "route.alreadyFramed", .warn, "Done.", measured: .size(size(4, 3)), allowed: .text("x"), saves: .cents(55)),
      Finding("side.small", .fail, "Small."),
    ]
    for (kept, isOK, verdict) in [(2, false, "fail"), (1, true, "warn"), (0, true, "pass")] {
      let check = InputRecord.Check(policy: "web", depth: .header, findings: Array(findings.prefix(kept)))
      let record = InputRecord(path: "a", facts: .success(Self.facts), check: check)
      let object = try json { record.write(to: &$0) }
      #expect(object["ok"] as? Bool == isOK && record.isInOrder == isOK)
      #expect(object["policy"] as? String == "web" && object["depth"] as? String == "header")
      #expect(object["verdict"] as? String == verdict)
      let first = (object["findings"] as? [[String: Any]])?.first
      #expect(kept == 0 || first?["saves"] as? String == "0.55")
      #expect(kept == 0 || first?["measured"] as? String == "4×3")
    }
  }

  @Test func aBrokenInputHasKindAndSentence() throws {
    let record = InputRecord(path: "a", facts: .failure(ImgtoolError(.busy, "Full.", retry: .later)))
    let object = try json { record.write(to: &$0) }
    #expect(Set(object.keys) == ["schemaVersion", "path", "ok", "error"])
    #expect(object["ok"] as? Bool == false)
    let error = try #require(object["error"] as? [String: Any])
    #expect(error["kind"] as? String == "busy" && error["retry"] as? String == "later")
  }

  @Test func sumsCountFilesFailuresAndRules() {
    var sum = BulkSummary()
    sum.count(InputRecord(path: "a", facts: .success(Self.facts)))
    var other = BulkSummary()
    other.count(InputRecord(path: "b", facts: .failure(ImgtoolError(.input, "No."))))
    let check = InputRecord.Check(
      policy: "p", depth: .header, findings: [Finding("x.y", .fail, "X."), Finding("x.z", .pass, "Z.")])
    other.count(InputRecord(path: "c", facts: .success(Self.facts), check: check))
    sum.add(other)
    #expect(sum.files == 3 && sum.failed == 2 && sum.bytes == 198)
    #expect(sum.rules == ["error.input": 1, "x.y": 1])
    #expect(sum.description.hasPrefix("3 files, 198 B, 2 failed, "))
  }

  @Test func aReportHasEveryPart() async throws {
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    operation.price = .cents(12)
    operation.expects = ImgtoolCore.Expectation(frame: .request(.exactly(size(120, 90))))
    let report = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation))
    let object = try json { report.write(to: &$0) }
    let expected: Set<String> = [
      "schemaVersion", "state", "operation", "parameters", "input", "preflight", "frame", "price", "cost", "remoteId",
      "outputs", "remarks", "details", "seconds", "passedThrough",
    ]
    #expect(Set(object.keys) == expected)
    #expect(object["state"] as? String == "done" && object["cost"] as? String == "0.12")
    #expect((object["input"] as? [String: Any])?["path"] as? String == folder.path("in.png"))
    let output = try #require((object["outputs"] as? [[String: Any]])?.first)
    #expect((output["verdict"] as? [String: Any])?["contract"] as? String == "exact")
    #expect((object["seconds"] as? [String: Any])?["perform"] is NSNumber)
  }
}
