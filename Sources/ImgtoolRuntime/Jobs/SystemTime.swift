// SPDX-License-Identifier: Apache-2.0

internal import Foundation
public import ImgtoolCore

extension Timekeeper {
  /// The clocks and the chance of this machine; the clock goes on while the machine sleeps.
  public static func system() -> Timekeeper {
    let start = ContinuousClock.now
    return Timekeeper(
      now: { ContinuousClock.now - start }, wallMilliseconds: { Int64(Date().timeIntervalSince1970 * 1000) },
      sleep: { try await Task.sleep(for: $0, tolerance: .milliseconds(50)) },
      chance: { Double(UInt64.random(in: 0..<(1 << 53))) / 0x1p53 })
  }
}
