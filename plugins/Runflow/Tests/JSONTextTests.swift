// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import RunflowBackend

@Suite struct JSONTextTests {
  static let texts = [
    "null", " true ", "false", "0", "-0", "-12", "1.5", "1.0", "1e3", "1E-2", "9223372036854775807",
    "9223372036854775808", "\"\"", #""a\"b\\c\/d\b\f\n\r\té\u00e9\ud83d\ude00""#, "[]", "[ ]", "{}", "{ }",
    "[1, [2, [3]], {\"a\": [ ]}]", #"{"a" : {"b":null} , "c" : [true,false]}"#, "\"\u{7f}\u{2028}\"",
  ]

  @Test(arguments: texts) func whatIsJSONIsReadAsFoundationReadsIt(_ text: String) throws {
    let value = try #require(JSONValue(bytes: text.utf8))
    let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? NSObject
    let again = try JSONSerialization.jsonObject(with: Data(value.bytes), options: .fragmentsAllowed) as? NSObject
    #expect(theirs == again)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "tru", "01", "-", "+1", "1.", ".5", "1e", "1e400", "0x1", "\"", "\"\\\"", "\"\\x\"",
    "\"\\u12\"", "\"\\ud83d\"", "\"\\ud83d\\u0041\"", "\"\\ude00\"", "\"\u{1}\"", "[", "[1", "[1,", "[1,]", "[,1]",
    "[1 2]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{1:2}", "1 2",
    "<html>", "]", "}", "'a'", "NaN",
  ])
  func whatIsNoJSONIsNone(_ text: String) { #expect(JSONValue(bytes: text.utf8) == nil, "\(text)") }

  @Test func everyCutOfATextIsNone() {
    let text = Array(#"{"a":[1,"x\u00e9",{"b":null,"c":-1.5e3}],"d":true}"#.utf8)
    #expect(JSONValue(bytes: text) != nil)
    for length in text.indices { #expect(JSONValue(bytes: text[..<length]) == nil, "\(length)") }
  }

  @Test func depthAndBytesThatAreNoTextAreRefused() {
    for (depth, isRead) in [(JSONText.deepest - 1, true), (JSONText.deepest, false), (1_000_000, false)] {
      let text = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
      #expect((JSONValue(bytes: text.utf8) != nil) == isRead, "\(depth)")
    }
    #expect(JSONValue(bytes: [0x22, 0xff, 0x22]) == nil && JSONValue(bytes: [0x22, 0xc0, 0x80, 0x22]) == nil)
    #expect(JSONValue(bytes: #"{"a":1,"a":2}"#.utf8)?["a"]?.integer == 2)
  }
}
