// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
public import ImgtoolPixels

/// The embedded backend: no key, no network, no cost.
public enum LocalBackend {
  /// The operations of this backend, done on one pool.
  public static func operations(pool: SharedPool) -> [any ImageOperation] {
    [SmartResize(pool: pool)]
  }

  /// What the embedded operations take: still pictures this machine decodes without harm.
  static let policy: InputPolicy = {
    var policy = InputPolicy()
    policy.name = "local"
    policy.formats = [.jpeg, .png, .webp, .gif, .tiff, .heif, .avif]
    policy.maximumBytes = .mebibytes(512)
    policy.maximumPixels = 100_000_000
    policy.maximumSide = 65_535
    policy.maximumSamples = 500_000_000
    policy.maximumFrames = 1
    for rule in PreflightRule.allCases where rule.severity < .fail { policy.rules[rule] = .ignore }
    policy.rules[.routeSmallSource] = .note
    policy.rules[.routeAlreadyFramed] = .note
    return policy
  }()
}
