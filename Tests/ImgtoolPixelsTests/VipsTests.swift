// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import Testing

@Suite struct VipsTests {
  @Test func theVersionHasThreeParts() throws {
    let parts = try Vips.version().split(separator: ".").compactMap { Int($0) }
    #expect(parts.count == 3 && parts[0] == 8 && parts[1] >= 13)
  }

  @Test func oneThreadAndNoCache() throws {
    let settings = try Vips.settings()
    #expect(settings.threads == 1)
    #expect(settings.cachedOperations == 0 && settings.cachedBytes == 0 && settings.cachedFiles == 0)
  }

  @Test(arguments: ["csvload_source", "ppmload_source", "radload_source", "pdfload_source", "fitsload_source"])
  func loadersNobodyFuzzesAreBlocked(nickname: String) throws {
    _ = try TestPool.pool()
    #expect(try Vips.isBlocked(nickname))
  }

  @Test(arguments: ["jpegload_source", "pngload_source", "svgload_source", "jxlload_source", "no-such-operation"])
  func trustedAndAllowedLoadersAreNot(nickname: String) throws {
    _ = try TestPool.pool()
    #expect(try !Vips.isBlocked(nickname))
  }

  @Test(arguments: DecodeLimits().formats)
  func everyTrustedFormatIsReadAndWritten(format: ImageFormat) throws {
    #expect(try Vips.canLoad(format))
    #expect(try Vips.canSave(format))
  }

  @Test(arguments: [ImageFormat.bmp, .jxl, .jp2, .svg])
  func otherFormatsAreNotWritten(format: ImageFormat) throws {
    #expect(try !Vips.canSave(format))
  }

  @Test func picturesGiveTheirMemoryBack() async throws {
    // Other tests hold pictures meanwhile, so only the size of this one is looked for.
    let held = try await onPixels { thread in
      let picture = try Picture(
        samples: [UInt8](repeating: 0, count: 16 << 20), size: size(4096, 4096), bands: 1, on: thread)
      let copy = try picture.resized(to: size(4095, 4096)).copiedToMemory()
      return (copy.width, try Vips.trackedMemory().bytes)
    }
    #expect(held.0 == 4095 && held.1 >= 4095 * 4096)
  }
}
