// SPDX-License-Identifier: Apache-2.0

import CExif
import CVips
import Foundation
public import ImgtoolCore

/// What the C libraries of this machine are and can do; asked once libvips has been started.
public enum Libraries {
  /// libvips: vips_version_string.
  public static var vipsVersion: String { String(cString: cvips_version()) }

  /// The name of the library file, "libexif.so.12.3.4": libexif has no call that tells its version.
  public static var exifVersion: String {
    guard let path = cexif_path(), let resolved = realpath(path, nil) else { return "unknown" }
    defer { free(resolved) }
    return String(cString: resolved).split(separator: "/").last.map(String.init) ?? "unknown"
  }

  /// Whether the installed libvips reads a format.
  public static func canLoad(_ format: ImageFormat) -> Bool { (try? Vips.canLoad(format)) ?? false }

  /// Whether the installed libvips writes a format.
  public static func canSave(_ format: ImageFormat) -> Bool { (try? Vips.canSave(format)) ?? false }
}
