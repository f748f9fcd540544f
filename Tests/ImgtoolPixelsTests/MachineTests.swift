// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import ImgtoolPixels

@Suite struct MachineTests {
  @Test(
    arguments: [
      ("536870912\n", 536_870_912), ("1", 1), ("max\n", nil), ("", nil), ("12x", nil), ("-1", nil),
      ("99999999999999999999", nil),
    ] as [(String, Int?)])
  func aControlGroupStatesANumberOrNoLimit(text: String, limit: Int?) {
    #expect(controlGroupLimit(Array(text.utf8)) == limit)
  }

  @Test func theDefaultsOfAPoolAreUsable() {
    let limits = VipsPool.Limits()
    #expect(limits.threads >= 1 && limits.threads <= 4096)
    #expect(limits.memory >= .mebibytes(256))
    #expect(VipsPool.Limits(threads: 0, queue: -1).threads == 1)
    #expect(VipsPool.Limits(threads: 0, queue: -1).queue == 0)
  }
}
