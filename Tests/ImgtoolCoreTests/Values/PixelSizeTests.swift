// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct PixelSizeTests {
  @Test(arguments: ["4000x3000", "4000X3000", "4000×3000"])
  func threeSignsSeparateTheSides(text: String) {
    #expect(PixelSize(text) == PixelSize(width: 4000, height: 3000))
  }

  @Test(arguments: [
    "", "x", "4000", "4000x", "x3000", "4000x3000x1", "-4x3", "+4x3", "4 x 3", " 4x3", "4.0x3", "0x3", "3x0",
    "2147483648x1", "1x2147483648", "9999999999999999999999x1", "４x３", "4xx3", "4*3", "0x0",
  ])
  func anythingElseIsNoSize(text: String) {
    #expect(PixelSize(text) == nil)
  }

  @Test(arguments: [(1, 1), (PixelSize.sideLimit, 1), (PixelSize.sideLimit, PixelSize.sideLimit), (65535, 65535)])
  func sidesUpToTheLimitAreTaken(width: Int, height: Int) throws {
    let size = try #require(PixelSize(width: width, height: height))
    #expect(size.area == width * height)
    #expect(size.longSide == max(width, height))
    #expect(size.shortSide == min(width, height))
    #expect(size.transposed == PixelSize(width: height, height: width))
    #expect(size.transposed.transposed == size)
    #expect(try rewritten(size) == size)
    #expect(PixelSize(size.description) == size)
  }

  @Test(arguments: [(0, 1), (1, 0), (-1, 5), (PixelSize.sideLimit + 1, 1), (Int.max, Int.max), (Int.min, Int.min)])
  func sidesBeyondTheLimitsAreRefused(width: Int, height: Int) {
    #expect(PixelSize(width: width, height: height) == nil)
    #expect(throws: (any Error).self) { try read(PixelSize.self, #"{"width": \#(width), "height": \#(height)}"#) }
  }

  @Test(arguments: [(0, -3), (Int.min, Int.max), (PixelSize.sideLimit + 1, 7)])
  func clampingBringsEverySideIntoRange(width: Int, height: Int) {
    let size = PixelSize(clamping: width, height)
    #expect(PixelSize(width: size.width, height: size.height) == size)
  }

  @Test(arguments: ["", "-1", "+1", " 1", "1 ", "1_000", "0x10", "１", "1234567890123456789", "1e3"])
  func strictNumbersAreDigitsAlone(text: String) {
    #expect(Int(strict: text) == nil)
  }

  @Test func eighteenDigitsAreTheMostAStrictNumberHas() {
    #expect(Int(strict: "999999999999999999") == 999_999_999_999_999_999)
    #expect(Int(strict: "007") == 7)
  }
}

struct PixelRectTests {
  @Test func aRectIsInsideOnlyWithItsLastPixel() throws {
    let frame = try size("10x8")
    #expect(PixelRect(x: 0, y: 0, size: frame).isInside(frame))
    #expect(PixelRect(x: 3, y: 2, size: try size("7x6")).isInside(frame))
    #expect(!PixelRect(x: 4, y: 2, size: try size("7x6")).isInside(frame))
    #expect(!PixelRect(x: 3, y: 3, size: try size("7x6")).isInside(frame))
    #expect(!PixelRect(x: -1, y: 0, size: try size("1x1")).isInside(frame))
    #expect(!PixelRect(x: 0, y: -1, size: try size("1x1")).isInside(frame))
    #expect(!PixelRect(x: 0, y: 0, size: try size("11x1")).isInside(frame))
  }

  @Test(arguments: [Int.max, Int.min])
  func anExtremeOriginIsOutsideAndNoTrap(origin: Int) throws {
    let frame = PixelSize(clamping: .max, .max)
    let rect = PixelRect(x: origin, y: origin, size: frame)
    #expect(!rect.isInside(frame))
    #expect((rect.width, rect.height) == (frame.width, frame.height))
    #expect(try rewritten(rect) == rect)
  }
}
