// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct InputPolicyTests {
  /// A policy with limits and grades of every kind, the same for the same seed.
  private static func drawn(_ numbers: inout DrawnNumbers) -> InputPolicy {
    var policy = InputPolicy()
    policy.formats = ImageFormat.allCases.filter { _ in Bool.random(using: &numbers) }
    policy.maximumBytes = ByteCount(numbers.side(upTo: .max))
    policy.maximumPixels = numbers.side(upTo: .max)
    policy.minimumSide = numbers.side(upTo: 4096)
    policy.maximumSide = numbers.side(upTo: PixelSize.sideLimit)
    policy.maximumSamples = numbers.side(upTo: .max)
    policy.maximumFrames = numbers.side(upTo: 1000)
    policy.maximumBits = numbers.side(upTo: 32)
    policy.maximumEnlargement = Double(numbers.side(upTo: 64)) / 4
    for rule in PreflightRule.allCases where Bool.random(using: &numbers) {
      policy.rules[rule] = [.ignore, .note, .warn, .fail].randomElement(using: &numbers)
    }
    return policy
  }

  /// Facts that many policies object to.
  private static func facts(_ numbers: inout DrawnNumbers) throws -> ImageFacts {
    let models: [ColourModel] = [.grey, .rgb, .palette, .cmyk, .ycck, .lab, .other]
    return ImageFacts(
      format: ImageFormat.allCases.randomElement(using: &numbers) ?? .jpeg,
      storedSize: PixelSize(clamping: numbers.side(upTo: PixelSize.sideLimit), numbers.side(upTo: 1 << 16)),
      orientation: Orientation.allCases.randomElement(using: &numbers) ?? .up,
      bitsPerSample: numbers.side(upTo: 32), channels: numbers.side(upTo: 5),
      colourModel: models.randomElement(using: &numbers) ?? .rgb, hasAlpha: Bool.random(using: &numbers),
      frameCount: numbers.side(upTo: 2000),
      icc: Bool.random(using: &numbers)
        ? ICCFacts(bytes: ByteRange(offset: 0, length: 128), colourSpace: "RGB") : nil,
      hasLocation: Bool.random(using: &numbers), isDecodable: Bool.random(using: &numbers),
      fileBytes: ByteCount(numbers.side(upTo: .max)))
  }

  /// The severity each rule came out with.
  private static func severities(_ policy: InputPolicy, _ facts: ImageFacts) throws -> [String: Finding.Severity] {
    let findings = Preflight(policy).judge(
      facts, name: "a.png", mediaType: "image/gif", request: try order("4:3", .k2))
    return Dictionary(findings.map { ($0.rule, $0.severity) }) { max($0, $1) }
  }

  @Test func mergedIsAtLeastAsStrictAsBothInEveryRule() throws {
    var numbers = DrawnNumbers(seed: 5)
    for _ in 0..<200 {
      let (ours, theirs) = (Self.drawn(&numbers), Self.drawn(&numbers))
      let facts = try Self.facts(&numbers)
      let merged = try Self.severities(ours.merged(with: theirs), facts)
      for policy in [ours, theirs] {
        for (rule, severity) in try Self.severities(policy, facts) where rule != "route.reencode" {
          #expect((merged[rule] ?? .pass) >= severity, "\(rule)")
        }
      }
    }
  }

  @Test func mergingTheOtherWayRoundIsEquallyStrict() {
    var numbers = DrawnNumbers(seed: 6)
    for _ in 0..<100 {
      let (ours, theirs) = (Self.drawn(&numbers), Self.drawn(&numbers))
      var (one, other) = (ours.merged(with: theirs), theirs.merged(with: ours))
      #expect(Set(one.formats) == Set(other.formats))
      other.formats = one.formats
      one.name = other.name
      #expect(one == other)
    }
  }

  @Test func mergingWithAnOpenPolicyKeepsEveryLimitAndGrade() {
    var numbers = DrawnNumbers(seed: 7)
    for _ in 0..<50 {
      var policy = Self.drawn(&numbers)
      for rule in PreflightRule.allCases { policy.rules[rule] = policy.rules[rule] ?? .fail }
      var open = InputPolicy()
      for rule in PreflightRule.allCases { open.rules[rule] = .ignore }
      policy.maximumEnlargement = min(policy.maximumEnlargement, open.maximumEnlargement)
      #expect(policy.merged(with: open) == policy)
    }
  }

  @Test func mergingKeepsTheFirstNameAndThePriceThatIsKnown() {
    var (ours, theirs) = (InputPolicy(), InputPolicy())
    ours.name = "ours"
    theirs.name = "theirs"
    theirs.price = .cents(55)
    #expect(ours.merged(with: theirs).name == "ours")
    #expect(ours.merged(with: theirs).price == .cents(55))
    ours.price = .cents(12)
    #expect(ours.merged(with: theirs).price == .cents(12))
  }

  @Test(arguments: PreflightRule.allCases)
  func aRuleHasItsOwnSeverityUntilThePolicyGradesIt(rule: PreflightRule) {
    var policy = InputPolicy()
    #expect(policy.severity(rule) == rule.severity)
    let grades: [(InputPolicy.Grade, Finding.Severity?)] = [
      (.ignore, nil), (.note, .note), (.warn, .warn), (.fail, .fail),
    ]
    for (grade, severity) in grades {
      policy.rules[rule] = grade
      #expect(policy.severity(rule) == severity)
    }
  }

  @Test func policiesAreTheSameAfterJSON() throws {
    var numbers = DrawnNumbers(seed: 8)
    for _ in 0..<100 {
      var policy = Self.drawn(&numbers)
      policy.price = Bool.random(using: &numbers) ? .cents(55) : nil
      policy.summary = "Drawn."
      #expect(try rewritten(policy) == policy)
      #expect(try InputPolicy(json: Array(written(policy).utf8)) == policy)
    }
  }
}
