// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Time, chance and name resolution, as the server sees them; scripted in tests.
package struct Surroundings: Sendable {
  package var now: @Sendable () -> Timestamp
  package var sleep: @Sendable (Duration) async throws -> Void
  package var random: @Sendable () -> UInt64
  /// Every address of a host name, in the order of the resolver.
  package var resolve: @Sendable (String) async throws -> [IPAddress]

  package init(
    now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Duration) async throws -> Void,
    random: @escaping @Sendable () -> UInt64, resolve: @escaping @Sendable (String) async throws -> [IPAddress]
  ) {
    self.now = now
    self.sleep = sleep
    self.random = random
    self.resolve = resolve
  }

  /// This machine.
  package static let real = Surroundings(
    now: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) },
    sleep: { try await Task.sleep(for: $0) },
    random: { UInt64.random(in: .min ... .max) },
    resolve: { try await SystemResolver.addresses(of: $0) })
}
