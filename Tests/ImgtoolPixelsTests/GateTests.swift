// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolProbe
import ImgtoolTesting
import Testing

@testable import ImgtoolPixels

/// What passes the gate and what does not, at each limit and one below.
@Suite struct GateTests {
  private static let scene = SamplePictures.marked(size(60, 40))

  private func rule(_ file: [UInt8], _ change: (inout DecodeLimits) -> Void) -> String? {
    var limits = DecodeLimits()
    change(&limits)
    do {
      _ = try Gate(limits).admit(.memory(file))
      return nil
    } catch {
      return error.context["rule"]
    }
  }

  @Test func everySampleFormatPasses() async throws {
    for format in [ImageFormat.jpeg, .png, .webp, .tiff, .gif, .avif] {
      let file = try await Self.scene.encoded(EncodeOptions(format: format))
      #expect(rule(file) { _ in } == nil, "\(format)")
    }
  }

  @Test func aFormatThatIsNotOnTheListIsRefusedUnread() async throws {
    // Its header is broken, which nobody finds out.
    let file = Array(try await Self.scene.encoded(EncodeOptions(format: .png)).prefix(20))
    #expect(rule(file) { $0.formats = [.jpeg] } == "format.refused")
  }

  @Test func bytesPixelsAndSidesPassAtTheLimitAndNotAboveIt() throws {
    let file = Self.scene.png()
    #expect(rule(file) { $0.maximumBytes = ByteCount(file.count) } == nil)
    #expect(rule(file) { $0.maximumBytes = ByteCount(file.count - 1) } == "bytes.limit")
    #expect(rule(file) { $0.maximumPixels = 2_400 } == nil)
    #expect(rule(file) { $0.maximumPixels = 2_399 } == "pixels.limit")
    #expect(rule(file) { $0.maximumSide = 60 } == nil)
    #expect(rule(file) { $0.maximumSide = 59 } == "side.limit")
  }

  @Test func framesPassAtTheLimitAndNotAboveIt() {
    let file = HostileFiles.gif(screen: (8, 8), frames: [(0, 0, 8, 8), (0, 0, 8, 8), (0, 0, 8, 8)])
    #expect(rule(file) { $0.maximumFrames = 3 } == nil)
    #expect(rule(file) { $0.maximumFrames = 2 } == "animation.present")
    #expect(rule(file) { $0.maximumPixels = 192 } == nil)
    #expect(rule(file) { $0.maximumPixels = 191 } == "pixels.limit")
  }

  @Test func aFrameLargerThanItsScreenCountsAsLarge() {
    #expect(rule(HostileFiles.gif(screen: (16, 16), frames: [(0, 0, 60_000, 60_000)])) { _ in } == "side.limit")
    let beside = HostileFiles.gif(screen: (16, 16), frames: [(20_000, 20_000, 16, 16)])
    #expect(rule(beside) { _ in } == "pixels.limit")
  }

  @Test func scansPassAtTheLimitAndNotAboveIt() async throws {
    var options = EncodeOptions(format: .jpeg)
    options.isProgressive = true
    let file = try await Self.scene.encoded(options)
    let scans = file.indices.dropLast().count { file[$0] == 0xFF && file[$0 + 1] == 0xDA }
    #expect(scans > 2)
    #expect(rule(file) { $0.maximumScans = scans } == nil)
    #expect(rule(file) { $0.maximumScans = scans - 1 } == "scans.limit")
  }

  @Test(arguments: [1_000, 70_000, 3_000_000])
  func metadataCountsAsItInflates(bytes: Int) {
    let stream = HostileFiles.zeros(bytes)
    #expect(stream.count < bytes / 10 + 200)
    let file = HostileFiles.png(Self.scene, extra: [("zTXt", Array("a\0\0".utf8) + stream)])
    #expect(rule(file) { $0.maximumMetadata = ByteCount(bytes + 64) } == nil)
    #expect(rule(file) { $0.maximumMetadata = ByteCount(bytes + 63) } == "metadata.limit")
  }

  @Test func manySmallTextsAddUp() {
    let text = ("zTXt", Array("a\0\0".utf8) + HostileFiles.zeros(100_000))
    let file = HostileFiles.png(Self.scene, extra: [(String, [UInt8])](repeating: text, count: 100))
    #expect(rule(file) { _ in } == "metadata.limit")
  }

  @Test func aJPEGWhoseDataCannotFillItsSizeIsTruncated() async throws {
    var file = try await Self.scene.encoded(EncodeOptions(format: .jpeg))
    let frame = try #require(file.indices.dropLast().first { file[$0] == 0xFF && file[$0 + 1] == 0xC0 })
    // 9,999 × 9,999 pixels.
    file.replaceSubrange(frame + 5..<frame + 9, with: [0x27, 0x0F, 0x27, 0x0F])
    #expect(rule(file) { _ in } == StructureRule.truncated)
  }

  @Test func whatIsNoRegularFileNeverPasses() throws {
    for path in ["/dev/zero", "/", "/nonexistent"] {
      #expect(throws: ImgtoolError.self) { try Gate().admit(.file(path: path)) }
    }
  }

  @Test func bytesBesideThePictureAreCounted() throws {
    let plain = Self.scene.png()
    #expect(try Gate().look(at: .bytes(plain)).sideBytes.bytes == 0)
    #expect(try Gate().look(at: .bytes(plain + Array("trailer".utf8))).sideBytes.bytes == 7)
    let texted = HostileFiles.png(Self.scene, extra: [("tEXt", Array("Comment\0secret".utf8))])
    #expect(try Gate().look(at: .bytes(texted)).sideBytes.bytes > 0)
  }

  @Test func theRealHeaderIsHeldAgainstTheLimitsToo() async throws {
    let file = Self.scene.png()
    // The facts lie, as those of a file that was changed after it was looked at.
    await expectKind(.limit) {
      try await onPixels { thread in
        var limits = DecodeLimits()
        limits.maximumPixels = 2_399
        let image = AdmittedImage(
          admitted: .bytes(file), keeping: nil, facts(.png, PixelSize(clamping: 1, 1)), limits)
        _ = try Picture(opening: image, on: thread).size
      }
    }
  }
}
