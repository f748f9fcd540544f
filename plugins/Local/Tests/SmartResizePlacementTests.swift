// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolProbe
import ImgtoolTesting
import Testing

/// Where the source lies in the result, and what is around it.
@Suite struct SmartResizePlacementTests {
  static let source = SamplePictures.marked(size(90, 60))

  @Test(arguments: [
    (["aspect_ratio": "21:9", "resolution": "1K"], size(1024, 439)),
    (["aspect_ratio": "9:16", "resolution": "1K"], size(576, 1024)),
    (["aspect_ratio": "1:1", "resolution": "2K"], size(2048, 2048)),
    (["aspect_ratio": "2.35:1", "resolution": "1k"], size(1024, 436)),
    (["size": "7x500"], size(7, 500)), (["size": "1x1"], size(1, 1)), (["size": "90x60"], size(90, 60)),
  ])
  func theResultHasExactlyTheSizeOrdered(_ order: ([String: String], PixelSize)) async throws {
    let result = try await SmartResizeTest.result(Self.source.png(), order.0.merging(["fill": "mirror"]) { $1 })
    #expect(try Probe.facts(of: result).displaySize == order.1)
  }

  @Test(arguments: ["mirror", "blur", "edge", "color=white", "color=#102030"], [(220, 100), (50, 200), (301, 299)])
  func theWholeSourceIsThereScaledByOneFactor(_ fill: String, _ sides: (Int, Int)) async throws {
    let frame = size(sides.0, sides.1)
    let bytes = Self.source.png()
    let result = try await SmartResizeTest.result(bytes, ["size": "\(sides.0)x\(sides.1)", "fill": fill])
    let rect = Placement(of: Self.source.size, in: frame).rect
    let placed = try await SmartResizeTest.samples(result, in: rect)
    let scaled = try await SmartResizeTest.samples(SmartResizeTest.scaled(bytes, to: rect.size))
    #expect(placed.difference(from: scaled) == 0)
  }

  @Test(arguments: Gravity.allCases.filter { $0 != .auto })
  func gravityMovesTheSourceAndNothingElse(_ gravity: Gravity) async throws {
    let bytes = Self.source.png()
    for frame in [size(200, 60), size(90, 200)] {
      let result = try await SmartResizeTest.result(
        bytes, ["size": "\(frame.width)x\(frame.height)", "gravity": gravity.rawValue, "fill": "color=#010203"])
      let rect = Placement(of: Self.source.size, in: frame, gravity: gravity).rect
      let all = try await SmartResizeTest.samples(result)
      let wrong = (0..<frame.area).first { index in
        let (x, y) = (index % frame.width - rect.x, index / frame.width - rect.y)
        let isInside = (0..<rect.width).contains(x) && (0..<rect.height).contains(y)
        return all[pixel: index] != (isInside ? Self.source[x, y].map { Int($0) } : [1, 2, 3])
      }
      #expect(wrong == nil, "\(gravity) in \(frame)")
    }
  }

  @Test func theEdgeFillDrawsTheOutermostPixelsOut() async throws {
    let result = try await SmartResizeTest.result(Self.source.png(), ["size": "190x60", "fill": "edge"])
    let all = try await SmartResizeTest.samples(result)
    for y in 0..<60 {
      for x in [0, 20, 49] { #expect(all[pixel: y * 190 + x] == Self.source[0, y].map { Int($0) }) }
      for x in [140, 189] { #expect(all[pixel: y * 190 + x] == Self.source[89, y].map { Int($0) }) }
    }
  }

  @Test(arguments: ["mirror", "blur"])
  func softFillsContinueTheColoursOfThePicture(_ fill: String) async throws {
    let plain = SamplePictures.plain(size(40, 40), [200, 120, 40])
    let result = try await SmartResizeTest.result(plain.png(), ["size": "160x40", "fill": fill])
    let all = try await SmartResizeTest.samples(result)
    #expect(
      (0..<160 * 40).allSatisfy { pixel in zip(all[pixel: pixel], [200, 120, 40]).allSatisfy { abs($0 - $1) <= 1 } })
  }

  @Test func aMirrorMeetsTheSourceWithoutAnEdge() async throws {
    let source = SamplePictures.gradient(size(80, 60))
    let result = try await SmartResizeTest.result(source.png(), ["size": "200x60", "fill": "mirror"])
    let all = try await SmartResizeTest.samples(result)
    for y in 0..<60 {
      for pair in [(59, 60), (139, 140)] {
        let (outside, inside) = (all[pixel: y * 200 + pair.0], all[pixel: y * 200 + pair.1])
        #expect(zip(outside, inside).allSatisfy { abs($0 - $1) <= 6 }, "row \(y)")
      }
    }
  }

  @Test func theReportTellsFillAndGravity() async throws {
    let operation = try SmartResizeTest.operation()
    let bytes = Self.source.png()
    let input = PreparedImage(bytes: .memory(bytes), facts: try Probe.facts(of: bytes), isOriginal: true)
    let parameters = try Parameters(["size": "50x50", "fill": "edge", "gravity": "west"], for: operation.parameters)
    let outcome = try await operation.perform(
      input, parameters, in: OperationContext(encoding: EncodeOptions(format: .png), scratch: "/nowhere"))
    #expect(outcome.details["fill"] == "edge")
    #expect(outcome.details["gravity"] == "west")
    #expect(outcome.cost == .zero)
  }
}
