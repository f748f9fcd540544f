// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct ParametersTests {
  private static let specs: [ParameterSpec] = [
    ParameterSpec("aspect_ratio", .ratio, "The frame.", required: true),
    ParameterSpec("resolution", .tier, "The tier.", fallback: "2K"),
    ParameterSpec("size", .size, "The exact size."),
    ParameterSpec("gravity", .choice(["centre", "north"]), "Where the source goes.", fallback: "centre"),
    ParameterSpec("count", .integer(-3...5), "How many."),
    ParameterSpec("strength", .real(0...1), "How strong."),
    ParameterSpec("prompt", .text(maximumBytes: 4), "What to add."),
    ParameterSpec("again", .flag, "Whether to repeat."),
  ]

  @Test(arguments: [
    ("aspect_ratio", "21:9"), ("resolution", "4k"), ("size", "1920x1080"), ("gravity", "north"), ("count", "-3"),
    ("count", "5"), ("strength", "0"), ("strength", "1"), ("strength", "0.25"), ("prompt", ""), ("prompt", "four"),
    ("prompt", "\u{1F600}"), ("again", "true"), ("again", "false"),
  ])
  func valuesThatFitAreTaken(name: String, value: String) throws {
    var given = ["aspect_ratio": "1:1"]
    given[name] = value
    #expect(Parameters.problems(given, for: Self.specs).isEmpty)
    _ = try Parameters(given, for: Self.specs)
  }

  @Test(arguments: [
    ("aspect_ratio", "0:1"), ("resolution", "3K"), ("size", "0x5"), ("gravity", "North"), ("gravity", ""),
    ("count", "-4"), ("count", "6"), ("count", "1.0"), ("count", ""), ("count", "99999999999999999999"),
    ("strength", "1.01"), ("strength", "-0.1"), ("strength", "nan"), ("strength", "inf"), ("strength", ""),
    ("prompt", "fives"), ("prompt", "\u{1F600}!"), ("again", "yes"), ("again", "TRUE"), ("Again", "true"),
    ("unknown", "x"), ("", ""),
  ])
  func valuesThatDoNotFitAreNamed(name: String, value: String) throws {
    var given = ["aspect_ratio": "1:1"]
    given[name] = value
    let problems = Parameters.problems(given, for: Self.specs)
    #expect(problems.map(\.name) == [name])
    let error = try #require(throws: ImgtoolError.self) { try Parameters(given, for: Self.specs) }
    #expect(error.kind == .usage)
    #expect(error.message == "The parameter \(name) \(problems[0].message).")
  }

  @Test func allProblemsAreToldAtOnceSortedByName() {
    let problems = Parameters.problems(["size": "x", "count": "x", "other": "x"], for: Self.specs)
    #expect(problems.map(\.name) == ["aspect_ratio", "count", "other", "size"])
    #expect(Parameters.problems(["x": "1"], for: []).map(\.message) == ["is no parameter; there are: none"])
  }

  @Test func fallbacksFillWhatIsNotGiven() throws {
    let parameters = try Parameters(["aspect_ratio": "21:9"], for: Self.specs)
    #expect(parameters.values == ["aspect_ratio": "21:9", "resolution": "2K", "gravity": "centre"])
    #expect(try Parameters(["aspect_ratio": "1:1", "resolution": "4K"], for: Self.specs).tier("resolution") == .k4)
  }

  @Test func valuesAreReadAsTheirTypes() throws {
    let parameters = try Parameters(
      [
        "aspect_ratio": "21:9", "resolution": "1K", "size": "3x2", "count": "4", "strength": "0.5", "prompt": "a",
        "again": "true",
      ], for: Self.specs)
    #expect(parameters.ratio("aspect_ratio")?.spelling == "21:9")
    #expect(parameters.tier("resolution") == .k1)
    #expect(try parameters.size("size") == size("3x2"))
    #expect(parameters.integer("count") == 4)
    #expect(parameters.real("strength") == 0.5)
    #expect(parameters.text("prompt") == "a")
    #expect(parameters.flag("again"))
    #expect(!parameters.flag("absent"))
    #expect(parameters.text("absent") == nil && parameters.integer("absent") == nil)
    #expect(parameters.real("absent") == nil && parameters.size("absent") == nil)
    #expect(parameters.ratio("absent") == nil && parameters.tier("absent") == nil)
    #expect(try rewritten(parameters) == parameters)
  }

  @Test func theCanonicalFormIsSortedLines() throws {
    let parameters = try Parameters(["aspect_ratio": "21:9", "count": "4"], for: Self.specs)
    #expect(parameters.canonical == "aspect_ratio=21:9\ncount=4\ngravity=centre\nresolution=2K")
    #expect(try Parameters([:], for: []).canonical == "")
  }

  @Test(arguments: specs)
  func everyKindSaysInWordsWhatItExpects(spec: ParameterSpec) throws {
    #expect(!spec.expected.isEmpty)
    var given = ["aspect_ratio": "1:1"]
    given[spec.name] = "not, ever"
    let problem = try #require(Parameters.problems(given, for: Self.specs).first)
    #expect(problem.message == "is not \(spec.expected)")
  }

  @Test(arguments: [
    ("resolution", "4k", "4K"), ("resolution", "2\u{212A}", "2K"), ("size", "0003X2", "3x2"), ("size", "3×2", "3x2"),
    ("count", "+4", "4"), ("count", "-03", "-3"), ("strength", "0.50", "0.5"), ("strength", "0x1p-1", "0.5"),
    ("strength", "1", "1.0"), ("aspect_ratio", "16/9", "16/9"),
  ])
  func equalValuesHaveOneSpelling(name: String, given: String, kept: String) throws {
    // A job's key is made of these: "4k" must find the job of "4K" and not be paid for again.
    var values = ["aspect_ratio": "1:1"]
    values[name] = given
    #expect(try Parameters(values, for: Self.specs).values[name] == kept)
  }

  @Test func noTwoValuesHaveTheSameCanonicalForm() throws {
    let specs = ["a", "b"].map { ParameterSpec($0, .text(maximumBytes: 100), "Any text.") }
    let values: [[String: String]] = [
      ["a": "x\nb=y"], ["a": "x", "b": "y"], ["a": "x\\nb=y"], ["a": "x\\", "b": "y"], ["a": "x\r\nb=y"],
      ["a": "x\rb=y"], ["a": "x\\\nb=y"], ["a": ""], [:],
    ]
    let canonical = try values.map { try Parameters($0, for: specs).canonical }
    #expect(Set(canonical.map { Array($0.utf8) }).count == values.count)
    #expect(canonical[0].split(separator: "\n").count == 1)
  }
}
