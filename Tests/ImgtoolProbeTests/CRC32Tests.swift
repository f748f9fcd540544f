// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ImgtoolProbe

/// The fast CRC against the definition, bit by bit.
@Suite struct CRC32Tests {
  private static let bytes: [UInt8] = {
    var generator = SeededGenerator(seed: 32)
    return (0..<40_000).map { _ in .random(in: 0...255, using: &generator) }
  }()

  private func crc(_ parts: [ArraySlice<UInt8>]) -> Int {
    var crc = CRC32()
    for part in parts { Array(part).withUnsafeBytes { if let base = $0.baseAddress { crc.add(base, $0.count) } } }
    return crc.value
  }

  @Test(arguments: [0, 1, 7, 15, 16, 17, 300, 1023, 1024, 1025, 1087, 1088, 1089, 8_192, 8_556, 8_557, 16_800, 40_000])
  func everyLengthGivesTheDefinedValue(length: Int) {
    #expect(crc([Self.bytes[0..<length]]) == RasterSamples.crc(Array(Self.bytes[0..<length])))
  }

  @Test func partsGiveTheValueOfTheWhole() {
    let whole = crc([Self.bytes[...]])
    for cut in [1, 4, 1_024, 5_000, 20_000, 39_000] {
      #expect(crc([Self.bytes[..<cut], Self.bytes[cut...]]) == whole)
    }
  }

  @Test func aCheckValueOfTheStandardHolds() {
    #expect(crc([Array("123456789".utf8)[...]]) == 0xCBF4_3926)
  }

  @Test func anySingleBitChangesTheValue() {
    let length = 3_000
    let whole = crc([Self.bytes[0..<length]])
    for place in Swift.stride(from: 0, to: length, by: 13) {
      var changed = Array(Self.bytes[0..<length])
      changed[place] ^= 1 << UInt8(place % 8)
      #expect(crc([changed[...]]) != whole)
    }
  }
}
