// SPDX-License-Identifier: Apache-2.0
import ImgtoolTesting
import Testing

@testable import ImgtoolProbe

/// The fast CRC against the one of the samples, byte by byte.
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

  @Test(arguments: [
    0, 1, 7, 15, 16, 17, 300, 767, 768, 769, 783, 784, 785, 1_068, 8_192, 8_492, 8_507, 8_508, 8_509, 16_800, 24_575,
    24_576, 24_577, 24_591, 24_592, 40_000,
  ])
  func everyLengthGivesTheDefinedValue(length: Int) {
    #expect(crc([Self.bytes[0..<length]]) == Int(SamplePicture.checksum(Array(Self.bytes[0..<length]))))
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

  @Test(arguments: [512, 2_048, 8_192])
  func aRunOfEqualChunksIsCheckedAsAWhole(length: Int) throws {
    var bytes: [UInt8] = []
    for part in 0..<4 {
      bytes += RasterSamples.chunk("IDAT", Array(Self.bytes[(part * 900)..<(part * 900 + length)]))
    }
    bytes += [0, 0, 0]
    func checkedEnd(_ bytes: [UInt8]) throws -> Int {
      var run = PNGChunkRun()
      try bytes.withUnsafeBytes { buffer in
        var window = try ByteWindow(of: buffer)
        try run.check(at: 0, CRC32(), &window)
      }
      return run.checkedEnd
    }
    #expect(try checkedEnd(bytes) == 4 * (length + 12))
    for place in Swift.stride(from: 4, to: bytes.count - 3, by: 97) {
      var broken = bytes
      broken[place] ^= 0x20
      // Damage to a head ends the run before it.
      #expect(try checkedEnd(broken) <= place / (length + 12) * (length + 12), "byte \(place)")
    }
  }
}
