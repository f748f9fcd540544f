// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import LocalBackend

struct BlurTests {
  @Test(arguments: [(1, 1, 1), (5, 4, 1), (17, 9, 2), (17, 9, 3), (30, 40, 10), (3, 50, 6)])
  func theLargestValueAroundIsFound(_ width: Int, _ height: Int, _ radius: Int) {
    let plane = Plane(width: width, height: height, filledWith: 0)
    for i in 0..<plane.count { plane[i] = Float(Noise.hash(21, i, 0) % 1000) - 500 }
    let found = plane.largest(radius)
    for y in 0..<height {
      for x in 0..<width {
        var wanted = -Float.infinity
        for v in max(0, y - radius)...min(height - 1, y + radius) {
          for u in max(0, x - radius)...min(width - 1, x + radius) { wanted = max(wanted, plane[u, v]) }
        }
        #expect(found[x, y] == wanted)
      }
    }
  }

  @Test func theExtentHoldsAllThatIsAboveZero() {
    let plane = Plane(width: 9, height: 7, filledWith: 0)
    #expect(plane.extent.rows.isEmpty && plane.extent.columns.isEmpty)
    plane[3, 2] = 0.1
    plane[6, 4] = 1
    #expect(plane.extent.rows == 2..<5 && plane.extent.columns == 3..<7)
  }
}
