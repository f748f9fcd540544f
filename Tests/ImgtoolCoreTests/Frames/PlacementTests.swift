// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct PlacementTests {
  /// Sources and frames of every magnitude, the same in every run.
  private static let pairs: [(PixelSize, PixelSize)] = {
    var numbers = DrawnNumbers(seed: 3)
    return (0..<400).map { _ in
      (
        PixelSize(clamping: numbers.side(upTo: PixelSize.sideLimit), numbers.side(upTo: PixelSize.sideLimit)),
        PixelSize(clamping: numbers.side(upTo: PixelSize.sideLimit), numbers.side(upTo: PixelSize.sideLimit))
      )
    }
  }()

  @Test(arguments: Gravity.allCases)
  func theSourceLiesInsideTheFrameAndTouchesIt(gravity: Gravity) {
    for (source, frame) in Self.pairs {
      let rect = Placement(of: source, in: frame, gravity: gravity).rect
      #expect(rect.isInside(frame), "\(source) in \(frame)")
      #expect(rect.width == frame.width || rect.height == frame.height, "\(source) in \(frame)")
    }
  }

  @Test func theScaleIsOneFactorToWithinARoundingOfASide() {
    for (source, frame) in Self.pairs {
      let placement = Placement(of: source, in: frame, snap: 0)
      let factor = min(
        Double(frame.width) / Double(source.width), Double(frame.height) / Double(source.height))
      let (width, height) = (Double(source.width) * factor, Double(source.height) * factor)
      #expect(abs(Double(placement.rect.width) - max(1, width)) <= 0.5 + width * 1e-9, "\(source) in \(frame)")
      #expect(abs(Double(placement.rect.height) - max(1, height)) <= 0.5 + height * 1e-9, "\(source) in \(frame)")
    }
  }

  @Test func aSourceOfTheFramesRatioFillsIt() throws {
    let placement = Placement(of: try size("4000x3000"), in: try size("2048x1536"))
    #expect(try placement.rect == PixelRect(x: 0, y: 0, size: size("2048x1536")))
    #expect(!placement.hasMargins)
    #expect(placement.newShare == 0)
    #expect(placement.scale == 0.512)
  }

  @Test func aPhotographInAWideFrameHasMarginsBesideIt() throws {
    let placement = Placement(of: try size("4000x3000"), in: try size("4096x1755"))
    #expect(try placement.rect == PixelRect(x: 878, y: 0, size: size("2340x1755")))
    #expect(placement.hasMargins)
    #expect(abs(placement.newShare - (1 - 2340.0 / 4096)) < 1e-12)
    #expect(placement.scale == 0.585)
  }

  @Test(arguments: [
    (Gravity.centre, 50, 0), (.north, 50, 0), (.south, 50, 0), (.west, 0, 0), (.northWest, 0, 0), (.southWest, 0, 0),
    (.east, 100, 0), (.northEast, 100, 0), (.southEast, 100, 0),
  ])
  func gravityChoosesTheSideInAWideFrame(gravity: Gravity, x: Int, y: Int) throws {
    let wide = Placement(of: try size("100x100"), in: try size("200x100"), gravity: gravity)
    #expect((wide.rect.x, wide.rect.y) == (x, y))
  }

  @Test(arguments: Gravity.allCases)
  func gravityActsOnBothAxesAlike(gravity: Gravity) throws {
    let opposite: [Gravity: Gravity] = [
      .north: .west, .west: .north, .south: .east, .east: .south, .northEast: .southWest, .southWest: .northEast,
    ]
    let tall = Placement(of: try size("100x100"), in: try size("100x200"), gravity: gravity)
    let wide = Placement(of: try size("100x100"), in: try size("200x100"), gravity: opposite[gravity] ?? gravity)
    #expect((tall.rect.x, tall.rect.y) == (wide.rect.y, wide.rect.x))
    #expect(try rewritten(tall) == tall)
  }

  @Test(arguments: [(2044, 2044), (2045, 2048), (2047, 2048), (2048, 2048)])
  func aMarginBelowFourPixelsIsClosed(width: Int, placed: Int) throws {
    let source = PixelSize(clamping: width, 1152)
    #expect(Placement(of: source, in: try size("2048x1152")).rect.width == placed)
    #expect(Placement(of: source.transposed, in: try size("1152x2048")).rect.height == placed)
    #expect(Placement(of: source, in: try size("2048x1152"), snap: 0).rect.width == width)
  }

  @Test func extremeSidesDoNotTrap() {
    let limit = PixelSize.sideLimit
    let sizes = [(1, 1), (limit, limit), (limit, 1), (1, limit), (limit, limit - 1)].map {
      PixelSize(clamping: $0.0, $0.1)
    }
    for source in sizes {
      for frame in sizes {
        let placement = Placement(of: source, in: frame, snap: .max)
        #expect(placement.rect.isInside(frame))
        #expect(placement.scale > 0 && placement.scale.isFinite)
        #expect((0...1).contains(placement.newShare))
      }
    }
  }

  @Test(arguments: [("10000x1", "1024x1024", 0.1024), ("1x10000", "1024x1024", 0.1024), ("4x2", "1024x512", 256.0)])
  func theScaleIsThatOfTheSideThatDecides(source: String, frame: String, scale: Double) throws {
    // A hair-thin source keeps a side of one pixel, which says nothing about the scale.
    #expect(Placement(of: try size(source), in: try size(frame)).scale == scale)
  }

  @Test func closingAMarginLeavesTheScaleAlone() throws {
    #expect(Placement(of: try size("2045x1152"), in: try size("2048x1152")).scale == 1)
  }

  @Test(arguments: [
    ("13x16", "16x16"), ("1x1000", "4x4"), ("100x1", "100x4"), ("4000x1", "1024x4"), ("29x32", "32x32"),
  ])
  func aMarginIsNotClosedWhereThatWouldShow(source: String, frame: String) throws {
    let open = Placement(of: try size(source), in: try size(frame), snap: 0)
    #expect(Placement(of: try size(source), in: try size(frame)) == open)
    #expect(open.hasMargins)
  }

  @Test func closingAMarginStretchesByLessThanAHundredth() {
    for (source, frame) in Self.pairs {
      let (open, closed) = (Placement(of: source, in: frame, snap: 0), Placement(of: source, in: frame))
      let stretch = Double(closed.rect.size.area) / Double(open.rect.size.area)
      #expect((1..<1.0102).contains(stretch), "\(source) in \(frame)")
    }
  }
}
