// SPDX-License-Identifier: Apache-2.0
import ImgtoolTesting

/// Small files that ask for much.
enum HostileFiles {
  /// A GIF of frames (left, top, width, height), each with one code of data.
  static func gif(screen: (Int, Int), frames: [(Int, Int, Int, Int)]) -> [UInt8] {
    func word(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8 & 255)] }
    var file = Array("GIF89a".utf8) + word(screen.0) + word(screen.1) + [0x80, 0, 0, 0, 0, 0, 255, 255, 255]
    for (left, top, width, height) in frames {
      file += [0x2C] + word(left) + word(top) + word(width) + word(height) + [0]
      file += width * height == 64 ? blackSquare : [2, 2, 0x4C, 0x01, 0]
    }
    return file + [0x3B]
  }

  /// The LZW codes of 64 pixels: of a one and of strings that are one longer each, which make 1 + 2 + … + 10, and of 9.
  private static let blackSquare: [UInt8] = {
    let codes = [(4, 3), (0, 3), (6, 3), (7, 3)] + (8...14).map { ($0, 4) } + [(13, 4), (5, 4)]
    var (bytes, bits, held): ([UInt8], Int, Int) = ([], 0, 0)
    for (code, width) in codes {
      (bits, held) = (bits | code << held, held + width)
      while held >= 8 {
        bytes.append(UInt8(bits & 255))
        (bits, held) = (bits >> 8, held - 8)
      }
    }
    return [2, UInt8(bytes.count + 1)] + bytes + [UInt8(bits), 0]
  }()

  /// A PNG with chunks between its header and its picture.
  static func png(_ picture: SamplePicture, extra: [(String, [UInt8])]) -> [UInt8] {
    let plain = picture.png()
    let chunks = extra.flatMap { name, body -> [UInt8] in
      let head = Array(name.utf8) + body
      return number(body.count) + head + number(Int(SamplePicture.checksum(head)))
    }
    return Array(plain[..<33]) + chunks + Array(plain[33...])
  }

  /// A zlib stream of so many zeros, by hand: one literal, then copies of 258, then literals (fixed codes).
  static func zeros(_ count: Int) -> [UInt8] {
    var (bytes, bits, held): ([UInt8], Int, Int) = ([0x78, 0x9C], 0, 0)
    func put(_ value: Int, _ width: Int) {
      bits |= value << held
      held += width
      while held >= 8 {
        bytes.append(UInt8(bits & 255))
        bits >>= 8
        held -= 8
      }
    }
    // Huffman codes stand with their highest bit first.
    func code(_ value: Int, _ width: Int) { for shift in (0..<width).reversed() { put(value >> shift & 1, 1) } }
    put(1, 1)
    put(1, 2)
    code(0x30, 8)
    let copies = (count - 1) / 258
    for _ in 0..<copies {
      code(0xC5, 8)  // 285: a length of 258
      code(0, 5)  // a distance of 1
    }
    for _ in 0..<(count - 1 - copies * 258) { code(0x30, 8) }
    code(0, 7)
    put(0, 7)
    return bytes + [0, 0, 0, 1]
  }

  private static func number(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }
}
