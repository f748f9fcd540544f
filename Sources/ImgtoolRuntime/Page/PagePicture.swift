// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels

/// A picture inside a page: small, encoded, as a data URI.
struct PagePicture: Sendable {
  /// The size of the whole picture, upright, in its own pixels.
  let fullSize: PixelSize
  let uri: String

  /// The longest side of a picture on a page, in pixels.
  static let longSide = 1400

  /// Reads a file as an sRGB screen shows it, reduced; nothing where it cannot be decoded here.
  ///
  /// - Throws: `.timeout`, `.cancelled`.
  static func reading(_ path: String, _ facts: ImageFacts, pool: SharedPool) async throws -> PagePicture? {
    guard facts.isDecodable, facts.storedSize.area <= 500_000_000 / max(1, facts.channels) else { return nil }
    let isUpright = facts.format == .heif || facts.format == .avif
    do {
      let bytes = try await pool.pool().run(
        cost: PixelCost.estimate(facts: facts, holdsPixels: true)
      ) { thread in
        let upright = try Picture(opening: .file(path: path), facts: facts, on: thread)
          .upright(from: isUpright ? .up : facts.orientation)
        let plain = try upright.inSRGB().flattened(onGrey: 0.5)
        return try plain.resized(to: plain.size.reduced(to: longSide))
          .encoded(EncodeOptions(format: .jpeg, quality: 84, keep: .none))
      }
      return PagePicture(fullSize: facts.displaySize, uri: dataURI(bytes, "jpeg"))
    } catch let error as ImgtoolError where error.kind != .cancelled && error.kind != .timeout {
      // A damaged picture is told by its findings; the page shows none.
      return nil
    }
  }

  /// One colour whose opacity is that of a map, 0…255 for each pixel.
  static func tint(
    _ opacities: [UInt8], _ size: PixelSize, _ colour: (UInt8, UInt8, UInt8), pool: SharedPool
  ) async throws -> PagePicture {
    let bytes = try await pool.pool().run(cost: ByteCount(size.area * 16)) { thread in
      var samples = [UInt8](repeating: 0, count: size.area * 4)
      for (pixel, opacity) in opacities.enumerated() where opacity > 0 {
        (samples[pixel * 4], samples[pixel * 4 + 1]) = (colour.0, colour.1)
        (samples[pixel * 4 + 2], samples[pixel * 4 + 3]) = (colour.2, opacity)
      }
      return try Picture(samples: samples, size: size, bands: 4, on: thread)
        .encoded(EncodeOptions(format: .png, keep: .none))
    }
    return PagePicture(fullSize: size, uri: dataURI(bytes, "png"))
  }

  private static func dataURI(_ bytes: [UInt8], _ type: String) -> String {
    "data:image/\(type);base64,\(Data(bytes).base64EncodedString())"
  }
}

extension PixelSize {
  /// The size scaled down so that no side exceeds `longSide`, rounded half up.
  fileprivate func reduced(to longSide: Int) -> PixelSize {
    guard self.longSide > longSide else { return self }
    return PixelSize(
      clamping: (2 * width * longSide + self.longSide) / (2 * self.longSide),
      (2 * height * longSide + self.longSide) / (2 * self.longSide))
  }
}
