// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
internal import Synchronization

/// A clock on which waiting takes no time: whoever sleeps moves it forward.
public final class ScriptedClock: Sendable {
  private struct Reading {
    var elapsed = Duration.zero
    var sleeps: [Duration] = []
    var wallShift: Int64 = 0
    var draws: UInt64 = 0
  }

  private let reading = Mutex(Reading())
  private let start: Int64
  private let limit: Duration
  private let pace: Duration

  /// - Parameters:
  ///   - start: milliseconds since 1970 at which the wall clock starts.
  ///   - limit: how far the clock goes; a sleep beyond it throws, so that a wait without end is a failed test.
  ///   - pace: how long a sleep really takes, whatever its length; for waiting on somebody who really works, whom a
  ///     wait that takes no time would keep from it.
  public init(
    startingAt start: Int64 = 1_790_000_000_000, limit: Duration = .seconds(100_000), pace: Duration = .zero
  ) {
    self.start = start
    self.limit = limit
    self.pace = pace
  }

  public var elapsed: Duration { reading.withLock { $0.elapsed } }
  /// Every sleep so far, in order.
  public var sleeps: [Duration] { reading.withLock { $0.sleeps } }

  /// Moves both clocks forward.
  public func advance(by duration: Duration) { reading.withLock { $0.elapsed += duration } }

  /// Moves the wall clock alone, as an operator or NTP would.
  public func jumpWall(byMilliseconds shift: Int64) { reading.withLock { $0.wallShift += shift } }

  /// The clock as the runtime takes it; chance is a fixed sequence.
  public var timekeeper: Timekeeper {
    Timekeeper(
      now: { self.elapsed },
      wallMilliseconds: {
        self.reading.withLock {
          self.start + $0.wallShift + Int64($0.elapsed.components.seconds) * 1000
            + $0.elapsed.components.attoseconds / 1_000_000_000_000_000
        }
      },
      sleep: { duration in
        try Task.checkCancellation()
        let isPast = self.reading.withLock { reading in
          reading.elapsed += duration
          reading.sleeps.append(duration)
          return reading.elapsed > self.limit
        }
        if isPast { throw CancellationError() }
        if self.pace > .zero { try await Task.sleep(for: self.pace) } else { await Task.yield() }
      },
      chance: {
        self.reading.withLock { reading in
          // The golden ratio's multiples are spread evenly (Knuth, TAOCP 3, §6.4).
          reading.draws &+= 0x9e37_79b9_7f4a_7c15
          return Double(reading.draws >> 11) / Double(1 << 53)
        }
      })
  }
}
