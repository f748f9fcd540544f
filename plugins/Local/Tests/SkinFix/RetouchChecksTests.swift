// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import Testing

@testable import LocalBackend

/// Postflight of retouches, over a drawn portrait and what a careless service might make of it.
struct RetouchChecksTests {
  private static let portrait = Drawn.portrait(380, 390)
  private static let box = Drawn.faceBox(380, 390)

  private static func small(_ raster: Raster<UInt8>) throws -> SmallPicture {
    try #require(SmallPicture(size: raster.size, samples: raster.samples))
  }

  /// Looked for once; the tests take it from here.
  private static let seen = SmallPicture(size: portrait.size, samples: portrait.samples).flatMap {
    SkinSight(faces: Faces(path: "/nowhere")).map(of: $0, named: [box])
  }

  private static func skin() throws -> SkinMap { try #require(seen) }

  private func judge(_ result: Raster<UInt8>) throws -> [Finding] {
    RetouchChecks().judge(
      try Self.small(result), source: try Self.small(Self.portrait), skin: try Self.skin())
  }

  /// The portrait with each pixel changed where `isWanted` says so of its place and of how much skin it is.
  private func changed(
    where isWanted: (Int, Int, UInt8) -> Bool, _ change: (Int, Int, Int) -> Int
  ) throws -> Raster<UInt8> {
    var picture = Self.portrait
    let skin = try Self.skin()
    for pixel in 0..<picture.size.area {
      let (x, y) = (pixel % picture.width, pixel / picture.width)
      guard isWanted(x, y, skin.skin[pixel]) else { continue }
      for part in 0..<3 { picture.samples[pixel * 3 + part] = UInt8(min(255, max(0, change(x, y, part)))) }
    }
    return picture
  }

  private func level(_ x: Int, _ y: Int, _ part: Int) -> Int {
    let (width, height) = (Self.portrait.width, Self.portrait.height)
    return Int(Self.portrait.samples[(min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)) * 3 + part])
  }

  private func mean(_ x: Int, _ y: Int, _ part: Int, radius: Int) -> Int {
    var sum = 0
    for dy in -radius...radius { for dx in -radius...radius { sum += level(x + dx, y + dy, part) } }
    return sum / ((2 * radius + 1) * (2 * radius + 1))
  }

  @Test(arguments: [0.5, 1]) func ourOwnRetouchPasses(_ strength: Double) throws {
    let done = try SkinRetouch(strength: strength).run(Self.portrait, faces: [Self.box])
    let findings = try judge(done.picture)
    #expect(findings.map(\.rule) == ["change.confined", "tone.kept", "texture.kept", "features.kept"])
    #expect(findings.worst == .pass, "\(findings)")
  }

  @Test func aLittleNoiseAsOfRecompressionPasses() throws {
    let noisy = try changed(where: { _, _, _ in true }) { x, y, part in
      level(x, y, part) + Int(Noise.hash(9, x * 3 + part, y) % 9) - 4
    }
    #expect(try judge(noisy).worst == .pass)
  }

  @Test(arguments: [2, 4]) func skinSmoothedAwayIsFound(_ radius: Int) throws {
    let blurred = try changed(where: { $2 > 60 }) { mean($0, $1, $2, radius: radius) }
    #expect(try judge(blurred).failures.map(\.rule).contains("texture.lost"))
  }

  @Test func aCastOverEverythingIsFound() throws {
    let cast = try changed(where: { _, _, _ in true }) { level($0, $1, $2) + ($2 == 0 ? 8 : 0) }
    #expect(try judge(cast).failures.map(\.rule) == ["change.outside"])
  }

  @Test func aBackgroundThatWasReplacedIsFound() throws {
    let replaced = try changed(where: { x, y, _ in x < 50 && y < 150 }) { _, _, part in [90, 160, 90][part] }
    #expect(try judge(replaced).failures.map(\.rule) == ["change.outside"])
  }

  @Test func anotherToneOfSkinIsFound() throws {
    let pale = try changed(where: { $2 > 20 }) { level($0, $1, $2) + 16 }
    #expect(try judge(pale).failures.map(\.rule).contains("tone.shifted"))
  }

  @Test func eyesThatWereMovedAreFound() throws {
    let box = Self.box
    let rows = (box.y + box.height * 28 / 100)..<(box.y + box.height * 50 / 100)
    let moved = try changed(where: { x, y, _ in rows.contains(y) && x > box.x && x < box.x + box.width }) {
      level($0 + box.width / 20, $1, $2)
    }
    #expect(try judge(moved).failures.map(\.rule).contains("features.changed"))
  }

  @Test func aFaceThatIsTooSmallDecidesNothing() throws {
    let tiny = try Self.small(Drawn.portrait(80, 84))
    let skin = try #require(
      SkinSight(faces: Faces(path: "/nowhere")).map(of: tiny, named: [Drawn.faceBox(80, 84)]))
    #expect(RetouchChecks().judge(tiny, source: tiny, skin: skin).map(\.rule) == ["skin.undecided"])
  }

  @Test func withoutAFaceThereIsNoSkin() throws {
    let wall = try Self.small(Drawn.flat(90, 80))
    #expect(SkinSight(faces: Faces(path: "/nowhere")).map(of: wall, named: []) == nil)
  }
}
