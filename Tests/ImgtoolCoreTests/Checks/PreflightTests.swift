// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

/// One rule of preflight: an input just inside, and one just outside.
struct PreflightCase: Sendable, CustomTestStringConvertible {
  let rule: PreflightRule
  var policy = InputPolicy()
  var quiet: @Sendable (inout ImageFacts) -> Void = { _ in }
  let loud: @Sendable (inout ImageFacts) -> Void

  var testDescription: String { rule.rawValue }

  init(
    _ rule: PreflightRule, limits: (inout InputPolicy) -> Void = { _ in },
    quiet: @escaping @Sendable (inout ImageFacts) -> Void = { _ in },
    loud: @escaping @Sendable (inout ImageFacts) -> Void
  ) {
    self.rule = rule
    self.quiet = quiet
    self.loud = loud
    limits(&policy)
  }

  /// Every rule that facts and limits alone decide.
  static let all: [PreflightCase] = [
    PreflightCase(.formatRefused, limits: { $0.formats = [.jpeg, .png] }) { $0.format = .gif },
    PreflightCase(.formatUndecodable) {
      $0.isDecodable = false
      $0.coding = "lossless"
    },
    PreflightCase(.bytesLimit, limits: { $0.maximumBytes = ByteCount(5) }, quiet: { $0.fileBytes = ByteCount(5) }) {
      $0.fileBytes = ByteCount(6)
    },
    PreflightCase(.pixelsLimit, limits: { $0.maximumPixels = 12_000_000 }) {
      $0.storedSize = PixelSize(clamping: 4000, 3001)
    },
    PreflightCase(.sideLimit, limits: { $0.maximumSide = 4000 }) { $0.storedSize = PixelSize(clamping: 3, 4001) },
    PreflightCase(.sideSmall, limits: { $0.minimumSide = 3000 }) { $0.storedSize = PixelSize(clamping: 9000, 2999) },
    PreflightCase(.samplesLimit, limits: { $0.maximumSamples = 36_000_000 }) { $0.channels = 4 },
    PreflightCase(.animationPresent, limits: { $0.maximumFrames = 2 }, quiet: { $0.frameCount = 2 }) {
      $0.frameCount = 3
    },
    PreflightCase(.colourCMYK) {
      $0.colourModel = .cmyk
      $0.icc = ICCFacts(bytes: ByteRange(offset: 0, length: 128), colourSpace: "CMYK")
    },
    PreflightCase(.colourCMYK) {
      $0.colourModel = .ycck
      $0.icc = ICCFacts(bytes: ByteRange(offset: 0, length: 128), colourSpace: "CMYK")
    },
    PreflightCase(.iccMissing) { $0.icc = nil },
    PreflightCase(.iccOdd, quiet: { $0.icc?.colourSpace = nil }) {
      $0.icc?.colourSpace = "GRAY"
    },
    PreflightCase(.iccOdd) { $0.colourModel = .grey },
    PreflightCase(.iccOdd) { $0.colourModel = .lab },
    PreflightCase(.depthHigh, limits: { $0.maximumBits = 8 }) { $0.bitsPerSample = 16 },
    PreflightCase(.alphaPresent) { $0.hasAlpha = true },
    PreflightCase(.orientationPresent) { $0.orientation = .upMirrored },
    PreflightCase(.privateLocation) { $0.hasLocation = true },
  ]
}

struct PreflightTests {
  @Test(arguments: PreflightCase.all)
  func aRuleSpeaksBeyondItsLimitAndOnlyThere(test: PreflightCase) throws {
    var facts = try photograph()
    test.quiet(&facts)
    #expect(Preflight(test.policy).judge(facts).isEmpty)
    test.loud(&facts)
    let findings = Preflight(test.policy).judge(facts)
    #expect(rules(findings) == [test.rule.rawValue])
    #expect(findings.first?.severity == test.rule.severity)
    #expect(findings.first?.message.hasSuffix(".") == true)
  }

  @Test(arguments: PreflightCase.all)
  func anIgnoredRuleIsSilent(test: PreflightCase) throws {
    var facts = try photograph()
    test.loud(&facts)
    var policy = test.policy
    policy.rules[test.rule] = .ignore
    #expect(Preflight(policy).judge(facts).isEmpty)
  }

  @Test func everyRuleOfPreflightHasATest() {
    let elsewhere: Set<PreflightRule> = [
      .nameExtension, .nameMediaType, .routeAlreadyFramed, .routeUniformBorder, .routeSmallSource, .routeReencode,
    ]
    #expect(Set(PreflightCase.all.map(\.rule)).union(elsewhere) == Set(PreflightRule.allCases))
  }

  @Test func ruleIDsAreDottedAndUnique() {
    #expect(Set(PreflightRule.allCases.map(\.rawValue)).count == PreflightRule.allCases.count)
    #expect(PreflightRule.allCases.allSatisfy { $0.rawValue.split(separator: ".").count == 2 })
  }

  @Test func measuredAndAllowedAreNumbers() throws {
    var policy = InputPolicy()
    policy.maximumBytes = ByteCount(100)
    let finding = try #require(Preflight(policy).judge(try photograph()).first)
    #expect(finding.measured == .count(3_000_000))
    #expect(finding.allowed == .count(100))
  }

  @Test func pixelsTimesFramesTimesChannelsNeverOverflow() throws {
    var policy = InputPolicy()
    policy.maximumSamples = 1_000_000_000
    var bomb = try photograph()
    bomb.storedSize = PixelSize(clamping: .max, .max)
    for (frames, channels) in [(Int.max, 4), (1, Int.max), (2, 2), (1_000_000_000, 4)] {
      bomb.frameCount = frames
      bomb.channels = channels
      #expect(rules(Preflight(policy).judge(bomb)) == ["samples.limit"])
    }
    // 1×1 with many frames: small pixels, many samples.
    bomb.storedSize = PixelSize(clamping: 1, 1)
    (bomb.frameCount, bomb.channels) = (250_000_001, 4)
    #expect(rules(Preflight(policy).judge(bomb)) == ["samples.limit"])
    bomb.frameCount = 250_000_000
    #expect(Preflight(policy).judge(bomb).isEmpty)
  }

  @Test(arguments: [
    ("photo.jpg", false), ("photo.JPEG", false), ("/a.png/photo.jpg", false), ("photo", false), (".png", false),
    ("photo.txt", false), ("photo.", false), ("", false), ("photo.png", true), ("a.jpg.webp", true), ("-.gif", true),
    ("photo.png/", true), ("a b\n[x].tif", true),
  ])
  func theExtensionMustNotNameAnotherFormat(name: String, isOdd: Bool) throws {
    let findings = Preflight(InputPolicy()).judge(try photograph(), name: name)
    #expect(rules(findings) == (isOdd ? ["name.extension"] : []))
  }

  @Test(arguments: [
    ("image/jpeg", false), ("image/jpg", false), ("IMAGE/JPEG; q=1", false), ("image/png", true), ("text/html", true),
    ("image/", true),
  ])
  func theMediaTypeMustNotNameAnotherFormat(mediaType: String, isOdd: Bool) throws {
    let findings = Preflight(InputPolicy()).judge(try photograph(), mediaType: mediaType)
    #expect(rules(findings) == (isOdd ? ["name.mediaType"] : []))
  }

  @Test func heifAndAVIFAreSeenUnderBothNames() throws {
    var facts = try photograph()
    facts.format = .avif
    #expect(Preflight(InputPolicy()).judge(facts, name: "a.heic", mediaType: "image/heic").isEmpty)
    facts.format = .heif
    #expect(Preflight(InputPolicy()).judge(facts, name: "a.avif", mediaType: "image/avif").isEmpty)
  }

  @Test func notesOfTheProbeAreHandedOn() throws {
    var facts = try photograph()
    facts.notes = [Finding("exif.loop", .note, "The EXIF directory leads back to itself.")]
    #expect(Preflight(InputPolicy()).judge(facts) == facts.notes)
  }

  @Test(arguments: [
    ("a/b.JPG", "JPG"), ("b.tar.gz", "gz"), ("..jpg", "jpg"), ("a.b/", "b"), ("a. b", " b"),
  ])
  func theExtensionFollowsTheLastDotOfTheLastComponent(path: String, suffix: String) {
    #expect(fileExtension(of: path) == suffix)
  }

  @Test(arguments: ["", "/", "a", ".jpg", "a.", "a.b/c", "///", "dir.d/.x"])
  func otherPathsHaveNoExtension(path: String) {
    #expect(fileExtension(of: path) == nil)
  }

  @Test(arguments: ["application/octet-stream", "Binary/Octet-Stream", "application/octet-stream; x=y", ""])
  func aMediaTypeThatSaysNothingContradictsNothing(mediaType: String) throws {
    #expect(Preflight(InputPolicy()).judge(try photograph(), mediaType: mediaType).isEmpty)
  }

  @Test(arguments: [0, -1, Int.min])
  func factsWithoutAFrameOrAChannelCountAsOne(count: Int) throws {
    var policy = InputPolicy()
    policy.maximumSamples = 1
    var facts = try photograph()
    facts.frameCount = count
    facts.channels = count
    #expect(rules(Preflight(policy).judge(facts)) == ["samples.limit"])
  }
}
