// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime
import ImgtoolTesting
import Testing

/// JSON as another reader reads it.
@Suite struct JSONLineTests {
  @Test func everyCharacterComesBack() throws {
    var noise = SampleNoise(seed: 5)
    var texts = (0..<0x300).compactMap { Unicode.Scalar(UInt32($0)).map { String(Character($0)) } }
    texts += ["", "\"\\/\u{8}\u{c}\n\r\t\0", "\u{2028}\u{2029}", "🏞️ é e\u{301}", "\u{FFFF}", "\u{10FFFF}", "</script>"]
    texts += (0..<200).map { _ in
      String(
        String.UnicodeScalarView((0..<20).compactMap { _ in Unicode.Scalar(UInt32(noise.next(below: 0x11_0000))) }))
    }
    for text in texts {
      let object = try json { line in line.object { $0.field("text", text) } }
      #expect(Array((object["text"] as? String ?? "?").unicodeScalars) == Array(text.unicodeScalars))
      let member = try json { line in line.object { $0.member(text, "x") } }
      #expect(member.first.map { Array($0.key.unicodeScalars) } == Array(text.unicodeScalars))
    }
  }

  @Test func controlCharactersNeverGoOutBare() {
    var line = JSONLine()
    line.object { line in line.field("text", String((0..<32).map { Character(Unicode.Scalar(UInt8($0))) })) }
    #expect(line.bytes.allSatisfy { $0 >= 0x20 })
  }

  @Test(arguments: [0, 9, 10, -1, -10, .max, .min])
  func wholeNumbersComeBack(_ number: Int) throws {
    #expect(try json { line in line.object { $0.field("n", number) } }["n"] as? Int == number)
  }

  @Test(arguments: [
    0, -0.0, 1, 0.1, 1e-7, 1e300, Double.leastNonzeroMagnitude, Double.greatestFiniteMagnitude, 123456.789, -2.5,
  ])
  func numbersComeBackExactly(_ number: Double) throws {
    let object = try json { line in line.object { $0.field("n", number) } }
    #expect((object["n"] as? NSNumber)?.doubleValue == number)
  }

  @Test(arguments: [Double.infinity, -.infinity, .nan])
  func whatJSONCannotSayIsNull(_ number: Double) throws {
    let object = try json { line in
      line.object { line in
        line.field("n", number)
        line.member("m", number)
      }
    }
    #expect(object["n"] is NSNull && object["m"] is NSNull)
  }

  @Test func nestingPutsCommasWhereTheyBelong() throws {
    var line = JSONLine()
    line.object { line in
      line.array("empty", [Int]()) { $0.field(nil, $1) }
      line.array("numbers", [1, 2, 3]) { $0.field(nil, $1) }
      line.object("inner") { _ in }
      line.object("more") { line in
        line.field("a", true)
        line.field("b", false)
        line.null("c")
      }
      line.array("objects", ["x", "y"]) { line, text in line.object { $0.field("t", text) } }
      line.field("last", Measure.text("z"))
    }
    line.endLine()
    line.object { $0.field("second", 1) }
    line.endLine()
    let expected =
      #"{"empty":[],"numbers":[1,2,3],"inner":{},"more":{"a":true,"b":false,"c":null},"objects":[{"t":"x"},{"t":"y"}],"#
      + "\"last\":\"z\"}\n{\"second\":1}\n"
    #expect(String(decoding: line.bytes, as: UTF8.self) == expected)
    line.reset()
    #expect(line.bytes.isEmpty)
  }
}
