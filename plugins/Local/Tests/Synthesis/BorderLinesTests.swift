// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import LocalBackend

struct BorderLinesTests {
  private func lines(_ source: Raster<UInt8>, _ side: Side = .right) -> [BorderLines.Line] {
    BorderLines(of: TexelPlane(source, seenFrom: side)).lines
  }

  @Test(arguments: [-1.4, -1, -0.4, 0.3, 0.8, 1.4])
  func anEdgeIsFoundWhereItLeavesThePicture(_ slope: Double) throws {
    let place = slope < 0 ? 20.0 : 80
    let found = lines(Drawn.edge(150, 100, place: place, slope: slope))
    let line = try #require(found.first)
    #expect(found.count == 1)
    #expect(abs(line.place * 100 - place) < 2)
    #expect(abs(line.slope - slope) < 0.12)
    #expect(line.depth > 0.15 && line.depth <= 1)
  }

  @Test(arguments: Side.allCases) func everySideSeesItsOwnEdges(_ side: Side) {
    let source = Drawn.edge(150, 100, place: 60, slope: 0.9)
    // The edge goes from the right border at 60 to the left one, at a row above the picture.
    #expect(lines(source, side).isEmpty == (side != .right && side != .top))
  }

  @Test(arguments: [0, 0.05]) func whatLeavesStraightOutNeedsNoHelp(_ slope: Double) {
    #expect(lines(Drawn.edge(150, 100, place: 40, slope: slope)).isEmpty)
  }

  @Test(arguments: [-2.4, 2.2]) func whatRunsAlongTheBorderIsNoLine(_ slope: Double) {
    #expect(lines(Drawn.edge(150, 100, place: slope < 0 ? 20 : 80, slope: slope)).isEmpty)
  }

  @Test func noiseAndFlatGroundsAndGentleSlopesAreNoLines() {
    let noise = Drawn.raster(150, 100) { x, y in
      let level = Int(Noise.hash(4, x, y) % 60)
      return (level, level, level)
    }
    let soft = Drawn.raster(150, 100) { x, y in
      let level = 40 + max(0, min(180, (y - x / 2) * 6))
      return (level, level, level)
    }
    for source in [noise, soft, Drawn.flat(150, 100), Drawn.flat(30, 24), Drawn.flat(8, 8)] {
      #expect(lines(source).isEmpty)
    }
  }

  /// Of an edge of slope `slope`, completed over 50 columns: how many rows it is off where it strays most.
  private func straying(_ slope: Double, _ options: Completion.Options = .init()) throws -> Double {
    let place = slope < 0 ? 55.0 : 25
    let source = Drawn.edge(110, 84, place: place, slope: slope)
    let frame = PixelSize(clamping: 150, 84)
    let done = try Completion(
      source: source, frame: frame, placement: PixelRect(x: 0, y: 0, size: source.size), options: options
    ).run().picture
    var worst = 0.0
    for x in 112..<148 {
      let wanted = place + slope * Double(x - 109)
      guard wanted > 6, wanted < 78 else { continue }
      // Rows of the bright ground, which lies below.
      let bright = (0..<84).count { done.samples[($0 * 150 + x) * 3] > 125 }
      worst = max(worst, abs(84 - Double(bright) - wanted))
    }
    return worst
  }

  @Test(arguments: [-1.2, -0.7, 0.4, 0.9]) func anEdgeGoesOnStraight(_ slope: Double) throws {
    var options = Completion.Options()
    options.rounds = 4
    #expect(try straying(slope, options) < 4)
  }

  @Test func edgesGoOnTheSameOnBothPathsAndOnTwoThreads() throws {
    let source = Drawn.edge(72, 48, place: 30, slope: 0.6)
    func picture(baseline: Bool, _ workers: Workers) throws -> Raster<UInt8> {
      var options = Completion.Options()
      options.rounds = 2
      options.usesBaselinePath = baseline
      return try Completion(
        source: source, frame: PixelSize(clamping: 112, 48), placement: PixelRect(x: 20, y: 0, size: source.size),
        options: options
      ).run(workers: workers).picture
    }
    #expect(!lines(source).isEmpty)
    let plain = try picture(baseline: true, Workers())
    #expect(try picture(baseline: false, Workers()) == plain)
    #expect(try picture(baseline: false, .two) == plain)
  }
}
