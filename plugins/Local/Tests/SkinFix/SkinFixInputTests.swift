// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolTesting
import LocalBackend
import Testing

/// What a portrait carries beside its colours: depth, profile, orientation.
@Suite struct SkinFixInputTests {
  private static let portrait = SkinFixConformanceTests.portrait

  private func outcome(
    _ bytes: [UInt8], face: String = "20,20,120,120", as encoding: EncodeOptions = EncodeOptions(format: .png)
  ) async throws -> OperationOutcome {
    let operation = try #require(
      LocalBackend.operations(pool: SmartResizeTest.pool).first { $0.name == "local.skin-fix" })
    let input = PreparedImage(bytes: .memory(bytes), facts: try Probe.facts(of: bytes), isOriginal: true)
    return try await operation.perform(
      input, try Parameters(["strength": "0.8", "face": face], for: operation.parameters),
      in: OperationContext(encoding: encoding, scratch: "/nowhere"))
  }

  private func fixed(
    _ bytes: [UInt8], face: String = "20,20,120,120", as encoding: EncodeOptions = EncodeOptions(format: .png)
  ) async throws -> [UInt8] {
    let done = try await outcome(bytes, face: face, as: encoding)
    guard case .memory(let result) = try #require(done.images.first).bytes else {
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

  /// The wall meets itself again: quantised by the same tables, in the same blocks.
  @Test(arguments: [EncodeOptions.Subsampling.on, .off], [60, 92])
  func aJPEGIsWrittenAsItWasSoThatTheRestOfItStays(
    subsampling: EncodeOptions.Subsampling, quality: Int
  ) async throws {
    let wall = SamplePicture(PixelSize(clamping: 320, 160)) { x, y in
      x < 160 ? Self.portrait[x, y] : [90, 110, 150].map { $0 + UInt8((x * 7 + y * 3) % 32) }
    }
    let source = EncodeOptions(format: .jpeg, quality: quality, subsampling: subsampling)
    let plain = wall.png()
    let jpeg = try await SmartResizeTest.pool.pool().run(cost: ByteCount(0)) { thread in
      try Picture(opening: .memory(plain), facts: Probe.facts(of: plain), on: thread).encoded(source)
    }
    let result = try await fixed(jpeg, as: EncodeOptions(format: .jpeg))
    #expect(try JPEGFrame(of: result) == JPEGFrame(of: jpeg))
    let (before, after) = (try await SmartResizeTest.samples(jpeg), try await SmartResizeTest.samples(result))
    let far = before.values.indices.filter { $0 / 3 % 320 >= 200 }
    let changes = far.map { abs(before.values[$0] - after.values[$0]) }
    #expect(before.values != after.values)
    #expect(Double(changes.reduce(0, +)) / Double(changes.count) < 0.5)
    let coarse = try await fixed(jpeg, as: EncodeOptions(format: .jpeg, quality: 20))
    #expect(coarse.count < result.count)
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
