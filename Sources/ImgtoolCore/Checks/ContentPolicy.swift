// SPDX-License-Identifier: Apache-2.0

/// Placeholder replaced by the content checks.
public struct ContentPolicy: Sendable, Hashable, Codable {
  public init() {}
}
