// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct ImgtoolErrorTests {
  private static let codes: [(ImgtoolError.Kind, exit: Int32, http: Int)] = [
    (.usage, 64, 400), (.input, 65, 422), (.limit, 66, 413), (.preflight, 67, 422), (.unsupported, 69, 415),
    (.fault, 70, 500), (.postflight, 71, 502), (.backend, 72, 502), (.storage, 73, 500), (.timeout, 74, 504),
    (.busy, 75, 429), (.credentials, 77, 401), (.budget, 78, 402), (.cancelled, 130, 499),
  ]

  @Test(arguments: codes)
  func everyKindHasItsExitCodeAndStatus(kind: ImgtoolError.Kind, exit: Int32, http: Int) throws {
    #expect(kind.exitCode == exit)
    #expect(kind.httpStatus == http)
    #expect(try rewritten(kind) == kind)
    #expect(ImgtoolError.Kind(rawValue: kind.rawValue) == kind)
  }

  @Test func exitCodesAndNamesAreUnique() {
    #expect(Set(Self.codes.map(\.exit)).count == 14)
    #expect(Set(Self.codes.map(\.0.rawValue)).count == 14)
  }

  @Test func aKindNobodyKnowsIsAFault() {
    let kind = ImgtoolError.Kind(rawValue: "acme.strike")
    #expect((kind.exitCode, kind.httpStatus) == (70, 500))
  }

  @Test func theCauseIsShownInBrackets() {
    #expect(ImgtoolError(.input, "It is broken.").description == "It is broken.")
    #expect(ImgtoolError(.input, "It is broken.", underlying: "").description == "It is broken.")
    #expect(
      ImgtoolError(.input, "It is broken.", underlying: "bad marker").description == "It is broken. (bad marker)")
  }

  @Test func anErrorIsFinalUnlessItSaysOtherwise() {
    #expect(ImgtoolError(.busy, "Full.").retry == .never)
    #expect(ImgtoolError(.busy, "Full.", retry: .later).retry == .later)
    #expect(ImgtoolError(.input, "No.", context: ["path": "a"]).context == ["path": "a"])
  }

  @Test func anErrorAboutSomethingKeepsEverythingElse() {
    let error = ImgtoolError(.input, "It is broken.", retry: .later, context: ["a": "b"], underlying: "bad marker")
    let about = error.about("photo.jpg")
    #expect(about.message == "photo.jpg: It is broken.")
    #expect((about.kind, about.retry) == (.input, .later))
    #expect((about.context, about.underlying) == (["a": "b"], "bad marker"))
  }
}
