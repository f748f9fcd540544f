// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolTesting

/// The project's own hostile files, where no other generator is at hand: drawn pictures with bytes changed by a seed.
struct Mutations {
  let seed: UInt64
  let count: Int

  /// Writes the files and a manifest that asks for survival alone.
  func write(to folder: String) throws {
    let files = URL(fileURLWithPath: folder).appendingPathComponent("files")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    var dice = SplitMix(state: seed)
    let bases = [
      SamplePictures.marked(PixelSize(clamping: 96, 64)).png(),
      SamplePictures.marked(PixelSize(clamping: 31, 17)).png(orientation: .right),
    ]
    var entries: [[String: Any]] = []
    for number in 0..<count {
      var bytes = bases[number % bases.count]
      for _ in 0..<(1 + Int(dice.next() % 8)) {
        bytes[Int(dice.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: dice.next())
      }
      if dice.next() % 4 == 0 { bytes.removeLast(Int(dice.next() % UInt64(bytes.count))) }
      try Data(bytes).write(to: files.appendingPathComponent("\(number)"))
      entries.append(["path": "files/\(number)", "group": "flip", "verdict": "survive", "codes": [String]()])
    }
    let manifest = try JSONSerialization.data(withJSONObject: ["seed": seed, "entries": entries])
    try manifest.write(to: URL(fileURLWithPath: folder).appendingPathComponent("manifest.json"))
  }
}

/// Steele, Lea and Flood's generator.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
