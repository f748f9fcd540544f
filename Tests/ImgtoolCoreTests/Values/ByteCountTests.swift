// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct ByteCountTests {
  @Test(arguments: [
    (0, "0 B"), (812, "812 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (4300, "4.1 KiB"), (52_428_800, "50.0 MiB"),
    (52_428_799, "49.9 MiB"), (1 << 30, "1.0 GiB"), (1 << 40, "1.0 TiB"), (Int.max, "8388607.9 TiB"),
  ])
  func countsAreShownInBinaryUnitsRoundedDown(bytes: Int, text: String) {
    #expect(ByteCount(bytes).description == text)
  }

  @Test func belowZeroCountsAsZero() {
    #expect(ByteCount(-1) == ByteCount(0))
    #expect(ByteCount(Int.min).bytes == 0)
    #expect(ByteCount.mebibytes(-5) == ByteCount(0))
  }

  @Test func aMebibyteIs1048576Bytes() {
    #expect(ByteCount.mebibytes(50).bytes == 52_428_800)
  }

  @Test func countsAreWrittenAsNumbers() throws {
    #expect(try written(ByteCount(7)) == "7")
    #expect(try rewritten(ByteCount(Int.max)) == ByteCount(Int.max))
    #expect(ByteCount(1) < ByteCount(2))
    for text in ["-1", "1.5", #""7""#, "99999999999999999999"] {
      #expect(throws: (any Error).self, "\(text)") { try read(ByteCount.self, text) }
    }
  }

  @Test(arguments: [Int.max, 1 << 43, (1 << 43) + 1])
  func moreMebibytesThanFitAreTheMostThatDo(count: Int) {
    #expect(ByteCount.mebibytes(count) == ByteCount(.max))
    #expect(ByteCount.mebibytes((1 << 43) - 1).bytes == Int.max - 1_048_575)
  }

  @Test func aCountFarBelowZeroIsZeroInMebibytesToo() {
    for count in [Int.min, Int.min + 1, -(1 << 43) - 1] { #expect(ByteCount.mebibytes(count) == ByteCount(0)) }
  }
}
