// SPDX-License-Identifier: Apache-2.0

/// Colour profiles made by the tests (ICC.1:2022 §7–10, version 2 matrix profiles).
enum TestProfile {
  /// sRGB with red and blue exchanged: what it calls red looks blue.
  static let swappedRedAndBlue = matrix(red: blue, green: green, blue: red)
  /// sRGB's own primaries, with a gamma of 2.2.
  static let plain = matrix(red: red, green: green, blue: blue)

  /// The primaries of sRGB under D50, as s15Fixed16 (IEC 61966-2-1).
  private static let red = [0x6FA2, 0x38F5, 0x0390]
  private static let green = [0x6299, 0xB785, 0x18DA]
  private static let blue = [0x24A0, 0x0F84, 0xB6CF]

  private static func matrix(red: [Int], green: [Int], blue: [Int]) -> [UInt8] {
    let description = Array("desc".utf8) + word(0) + word(5) + Array("test\0".utf8) + [UInt8](repeating: 0, count: 78)
    let white = xyz([0xF6D6, 0x10000, 0xD32D])
    let curve = Array("curv".utf8) + word(0) + word(1) + [0x02, 0x33, 0, 0]  // u8Fixed8: 2.2
    let tags: [(String, [UInt8])] = [
      ("desc", description), ("cprt", Array("text".utf8) + word(0) + Array("none\0".utf8)), ("wtpt", white),
      ("rXYZ", xyz(red)), ("gXYZ", xyz(green)), ("bXYZ", xyz(blue)), ("rTRC", curve), ("gTRC", curve),
      ("bTRC", curve),
    ]
    var table = word(tags.count)
    var data: [UInt8] = []
    let start = 128 + 4 + tags.count * 12
    for (name, content) in tags {
      table += Array(name.utf8) + word(start + data.count) + word(content.count)
      data += content
      while data.count % 4 != 0 { data.append(0) }
    }
    var header = word(start + data.count) + word(0) + [2, 0x10, 0, 0] + Array("mntrRGB XYZ ".utf8)
    header += [UInt8](repeating: 0, count: 12) + Array("acsp".utf8) + [UInt8](repeating: 0, count: 28)
    header += word(0xF6D6) + word(0x10000) + word(0xD32D)
    header += [UInt8](repeating: 0, count: 128 - header.count)
    return header + table + data
  }

  private static func xyz(_ values: [Int]) -> [UInt8] { Array("XYZ ".utf8) + word(0) + values.flatMap(word) }

  private static func word(_ value: Int) -> [UInt8] {
    [UInt8(value >> 24 & 255), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }
}
