// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import LocalBackend

struct GravityTests {
  private let source = PixelSize(clamping: 60, 40)
  private let frame = PixelSize(clamping: 101, 60)

  @Test(arguments: [
    (Gravity.centre, 20, 10), (.north, 20, 0), (.northEast, 41, 0), (.east, 41, 10), (.southEast, 41, 20),
    (.south, 20, 20), (.southWest, 0, 20), (.west, 0, 10), (.northWest, 0, 0), (.auto, 20, 10),
  ]) func eachGravityHasItsPlace(_ gravity: Gravity, _ x: Int, _ y: Int) throws {
    #expect(try gravity.place(source, in: frame) == PixelRect(x: x, y: y, size: source))
  }

  @Test(arguments: Side.allCases) func autoPutsACutObjectToTheEdge(_ side: Side) throws {
    // A dark block that touches one side only.
    let picture = Drawn.raster(80, 60) { x, y in
      let depth: Int
      switch side {
      case .left: depth = x
      case .right: depth = 79 - x
      case .top: depth = y
      case .bottom: depth = 59 - y
      }
      let along = side.isVertical ? abs(x - 40) : abs(y - 30)
      return depth < 25 && along < 26 ? (20, 20, 60) : (200, 210, 180)
    }
    let study = SubjectStudy(source: picture)
    let place = try Gravity.auto.place(picture.size, in: PixelSize(clamping: 160, 120), study: study)
    #expect(side.margin(of: place, in: PixelSize(clamping: 160, 120)) == 0)
    #expect(study.cutRisk[side] ?? 0 > 0.5)
    #expect(study.cutRisk[side.opposite] ?? 1 < 0.2)
  }

  @Test func aFaceAtTheBorderIsACutObject() {
    let picture = Drawn.flat(100, 80)
    let face = PixelRect(x: 1, y: 30, size: PixelSize(clamping: 20, 20))
    let study = SubjectStudy(source: picture, faces: [face])
    #expect(study.cutRisk[.left] ?? 0 >= 0.9)
    #expect(study.cutRisk[.bottom] ?? 0 >= 0.6)
    #expect(study.cutRisk[.right] ?? 1 < 0.1)
    #expect(study.hasFaces)
  }

  @Test func aSourceLargerThanTheFrameIsRefused() {
    #expect(throws: ImgtoolError.self) { try Gravity.centre.place(frame, in: source) }
  }

  @Test func facesAreForbidden() throws {
    let face = PixelRect(x: 40, y: 30, size: PixelSize(clamping: 20, 20))
    let study = SubjectStudy(source: Drawn.flat(100, 80), faces: [face])
    let map = try #require(study.subjects[.left])
    #expect(map.strongest(x: (0.45, 0.5), y: (0.45, 0.5), seenFrom: .right).forbidden)
    #expect(!map.strongest(x: (0.0, 0.1), y: (0.0, 0.1), seenFrom: .right).forbidden)
    // The same place seen from the left: canonical x runs from the right side to the left.
    #expect(map.strongest(x: (0.5, 0.55), y: (0.45, 0.5), seenFrom: .left).forbidden)
  }
}
