// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolProbe
import ImgtoolTesting
import LocalBackend
import Testing

/// What a portrait carries beside its colours: depth, profile, orientation.
@Suite struct SkinFixInputTests {
  private static let portrait = SkinFixConformanceTests.portrait

  private func outcome(_ bytes: [UInt8], face: String = "20,20,120,120") async throws -> OperationOutcome {
    let operation = try #require(
      LocalBackend.operations(pool: SmartResizeTest.pool).first { $0.name == "local.skin-fix" })
    let input = PreparedImage(bytes: .memory(bytes), facts: try Probe.facts(of: bytes), isOriginal: true)
    return try await operation.perform(
      input, try Parameters(["strength": "0.8", "face": face], for: operation.parameters),
      in: OperationContext(encoding: EncodeOptions(format: .png, compression: 1), scratch: "/nowhere"))
  }

  private func fixed(_ bytes: [UInt8], face: String = "20,20,120,120") async throws -> [UInt8] {
    guard case .memory(let result) = try #require(try await outcome(bytes, face: face).images.first).bytes else {
      return bytes
    }
    return result
  }

  @Test func theFacesThatWereWorkedOnAreNamed() async throws {
    let done = try await outcome(Self.portrait.png())
    #expect(done.faces == [PixelRect(x: 20, y: 20, size: PixelSize(clamping: 120, 120))])
  }

  @Test func greyIsReturnedAsItIsAndSaidToHaveNoSkin() async throws {
    let grey = SamplePicture(PixelSize(clamping: 160, 160), bands: 1) { x, y in [Self.portrait[x, y][1]] }.png()
    let done = try await outcome(grey)
    #expect(done.findings.map(\.rule) == ["skin.none"] && done.faces.isEmpty)
    guard case .memory(let bytes) = try #require(done.images.first).bytes else { return }
    #expect(bytes == grey)
  }

  @Test func sixteenBitsStaySixteenAndChangeAsEightDo() async throws {
    let (deep, plain) = (try await fixed(Self.portrait.png(bits: 16)), try await fixed(Self.portrait.png()))
    #expect(try Probe.facts(of: deep).bitsPerSample == 16)
    let (sixteen, eight) = (try await SmartResizeTest.samples(deep), try await SmartResizeTest.samples(plain))
    #expect(sixteen.values == eight.values.map { $0 * 257 })
    #expect(eight.values != Self.portrait.samples.map { Int($0) })
    // The wall behind is what it was, to the last bit.
    #expect(sixteen[pixel: 0] == [90 * 257, 120 * 257, 150 * 257])
  }

  @Test func theColourProfileStaysAndThePixelsAreEditedInIt() async throws {
    let tagged = try await fixed(Self.portrait.png(profile: SamplePicture.profile))
    #expect(try await SmartResizeTest.profile(of: tagged) == SamplePicture.profile)
    let plain = try await fixed(Self.portrait.png())
    #expect(try await SmartResizeTest.samples(tagged) == SmartResizeTest.samples(plain))
  }

  @Test(arguments: Orientation.allCases)
  func everyOrientationIsRetouchedUpright(_ orientation: Orientation) async throws {
    // The head is high, so that a face box meant for stored pixels would meet the wall.
    let upright = SamplePicture(PixelSize(clamping: 160, 240)) { x, y in
      y < 160 ? Self.portrait[x, y] : [90, 120, 150]
    }
    let stored = upright.turned(by: orientation.inverse)
    let result = try await fixed(stored.png(orientation: orientation))
    let plain = try await fixed(upright.png())
    #expect(try Probe.facts(of: result).orientation == .up)
    #expect(try await SmartResizeTest.samples(result) == SmartResizeTest.samples(plain))
    #expect(try await SmartResizeTest.samples(result).values != upright.samples.map { Int($0) })
  }
}
