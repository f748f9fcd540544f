// SPDX-License-Identifier: Apache-2.0

/// Time and chance, handed in, so that waiting can be tested without waiting.
public struct Timekeeper: Sendable {
  /// Time since some fixed moment; never goes back.
  public let now: @Sendable () -> Duration
  /// Milliseconds since 1970 by the wall clock, which may jump; for records, never for waiting.
  public let wallMilliseconds: @Sendable () -> Int64
  /// Waits; throws `CancellationError` when the task is cancelled.
  public let sleep: @Sendable (Duration) async throws -> Void
  /// A number in 0..<1.
  public let chance: @Sendable () -> Double

  public init(
    now: @escaping @Sendable () -> Duration, wallMilliseconds: @escaping @Sendable () -> Int64,
    sleep: @escaping @Sendable (Duration) async throws -> Void, chance: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.wallMilliseconds = wallMilliseconds
    self.sleep = sleep
    self.chance = chance
  }
}
