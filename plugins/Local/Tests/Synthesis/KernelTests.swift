// SPDX-License-Identifier: Apache-2.0
import CKernels
import ImgtoolCore
import Testing

@testable import LocalBackend

struct KernelTests {
  private func noise(_ count: Int, _ seed: UInt64) -> [Float] {
    (0..<count).map { Float(Noise.hash(seed, $0, 0) % 2001) / 100 - 10 }
  }

  @Test(arguments: [(1, 1), (1, 9), (2, 3), (7, 5), (33, 20), (64, 17), (600, 5)])
  func relaxationGivesTheSameBitsOnBothPaths(_ width: Int, _ height: Int) {
    let b = noise(width * height, 4)
    var plain = [Float](repeating: 0, count: b.count)
    var fast = plain
    ck_relax(&plain, b, Int32(width), Int32(height), 0.01, 1.7, 7, CK_BASELINE)
    ck_relax(&fast, b, Int32(width), Int32(height), 0.01, 1.7, 7, ck_best_path())
    #expect(plain.map(\.bitPattern) == fast.map(\.bitPattern))
  }

  @Test(arguments: [1, 7, 8, 33, 127, 128, 129, 300]) func rowsAreEvenedToTheSameBytesOnBothPaths(_ count: Int) {
    let bytes = (0..<count * 3).map { UInt8(truncatingIfNeeded: Noise.hash(11, $0, 0)) }
    func layers(_ seed: UInt64) -> [Float] {
      // Skin from none to all of a pixel; the base of any luma; changes of up to ten levels.
      noise(count * 5, seed).enumerated().map { place, value in
        [max(0, value / 10), 128 + 12 * value, value, value, value][place / count]
      }
    }
    let (upper, lower) = (layers(12), layers(13))
    func evened(_ path: ck_path) -> [UInt8] {
      var pixels = bytes
      ck_even_row(&pixels, Int32(count), upper, lower, count, 0.3, 0.3, 10, path)
      return pixels
    }
    let plain = evened(CK_BASELINE)
    #expect(plain == evened(ck_best_path()))
    for pixel in 0..<count {
      let skin = upper[pixel] + (lower[pixel] - upper[pixel]) * 0.3
      let isSame = plain[(3 * pixel)..<(3 * pixel + 3)] == bytes[(3 * pixel)..<(3 * pixel + 3)]
      if skin <= 1 / 255 { #expect(isSame, "pixel \(pixel) is no skin") }
    }
    if count > 32 { #expect(plain != bytes) }
  }

  @Test(arguments: [1, 5, 16, 100]) func rowsAddUpToTheSameSumsOnBothPaths(_ count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: Noise.hash(14, $0, 0)) }
    var (plain, fast) = (noise(count, 15), noise(count, 15))
    ck_add_row(&plain, bytes, Int32(count), 0.37, CK_BASELINE)
    ck_add_row(&fast, bytes, Int32(count), 0.37, ck_best_path())
    #expect(plain.map(\.bitPattern) == fast.map(\.bitPattern))
    for (sum, (before, byte)) in zip(plain, zip(noise(count, 15), bytes)) {
      let added: Float = sum - before
      #expect(abs(added - 0.37 * Float(byte)) < 1e-4)
    }
  }

  @Test(arguments: [(12, 9), (5, 40), (257, 3), (300, 7)])
  func relaxationSolvesItsEquation(_ width: Int, _ height: Int) {
    let b = noise(width * height, 5)
    let lambda: Float = 0.05
    var e = [Float](repeating: 0, count: b.count)
    ck_relax(&e, b, Int32(width), Int32(height), lambda, 1.5, 400, ck_best_path())
    for y in 0..<height {
      for x in 0..<width {
        let here = e[y * width + x]
        // The border left of column 0 is zero; the others are free.
        var flow = b[y * width + x] - lambda * here + ((x > 0 ? e[y * width + x - 1] : 0) - here)
        if x + 1 < width { flow += e[y * width + x + 1] - here }
        if y > 0 { flow += e[(y - 1) * width + x] - here }
        if y + 1 < height { flow += e[(y + 1) * width + x] - here }
        #expect(abs(flow) < 1e-3)
      }
    }
  }

  @Test func theCheapestPatchIsFoundWhereverItLies() throws {
    let source = Drawn.raster(40, 30) { x, y in
      let value = Int(Noise.hash(9, x, y) % 200) + 20
      return (value, 255 - value, value / 2 + 30)
    }
    let plan = try #require(
      SidePlan(side: .right, source: source.size, margin: 10, frame: .init(clamping: 50, 30), workingArea: 1e6))
    let level = plan.full
    let canvas = LevelCanvas(level, SourcePyramid(source, for: [plan]), .right)
    // The target's margin repeats columns 5…14 of the source, so patch (t, y) must be found at x = 5 − 7 + t.
    for y in 0..<30 {
      for x in 0..<10 {
        let from = canvas.source.texels.cells + y * canvas.source.stride + (5 + x) * 4
        (canvas.target.cells + (y * canvas.targetWidth + level.context + x) * 4).update(from: from, count: 4)
      }
    }
    for path in [CK_BASELINE, ck_best_path()] {
      let map = PatchMap(level)
      map.startAtBorder()
      let penalty = SourcePenalty(level, side: .right, subjects: nil, weights: .usual, shift: 0, reach: .max, seed: 0)
      penalty.current.fill(with: 0)
      penalty.drift.fill(with: 0)
      penalty.near.fill(with: 0)
      withUnsafePointer(to: canvas.field(penalty, path)) { field in
        withUnsafePointer(to: map.kernel) { ck_exhaust(field, $0, 0, Int32(map.rows)) }
      }
      for y in 0..<map.rows {
        for x in 7..<10 {
          #expect(map.x[x, y] == Int32(5 - 7 + x) && map.y[x, y] == Int32(y))
          #expect(map.cost[x, y] == 0)
        }
      }
    }
  }
}
