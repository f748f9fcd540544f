// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RunflowServer

@Suite struct JSONTests {
  @Test(arguments: [
    #"{"b":1,"a":[true,false,null,-0.50e+10,"x"]}"#, #"[]"#, #"{}"#, #""Düne 砂""#, #"1.50"#, #""a\"b\\c\nd\u0001""#,
    #"{"a":1,"a":2}"#, "123456789012345678901234567890",
  ])
  func whatIsReadIsWrittenBackByteForByte(text: String) throws {
    #expect(try JSONReader.read(Array(text.utf8)).compact == text)
  }

  @Test func escapesAreRead() throws {
    #expect(try JSONReader.read(Array(#"["\ud83d\ude00\u00e9\/\b\f\t"]"#.utf8)) == ["😀é/\u{8}\u{C}\t"])
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\"}", "{\"a\":}", "01", "1.", "-", "1e", "+1", "nul", "truex", "\"", "\"\\x\"", "\"\\u12\"",
    "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\u{1}\"", "[1] 2", "{1:2}", "NaN", "'a'", "// c\n1",
    String(repeating: "1", count: 65), String(repeating: "[", count: 66) + String(repeating: "]", count: 66),
  ])
  func whatIsNoJSONIsRefused(text: String) {
    #expect(throws: JSONReader.Failure.self) { try JSONReader.read(Array(text.utf8)) }
  }

  @Test func bytesThatAreNoUTF8AreRefused() {
    #expect(throws: JSONReader.Failure.self) { try JSONReader.read([0x22, 0xC3, 0x28, 0x22]) }
  }

  @Test func everyPrefixIsRefused() throws {
    let bytes = Array(#"{"b":1,"a":[true,null,-0.5e+1,"xé"],"c":{}}"#.utf8)
    for count in 0..<bytes.count {
      #expect(throws: JSONReader.Failure.self) { try JSONReader.read(Array(bytes[..<count])) }
    }
  }

  @Test func theLastOfTwoMembersCounts() throws {
    #expect(try JSONReader.read(Array(#"{"a":1,"a":2}"#.utf8))["a"] == 2)
  }

  @Test func mergingPutsNewMembersOverOldOnes() {
    #expect((["a": 1, "b": 2] as JSON).merged(with: ["b": 3, "c": 4]).compact == #"{"a":1,"b":3,"c":4}"#)
  }
}

@Suite struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-09-18T09:14:02.118Z", 1_789_722_842_118_000),
    ("2000-02-29T23:59:59.999999Z", 951_868_799_999_999), ("2026-09-18T11:14:02+02:00", 1_789_722_842_000_000),
    ("2026-09-18", 1_789_689_600_000_000), ("1969-12-31T23:59:59.5Z", -500_000),
  ])
  func momentsAreRead(text: String, microseconds: Int64) throws {
    let time = try #require(Timestamp(text))
    #expect(time.microseconds == microseconds)
    #expect(Timestamp(time.record) == time)
    #expect(Timestamp(time.callback) == time)
  }

  @Test(
    arguments: [0, 1, 86_399_999_999, 951_868_800_000_000, 4_102_444_800_000_000, -62_135_596_800_000_000] as [Int64])
  func writingAndReadingAreInverse(microseconds: Int64) {
    let time = Timestamp(microseconds: microseconds)
    #expect(Timestamp(time.record) == time)
  }

  @Test(arguments: ["", "2026", "2026-13-01", "2026-09-18T25:00:00Z", "2026-09-18T09:14", "2026-09-18T09:14:02.Z", "x"])
  func anythingElseIsNone(text: String) { #expect(Timestamp(text) == nil) }

  @Test func recordsAndCallbacksSpellTheirZonesDifferently() throws {
    let time = try #require(Timestamp("2026-09-18T09:14:02.118Z"))
    #expect(time.record == "2026-09-18T09:14:02.118000Z")
    #expect(time.callback == "2026-09-18T09:14:02.118000+00:00")
    #expect(time.compact == "20260918T091402Z")
  }

  @Test func identifiersAreOrderedByTimeAndOfTheirVersion() {
    let ids = (0..<100).map { index in
      Identifier.timeOrdered(at: Timestamp(microseconds: 1_789_722_842_118_000 + Int64(index) * 10)) { .max }
    }
    #expect(ids == ids.sorted())
    #expect(Set(ids).count == 100)
    #expect(ids.allSatisfy { Identifier.canonical($0) == $0 && Array($0)[14] == "7" && Array($0)[19] == "b" })
    #expect(Array(Identifier.named("a"))[14] == "8")
    #expect(Identifier.canonical("01995F39-1C44-7E0A-8B21-6F7D0A9C4E55") == "01995f39-1c44-7e0a-8b21-6f7d0a9c4e55")
    #expect(Identifier.canonical("01995f39-1c44-7e0a-8b21-6f7d0a9c4e5") == nil)
  }
}
