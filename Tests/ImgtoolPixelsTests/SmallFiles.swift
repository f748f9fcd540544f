// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Synchronization

/// GIF files written byte by byte (CompuServe GIF89a).
enum SampleGIF {
  /// Square frames, each of one entry of a table of four greys: 0, 40, 80, 120… by index × 40.
  static func animation(colours: [Int], size: Int) -> [UInt8] {
    var file = Array("GIF89a".utf8) + [UInt8(size), 0, UInt8(size), 0, 0x91, 0, 0]
    for index in 0..<4 { file += [UInt8](repeating: UInt8(index * 40), count: 3) }
    for colour in colours {
      file += [0x21, 0xF9, 4, 0, 10, 0, 0, 0]
      file += [0x2C, 0, 0, 0, 0, UInt8(size), 0, UInt8(size), 0, 0, 2]
      let data = packed(codes(colour: colour, count: size * size))
      file += [UInt8(data.count)] + data + [0]
    }
    return file + [0x3B]
  }

  /// A clear code before every second pixel, so that codes stay 3 bits wide.
  private static func codes(colour: Int, count: Int) -> [Int] {
    (0..<count).flatMap { $0 % 2 == 0 ? [4, colour] : [colour] } + [5]
  }

  /// Codes of 3 bits, the lowest bit first.
  private static func packed(_ codes: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    var (pending, width) = (0, 0)
    for code in codes {
      pending |= code << width
      width += 3
      while width >= 8 {
        bytes.append(UInt8(pending & 255))
        pending >>= 8
        width -= 8
      }
    }
    return width > 0 ? bytes + [UInt8(pending)] : bytes
  }
}

/// WebP files written chunk by chunk (the WebP container specification).
enum SampleWebP {
  /// The picture of a lossless file, `frames` times, 100 ms each; nothing where the file is not lossless.
  static func animation(of still: [UInt8], size: PixelSize, frames: Int) -> [UInt8]? {
    guard let start = (0..<(still.count - 8)).first(where: { still[$0..<($0 + 4)].elementsEqual("VP8L".utf8) }) else {
      return nil
    }
    let length = still[(start + 4)..<(start + 8)].reversed().reduce(0) { $0 << 8 | Int($1) }
    let pixels = Array(still[start..<min(still.count, start + 8 + length + length % 2)])
    func number(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(value >> ($0 * 8) & 255) } }
    func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
      Array(name.utf8) + number(content.count, 4) + content + [UInt8](repeating: 0, count: content.count % 2)
    }
    let sides = number(size.width - 1, 3) + number(size.height - 1, 3)
    let frame = chunk("ANMF", number(0, 6) + sides + number(100, 3) + [2] + pixels)
    var content = Array("WEBP".utf8) + chunk("VP8X", [2, 0, 0, 0] + sides) + chunk("ANIM", number(0, 6))
    for _ in 0..<frames { content += frame }
    return Array("RIFF".utf8) + number(content.count, 4) + content
  }
}

/// BMP files written byte by byte (BITMAPINFOHEADER, 24 bits).
enum SampleBMP {
  static func plain(width: Int, height: Int, red: UInt8, green: UInt8, blue: UInt8) -> [UInt8] {
    func word(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> ($0 * 8) & 255) } }
    let padding = [UInt8](repeating: 0, count: (4 - width * 3 % 4) % 4)
    let row = (0..<width).flatMap { _ in [blue, green, red] } + padding
    let pixels = (0..<height).flatMap { _ in row }
    return Array("BM".utf8) + word(54 + pixels.count) + word(0) + word(54) + word(40) + word(width) + word(height)
      + [1, 0, 24, 0] + word(0) + word(pixels.count) + word(2835) + word(2835) + word(0) + word(0) + pixels
  }
}

/// What a handler was told.
final class Heard: Sendable {
  private let texts = Mutex<[String]>([])

  var messages: [String] { texts.withLock { $0 } }
  func add(_ text: String) { texts.withLock { $0.append(text) } }
}
