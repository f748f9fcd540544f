// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolTesting
import Testing

@Suite struct ContentTests {
  private static let scene = SamplePictures.scene(size(160, 120))
  private let checks = ContentChecks()

  private func small(_ sample: SamplePicture) throws -> SmallPicture {
    try #require(SmallPicture(size: sample.size, samples: sample.samples))
  }

  @Test(arguments: [[0, 0, 0], [255, 255, 255], [200, 30, 90]] as [[UInt8]])
  func oneColourIsBlank(colour: [UInt8]) throws {
    let finding = checks.presence(of: try small(SamplePictures.plain(size(50, 40), colour)))
    #expect(finding.rule == "content.blank" && finding.severity == .fail)
  }

  @Test func aScenePhotographHasContent() throws {
    let finding = checks.presence(of: try small(Self.scene))
    #expect(finding.rule == "content.present" && finding.severity == .pass)
  }

  @Test func coloursOfTheSameLumaAreContent() throws {
    // Red and blue-green of equal luma: 0.299 × 255 = 76 = 0.587 × 130.
    let sample = SamplePictures.checker(size(40, 40), cell: 10, [255, 0, 0], [0, 130, 0])
    #expect(checks.presence(of: try small(sample)).rule == "content.present")
  }

  @Test func faintNoiseIsFlat() throws {
    var noise = SampleNoise(seed: 5)
    let sample = SamplePicture(size(60, 60)) { _, _ in
      let level = UInt8(128 + noise.next(below: 4))
      return [level, level, level]
    }
    let finding = checks.presence(of: try small(sample))
    #expect(finding.rule == "content.flat" && finding.severity == .warn)
  }

  @Test func aDotOnWhiteIsFlat() throws {
    let sample = SamplePicture(size(100, 100)) { x, y in x < 5 && y < 5 ? [0, 0, 0] : [255, 255, 255] }
    #expect(checks.presence(of: try small(sample)).rule == "content.flat")
  }

  @Test func thresholdsAreThoseOfThePolicy() throws {
    var policy = ContentPolicy()
    policy.blankSpread = 0
    let sample = SamplePicture(size(10, 10)) { x, _ in x == 0 ? [100, 100, 100] : [101, 101, 101] }
    #expect(ContentChecks().presence(of: try small(sample)).rule == "content.blank")
    #expect(ContentChecks(policy: policy).presence(of: try small(sample)).rule == "content.flat")
  }

  @Test(arguments: [[0, 0, 0], [255, 255, 255], [128, 128, 128]] as [[UInt8]], [3, 20, 60])
  func barsAtTheSidesOrAboveAndBelowAreFound(colour: [UInt8], thickness: Int) throws {
    let pillars = Self.scene.padded(left: thickness, right: thickness, with: colour)
    let letterbox = Self.scene.padded(top: thickness, bottom: thickness, with: colour)
    for sample in [pillars, letterbox] {
      let finding = checks.bars(in: try small(sample))
      #expect(finding.rule == "content.bars" && finding.severity == .fail)
    }
  }

  @Test func theFindingNamesTheSidesAndTheirThickness() throws {
    let sample = Self.scene.padded(left: 20, right: 20, with: [0, 0, 0])
    #expect(checks.bars(in: try small(sample)).measured == .text("left 0.1, right 0.1"))
  }

  @Test(arguments: [(20, 0, 0, 0), (0, 0, 20, 0), (20, 0, 20, 0), (1, 1, 0, 0), (0, 0, 0, 0)])
  func oneSideOrAHairlineAreNoBars(left: Int, right: Int, top: Int, bottom: Int) throws {
    let sample = Self.scene.padded(left: left, right: right, top: top, bottom: bottom, with: [0, 0, 0])
    #expect(checks.bars(in: try small(sample)).rule == "content.noBars")
  }

  @Test func aSmallThingOnWhiteHasNoBars() throws {
    let product = SamplePicture(size(160, 120)) { x, y in
      (x - 80) * (x - 80) + (y - 60) * (y - 60) < 900 ? [90, 60, UInt8(x)] : [255, 255, 255]
    }
    #expect(checks.bars(in: try small(product)).rule == "content.noBars")
  }

  @Test func softMarginsAreNoBars() throws {
    let sample = SamplePicture(size(200, 120)) { x, y in
      let edge = min(max(0, x - 30), max(0, 169 - x), 40)
      return Self.scene[x * 4 / 5, y].map { UInt8(Int($0) * edge / 40) }
    }
    #expect(checks.bars(in: try small(sample)).rule == "content.noBars")
  }

  @Test func aSliverBetweenBarsIsNotBelieved() throws {
    let sliver = SamplePictures.scene(size(10, 120)).padded(left: 60, right: 60, with: [0, 0, 0])
    #expect(checks.bars(in: try small(sliver)).rule == "content.noBars")
  }

  @Test func bandsTheSourceHasItselfAreNoBars() throws {
    let source = try small(Self.scene.padded(left: 20, right: 20, with: [0, 0, 0]))
    #expect(checks.bars(in: source, source: source).rule == "content.noBars")
    let other = try small(Self.scene.padded(left: 20, right: 20, with: [255, 255, 255]))
    #expect(checks.bars(in: source, source: other).rule == "content.bars")
  }

  @Test func bandsOfTwoColoursAreAFlagAndNoBars() throws {
    let flag = Self.scene.padded(top: 20, with: [200, 20, 40]).padded(bottom: 20, with: [20, 60, 160])
    #expect(checks.bars(in: try small(flag)).rule == "content.noBars")
  }

  @Test func aBlankPictureHasNoBars() throws {
    #expect(checks.bars(in: try small(SamplePictures.plain(size(30, 30), [0, 0, 0]))).rule == "content.noBars")
  }

  @Test(arguments: [(10, 10, 10, 10), (2, 30, 12, 5)])
  func aBorderAllRoundIsFound(left: Int, right: Int, top: Int, bottom: Int) throws {
    let sample = Self.scene.padded(left: left, right: right, top: top, bottom: bottom, with: [240, 240, 240])
    let finding = try #require(checks.uniformBorder(of: try small(sample)))
    #expect(finding.rule == "route.uniformBorder" && finding.severity == .note)
    #expect(finding.measured == .text("rgb(240,240,240)"))
  }

  @Test func aBorderOnThreeSidesOrInTwoColoursIsNone() throws {
    let three = Self.scene.padded(left: 10, right: 10, top: 10, with: [240, 240, 240])
    let two = Self.scene.padded(left: 10, right: 10, with: [240, 240, 240]).padded(top: 9, bottom: 9, with: [0, 0, 0])
    #expect(checks.uniformBorder(of: try small(three)) == nil)
    #expect(checks.uniformBorder(of: try small(two)) == nil)
    #expect(checks.uniformBorder(of: try small(Self.scene)) == nil)
    #expect(checks.uniformBorder(of: try small(SamplePictures.plain(size(9, 9), [1, 1, 1]))) == nil)
  }

  @Test(arguments: [(1, 1), (1, 50), (50, 1), (2, 2)])
  func tinyPicturesAreJudgedWithoutTrouble(width: Int, height: Int) throws {
    let picture = try small(SamplePictures.gradient(size(width, height)))
    #expect(checks.all(of: picture, source: picture).count == 2)
    _ = checks.uniformBorder(of: picture)
  }

  @Test func aPolicyNamesOnlyWhatItChanges() throws {
    let policy = try JSONDecoder().decode(ContentPolicy.self, from: Data(#"{"flatDeviation": 5, "pairDrift": 1}"#.utf8))
    var expected = ContentPolicy()
    expected.flatDeviation = 5
    expected.pairDrift = 1
    #expect(policy == expected)
    #expect(try JSONDecoder().decode(ContentPolicy.self, from: JSONEncoder().encode(policy)) == policy)
  }

  @Test func samplesHaveToFitTheSize() {
    #expect(SmallPicture(size: size(2, 2), samples: [UInt8](repeating: 0, count: 11)) == nil)
  }
}
