// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
public import ImgtoolPixels

/// The embedded backend: no key, no network, no cost.
public enum LocalBackend {
  /// The operations of this backend, done on one pool.
  public static func operations(pool: SharedPool) -> [any ImageOperation] {
    [SmartResize(pool: pool, faces: .installed), SkinFix(pool: pool, faces: .installed)]
  }

  /// Sees skin in a reduced picture, with the cascade installed on this machine; for `Verifier` and `Runner`.
  public static let skinFinder: SkinFinder = { picture, named in
    SkinSight(faces: .installed).map(of: picture, named: named)
  }

  /// What this machine has and lacks for the embedded operations.
  public static func examine() -> [Finding] {
    let path = HaarCascade.installedPath
    return [
      Faces.installed.isInstalled
        ? Finding("machine.faces", .pass, "Faces can be found.", measured: .text(path))
        : Finding(
          "machine.faces", .warn, "No face cascade is installed (Debian: opencv-data): name faces to skin-fix.",
          measured: .text(path))
    ]
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
