// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolProbe
import ImgtoolTesting
import Testing

/// What an input carries beside its colours: depth, alpha, profile, orientation, inks, frames.
@Suite struct SmartResizeInputTests {
  static let order = ["size": "150x60"]
  static let rect = Placement(of: size(90, 60), in: size(150, 60)).rect

  @Test(arguments: [1, 2, 3, 4], [8, 16])
  func bandsAndDepthAreKept(_ bands: Int, _ bits: Int) async throws {
    let source = SamplePictures.gradient(size(90, 60), bands: bands == 1 ? 2 : bands)
    let picture = bands == 1 ? SamplePicture(source.size, bands: 1) { [source[$0, $1][0]] } : source
    let bytes = picture.png(bits: bits)
    for fill in ["mirror", "blur", "edge", "color=black"] {
      let result = try await SmartResizeTest.result(bytes, ["size": "150x60", "fill": fill])
      let facts = try Probe.facts(of: result)
      #expect(facts.bitsPerSample == bits)
      #expect(facts.hasAlpha == (bands % 2 == 0))
      #expect(facts.channels == bands, "\(fill)")
      let placed = try await SmartResizeTest.samples(result, in: Self.rect)
      #expect(placed.values == picture.samples.map { bits == 16 ? Int($0) * 257 : Int($0) }, "\(fill)")
    }
  }

  @Test func whatIsTransparentStaysTransparentAndDoesNotBleed() async throws {
    // Green that nobody sees beside red that everybody sees.
    let source = SamplePicture(size(40, 40), bands: 4) { x, _ in x < 20 ? [255, 0, 0, 255] : [0, 255, 0, 0] }
    let result = try await SmartResizeTest.result(source.png(), ["size": "80x80", "fill": "edge"])
    let all = try await SmartResizeTest.samples(result)
    let bleeding = (0..<6400).first { all[pixel: $0][3] > 8 && all[pixel: $0][1] > 2 }
    #expect(bleeding == nil)
    #expect(all[pixel: 79][3] == 0)
    #expect(all[pixel: 0] == [255, 0, 0, 255])
  }

  @Test(arguments: [ImageFormat.png, .jpeg, .webp, .tiff, .avif])
  func theColourProfileIsKept(_ format: ImageFormat) async throws {
    let bytes = Self.scene.png(profile: SamplePicture.profile)
    #expect(try Probe.facts(of: bytes).icc?.description == "sample")
    let result = try await SmartResizeTest.result(bytes, Self.order, as: EncodeOptions(format: format))
    let facts = try Probe.facts(of: result)
    #expect(facts.format == format)
    #expect(facts.icc != nil)
    #expect(try await SmartResizeTest.profile(of: result) == SamplePicture.profile)
  }

  static let scene = SamplePictures.scene(size(90, 60))

  @Test(arguments: Orientation.allCases)
  func everyOrientationComesOutUpright(_ orientation: Orientation) async throws {
    let upright = SamplePictures.marked(size(90, 60))
    let stored = upright.turned(by: orientation.inverse)
    #expect(stored.turned(by: orientation) == upright)
    let result = try await SmartResizeTest.result(stored.png(orientation: orientation), Self.order)
    let plain = try await SmartResizeTest.result(upright.png(), Self.order)
    #expect(try Probe.facts(of: result).orientation == .up)
    #expect(try await SmartResizeTest.samples(result) == SmartResizeTest.samples(plain))
  }

  @Test(arguments: [ImageFormat.png, .jpeg, .webp, .tiff, .heif, .avif])
  func everyResultOfATurnedInputSaysItIsUpright(_ format: ImageFormat) async throws {
    let bytes = Self.scene.png(orientation: .right)
    let result = try await SmartResizeTest.result(bytes, ["size": "60x150"], as: EncodeOptions(format: format))
    let facts = try Probe.facts(of: result)
    #expect(facts.orientation == .up)
    #expect(facts.displaySize == size(60, 150))
  }

  @Test(arguments: ["mirror", "blur", "edge", "color=white"])
  func printColoursAreTakenAndShownAsColours(_ fill: String) async throws {
    // All cyan ink on the left, all yellow on the right.
    let tiff = CMYKSample.tiff(90, 60) { x, _ in x < 45 ? [255, 0, 0, 0] : [0, 0, 255, 0] }
    let facts = try Probe.facts(of: tiff)
    #expect(facts.colourModel == .cmyk)
    let result = try await SmartResizeTest.result(tiff, ["size": "150x60", "fill": fill])
    #expect(try Probe.facts(of: result).displaySize == size(150, 60))
    let all = try await SmartResizeTest.samples(result, in: Self.rect)
    #expect(all.bands == 3)
    let (cyan, yellow) = (all[pixel: 0], all[pixel: 89])
    #expect(cyan[2] > cyan[0] && cyan[1] > cyan[0], "\(cyan)")
    #expect(yellow[0] > yellow[2] && yellow[1] > yellow[2], "\(yellow)")
  }

  @Test func printColoursGoIntoAJPEGOfTheRightSize() async throws {
    let tiff = CMYKSample.tiff(90, 60) { x, y in [UInt8(x * 2), UInt8(y * 4), 30, 0] }
    let result = try await SmartResizeTest.result(tiff, Self.order, as: EncodeOptions(format: .jpeg))
    #expect(try Probe.facts(of: result).displaySize == size(150, 60))
    #expect(try await SmartResizeTest.samples(result).values.count >= 150 * 60 * 3)
  }

  @Test(arguments: [ImageFormat.gif, .webp, .png, .tiff])
  func moreThanOneFrameIsRefusedBeforeAnythingIsDone(_ format: ImageFormat) throws {
    let operation = try SmartResizeTest.operation()
    let facts = ImageFacts(format: format, storedSize: size(90, 60), frameCount: 2, fileBytes: ByteCount(100))
    let contract = try operation.contract(for: facts, Parameters(Self.order, for: operation.parameters))
    let findings = Preflight(InputPolicy().merged(with: contract.policy)).judge(facts)
    #expect(findings.failures.map(\.rule) == ["animation.present"])
    #expect(findings.failures.first?.measured == .count(2))
    #expect(findings.failures.first?.allowed == .count(1))
  }

  @Test(arguments: [ImageFormat.svg, .jxl, .jp2, .bmp])
  func formatsWithoutASafeDecoderAreRefused(_ format: ImageFormat) throws {
    let operation = try SmartResizeTest.operation()
    let facts = ImageFacts(format: format, storedSize: size(90, 60), fileBytes: ByteCount(100))
    let contract = try operation.contract(for: facts, Parameters(Self.order, for: operation.parameters))
    #expect(Preflight(contract.policy).judge(facts).failures.map(\.rule) == ["format.refused"])
  }
}

/// Uncompressed CMYK, which no saver here writes (TIFF 6.0 §16).
enum CMYKSample {
  static func tiff(_ width: Int, _ height: Int, _ inks: (Int, Int) -> [UInt8]) -> [UInt8] {
    var pixels: [UInt8] = []
    for y in 0..<height { for x in 0..<width { pixels += inks(x, y) } }
    func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let bitsPlace = 8 + pixels.count
    let directory = bitsPlace + 8
    func entry(_ tag: Int, _ type: Int, _ count: Int, _ value: Int) -> [UInt8] {
      little(tag, 2) + little(type, 2) + little(count, 4) + little(value, 4)
    }
    let entries =
      entry(256, 4, 1, width) + entry(257, 4, 1, height) + entry(258, 3, 4, bitsPlace) + entry(259, 3, 1, 1)
      + entry(262, 3, 1, 5) + entry(273, 4, 1, 8) + entry(277, 3, 1, 4) + entry(278, 4, 1, height)
      + entry(279, 4, 1, pixels.count) + entry(284, 3, 1, 1)
    return Array("II".utf8) + little(42, 2) + little(directory, 4) + pixels
      + [8, 8, 8, 8].flatMap { little($0, 2) } + little(10, 2) + entries + little(0, 4)
  }
}
