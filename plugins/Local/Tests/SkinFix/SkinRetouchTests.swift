// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import LocalBackend

struct SkinRetouchTests {
  private let portrait = Drawn.portrait(150, 160)
  private let face = Drawn.faceBox(150, 160)

  @Test func noFaceLeavesThePictureUntouched() throws {
    let done = try SkinRetouch(strength: 1).run(portrait, faces: [])
    #expect(done.picture == portrait)
    #expect(!done.hasFoundSkin)
  }

  @Test func aBoxWithoutSkinLeavesThePictureUntouched() throws {
    let wall = Drawn.raster(120, 100) { x, y in (60, 90 + Int(Noise.hash(1, x, y) % 9), 160) }
    let box = PixelRect(x: 30, y: 20, size: PixelSize(clamping: 50, 50))
    let done = try SkinRetouch(strength: 1).run(wall, faces: [box])
    // A plain wall has one colour like skin has; whatever is found, what is not in the mask stays.
    for face in done.faces { #expect(face.skinShare > 0) }
    let mask = done.mask(longSide: 1000)
    for i in 0..<wall.size.area where mask.samples[i] == 0 {
      #expect(done.picture.samples[i * 3] == wall.samples[i * 3])
    }
  }

  @Test func strengthZeroChangesNothing() throws {
    let done = try SkinRetouch(strength: 0).run(portrait, faces: [face])
    #expect(done.picture == portrait)
    #expect(done.hasFoundSkin)
    #expect(done.changedShare == 0)
  }

  @Test func everythingOffTheMaskKeepsItsBytes() throws {
    let done = try SkinRetouch(strength: 1).run(portrait, faces: [face])
    let area = try #require(done.faces.first).area
    var changed = 0
    for y in 0..<portrait.height {
      for x in 0..<portrait.width {
        let i = (y * portrait.width + x) * 3
        if portrait.samples[i..<(i + 3)].elementsEqual(done.picture.samples[i..<(i + 3)]) { continue }
        changed += 1
        #expect(x >= area.x && x < area.x + area.width && y >= area.y && y < area.y + area.height)
        // The wall is blue; skin is not.
        #expect(portrait.samples[i] > portrait.samples[i + 2], "changed a pixel of the wall at \(x),\(y)")
      }
    }
    #expect(changed > 200)
    #expect(abs(done.changedShare - Double(changed) / Double(portrait.size.area)) < 1e-9)
  }

  @Test func moreStrengthSmoothsMore() throws {
    func roughness(_ strength: Double) throws -> Double {
      let picture = try SkinRetouch(strength: strength).run(portrait, faces: [face]).picture
      var sum = 0.0
      // The cheeks, well inside the mask.
      for y in 88..<98 {
        for x in 62..<88 {
          let i = (y * picture.width + x) * 3
          sum += abs(Double(picture.samples[i]) - Double(picture.samples[i + 3]))
        }
      }
      return sum
    }
    let steps = try [0, 0.3, 0.6, 1].map(roughness)
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 >= $1 * 0.99 }, "\(steps)")
    #expect(steps[3] < 0.9 * steps[0])
    // Texture is kept, not wiped away.
    #expect(steps[3] > 0.4 * steps[0])
  }

  @Test func spotsAreCovered() throws {
    let spots = [(0.3, 0.62), (0.7, 0.6), (0.5, 0.2)]
    let large = Drawn.portrait(270, 280, spots: spots)
    let box = Drawn.faceBox(270, 280)
    let done = try SkinRetouch(strength: 0.5).run(large, faces: [box])
    #expect(done.faces.first?.healedSpots ?? 0 >= 2)
    func redness(_ picture: Raster<UInt8>, _ spot: (Double, Double)) -> Int {
      let x = box.x + Int(spot.0 * Double(box.width))
      let y = box.y + Int(spot.1 * Double(box.height))
      let i = (y * picture.width + x) * 3
      return Int(picture.samples[i]) - Int(picture.samples[i + 1])
    }
    let better = spots.filter { redness(done.picture, $0) < redness(large, $0) - 12 }
    #expect(better.count >= 2)
    var kept = SkinRetouch(strength: 0.5)
    kept.heals = false
    #expect(try kept.run(large, faces: [box]).faces.first?.healedSpots == 0)
  }

  @Test func aWallOfTheSkinsColourBesideTheFaceIsLeftAlone() throws {
    // A board that touches neither face nor neck, and a blue gap between them.
    let (width, height) = (300, 310)
    let box = Drawn.faceBox(width, height)
    let plain = Drawn.portrait(width, height)
    let cheek = ((box.y + box.height * 6 / 10) * width + box.x + box.width / 4) * 3
    let skin = plain.samples[cheek..<(cheek + 3)].map { Int($0) }
    var picture = plain
    let board = (box.x - box.width / 4)..<(box.x - box.width / 10)
    for y in 0..<height {
      for x in board {
        for (band, level) in skin.enumerated() {
          let noise = Int(Noise.hash(31, x / 3, y / 3) % 9) - 4
          picture.samples[(y * width + x) * 3 + band] = UInt8(level + noise)
        }
      }
    }
    let done = try SkinRetouch(strength: 1).run(picture, faces: [box])
    #expect(done.changedShare > 0.02)
    for y in 0..<height {
      for x in board.dropFirst(3).dropLast(3) {
        let i = (y * width + x) * 3
        #expect(picture.samples[i..<(i + 3)] == done.picture.samples[i..<(i + 3)], "changed the board at \(x),\(y)")
      }
    }
  }

  @Test func aPictureWithoutColoursHasNoSkinToTell() throws {
    var grey = portrait
    for i in stride(from: 0, to: grey.samples.count, by: 3) {
      grey.samples[i] = grey.samples[i + 1]
      grey.samples[i + 2] = grey.samples[i + 1]
    }
    let done = try SkinRetouch(strength: 1).run(grey, faces: [face])
    #expect(done.picture == grey && !done.hasFoundSkin)
  }

  @Test func aFaceAtTheBorderIsCutNotRefused() throws {
    let box = PixelRect(x: face.x, y: face.y, size: face.size)
    let right = portrait.cropped(PixelRect(x: 0, y: 0, size: PixelSize(clamping: box.x + box.width - 8, 160)))
    let done = try SkinRetouch(strength: 0.5).run(right, faces: [box])
    #expect(done.picture.size == right.size)
  }

  @Test(arguments: [(0, 0), (0, 1), (140, 150), (149, 159)]) func tinyAndOutlyingBoxesDoNoHarm(_ x: Int, _ y: Int)
    throws
  {
    for side in [1, 5, 11, 40] {
      let box = PixelRect(x: x, y: y, size: PixelSize(clamping: side, side))
      #expect(try SkinRetouch(strength: 1).run(portrait, faces: [box]).picture.size == portrait.size)
    }
  }

  @Test(arguments: [-0.1, 1.01, .nan]) func aStrengthOutsideItsRangeIsRefused(_ strength: Double) {
    #expect(throws: ImgtoolError.self) { try SkinRetouch(strength: strength).run(portrait, faces: [face]) }
  }

  @Test func withdrawnWorkStops() {
    #expect {
      try SkinRetouch(strength: 1).run(portrait, faces: [face], workers: Workers(isCancelled: { true }))
    } throws: {
      ($0 as? ImgtoolError)?.kind == .cancelled
    }
  }

  @Test func oneThreadAndTwoGiveTheSameBytes() throws {
    let one = try SkinRetouch(strength: 0.7).run(portrait, faces: [face])
    let two = try SkinRetouch(strength: 0.7).run(portrait, faces: [face], workers: .two)
    #expect(one.picture == two.picture)
  }

  @Test func handsHaveTheFacesColour() throws {
    // A portrait with a patch of the same skin in a corner.
    var picture = portrait
    for y in 0..<20 {
      for x in 0..<30 {
        for band in 0..<3 {
          picture.samples[(y * 150 + x) * 3 + band] = portrait.samples[((y + 80) * 150 + 62 + x % 25) * 3 + band]
        }
      }
    }
    let map = try #require(SkinArea.map(of: picture, faces: [face]))
    #expect(map.strongest(x: (0.05, 0.1), y: (0.03, 0.06), seenFrom: .right).forbidden)
    #expect(!map.strongest(x: (0.8, 0.9), y: (0.03, 0.06), seenFrom: .right).forbidden)
    #expect(SkinArea.map(of: picture, faces: []) == nil)
  }
}
