// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct RoutingTests {
  private let paid: InputPolicy
  private let photo: ImageFacts

  init() throws {
    paid = try #require(InputPolicy.named("runflow-smart-resize"))
    photo = try photograph()
  }

  @Test(arguments: ["2048x1536", "2050x1536", "2400x1792", "2365x1774"])
  func aPictureThatHasTheFrameSavesThePrice(stored: String) throws {
    var facts = photo
    facts.storedSize = try size(stored)
    let findings = Preflight(paid).judge(facts, request: try order("4:3", .k2))
    #expect(rules(findings) == ["route.alreadyFramed"])
    #expect(findings.first?.saves == .cents(55))
    #expect(findings.first?.severity == .warn)
  }

  @Test func theDisplaySizeCounts() throws {
    var facts = photo
    facts.storedSize = try size("1536x2048")
    facts.orientation = .right
    let findings = Preflight(paid).judge(facts, request: try order("4:3", .k2))
    #expect(rules(findings) == ["orientation.present", "route.alreadyFramed"])
  }

  @Test(arguments: ["4000x3000", "1536x2048", "2048x1152", "1024x768"])
  func anotherFrameIsWorthThePrice(stored: String) throws {
    var facts = photo
    facts.storedSize = try size(stored)
    #expect(Preflight(paid).judge(facts, request: try order("4:3", .k2)).isEmpty)
  }

  @Test func aPictureOfTheSizeOrderedHasTheFrame() throws {
    let order = FrameRequest.exactly(photo.displaySize)
    #expect(rules(Preflight(paid).judge(photo, request: order)) == ["route.alreadyFramed"])
  }

  // 4096×3072 from 1024×768 is four times, which is allowed.
  @Test(arguments: [("1024x768", false), ("1023x767", true), ("64x64", true), ("4096x3071", false)])
  func aSourceMuchSmallerThanTheTargetIsAdvisedAgainst(stored: String, isSmall: Bool) throws {
    var facts = photo
    facts.storedSize = try size(stored)
    let findings = Preflight(paid).judge(facts, request: try order("4:3", .k4))
    #expect(rules(findings).contains("route.smallSource") == isSmall)
  }

  @Test func theEnlargementAllowedIsThePolicys() throws {
    var policy = paid
    policy.maximumEnlargement = 1
    let findings = Preflight(policy).judge(photo, request: try order("4:3", .k4))
    #expect(rules(findings) == ["route.smallSource"])
    #expect(findings.first?.allowed == .text("1.0×"))
  }

  @Test func aFileWithTooManyBytesThatWouldFitAsJPEGIsToldSo() throws {
    var facts = photo
    facts.format = .tiff
    facts.fileBytes = ByteCount(60_000_000)
    let findings = Preflight(paid).judge(facts, request: try order("1:1", .k2))
    #expect(rules(findings) == ["bytes.limit", "route.reencode"])
    #expect(findings.last?.severity == .note)
    // 105 megapixels at four bits each are over the limit of 50 MiB.
    facts.storedSize = try size("15000x7000")
    #expect(!rules(Preflight(paid).judge(facts, request: try order("1:1", .k2))).contains("route.reencode"))
  }

  @Test func aUniformBorderSavesThePrice() throws {
    let finding = try #require(Preflight(paid).uniformBorder("A border.", measured: .real(0.123)).first)
    #expect(finding.rule == "route.uniformBorder")
    #expect(finding.severity == .warn)
    #expect(finding.saves == .cents(55))
    #expect(finding.measured == .real(0.123))
    var silent = paid
    silent.rules[.routeUniformBorder] = .ignore
    #expect(Preflight(silent).uniformBorder("A border.", measured: nil).isEmpty)
  }

  @Test func withoutAnOrderThereIsNoAdviceAboutFrames() {
    #expect(Preflight(paid).judge(photo).isEmpty)
  }

  @Test func withoutAPriceNothingIsSaved() throws {
    let findings = Preflight(InputPolicy()).judge(photo, request: .exactly(photo.displaySize))
    #expect(findings.map(\.saves) == [nil])
  }

  @Test func adviceToReencodeNeedsNoOrder() throws {
    var facts = photo
    facts.fileBytes = ByteCount(60_000_000)
    #expect(rules(Preflight(paid).judge(facts)) == ["bytes.limit", "route.reencode"])
  }
}
