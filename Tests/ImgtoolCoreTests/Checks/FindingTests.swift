// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct FindingTests {
  @Test func severitiesRiseFromPassToFail() {
    #expect(Finding.Severity.allCases == [.pass, .note, .warn, .fail])
    #expect(Finding.Severity.allCases.sorted() == Finding.Severity.allCases)
    #expect(Finding.Severity.note < .fail)
  }

  @Test func theWorstOfNothingIsPass() {
    #expect([Finding]().worst == .pass)
    let findings = [Finding("a.b", .note, "One."), Finding("a.c", .fail, "Two."), Finding("a.d", .warn, "Three.")]
    #expect(findings.worst == .fail)
    #expect(findings.failures.map(\.rule) == ["a.c"])
  }

  @Test(arguments: [Measure.count(3), .count(.max), .count(.min), .real(0.25), .text("4096×1755"), .text("")])
  func measuresAreTheSameAfterJSON(measure: Measure) throws {
    #expect(try rewritten(measure) == measure)
  }

  @Test func measuresAreShownAsTheyAre() throws {
    #expect(Measure.count(12).description == "12")
    #expect(Measure.real(0.5).description == "0.5")
    #expect(Measure.text("rgb").description == "rgb")
    #expect(try Measure.size(size("3x2")) == .text("3×2"))
    #expect(throws: (any Error).self) { try read(Measure.self, "true") }
    #expect(throws: (any Error).self) { try read(Measure.self, "[]") }
  }

  @Test func aFindingIsTheSameAfterJSON() throws {
    let finding = Finding(
      "bytes.limit", .fail, "Too many.", measured: .count(5), allowed: .count(4), saves: .cents(55))
    #expect(try rewritten(finding) == finding)
    #expect(try written(Finding("a.b", .pass, "Well.")) == #"{"message":"Well.","rule":"a.b","severity":"pass"}"#)
  }
}
